import { makeFile, makeFolders, timerIn } from "./files.ts";
import { type Bench, peakMemory, runProgram, type Subject, whyMissing } from "./harness.ts";
import { type Emulator, startEmulator, vfsTrusting } from "./xnat_emulator.ts";

const MANY = 2000;
const SMALL = 128 * 1024;
const FOLDERS = 40;
/** Transfers of curl at once; as many as medvfs has. */
const AT_ONCE = 8;
const GIB = 1024 ** 3;

/** How the emulated XNAT is reached. */
interface Link {
  readonly what: string;
  /** What is appended to the bench's name. */
  readonly suffix: string;
  /** What each request waits. */
  readonly latencyMs: number;
  readonly flags: readonly "tls"[];
}

const BARE: Link = { what: "over http", suffix: "", latencyMs: 0, flags: [] };
const FAR: Link = { what: "20 ms away", suffix: "-20ms", latencyMs: 20, flags: [] };
const TLS: Link = { what: "over https", suffix: "-tls", latencyMs: 0, flags: ["tls"] };

/** As fast as curl, which compares nothing; the time of md5sum is what comparing costs at the least. */
const goals = [{ of: "curl", to: "medvfs copy", atLeast: 0.8 }];

const PEAK = new URL("./xnat_peak.ts", import.meta.url);

/** Downloading many small files, or a big one, over a link. */
function downloading(count: number, size: number, link: Link): Bench {
  return {
    name: nameOf("get", count, link),
    what: `${count} x ${size >> 10} KiB from an emulated XNAT, ${link.what}`,
    goals,
    async prepare() {
      const server = await startEmulator(link.latencyMs, "files", count, size, ...link.flags);
      const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
      const pem = await certificateIn(top, server);
      const source = `${server.root}/DATA/s/e/1/FILES`;
      const url = `${server.url}/${filesOf("e", 1)}`;
      const config = Array.from(
        { length: count },
        (_, n) => `url = "${url}/${n}.bin"\noutput = "${n}.bin"`,
      );
      await Deno.writeTextFile(`${top}/config`, config.join("\n"));
      const timed = timerIn(top);
      const clean = async (to: string) => {
        if (size >= GIB) await Deno.remove(to, { recursive: true });
      };
      const medvfs = async (to: string) => {
        await using vfs = vfsTrusting(server.certificate);
        const { done } = await vfs.copy(source, to);
        if (done !== count) throw new Error(`Copied ${done} files`);
      };
      const curl = async (to: string) => {
        await Deno.mkdir(to);
        await runProgram(
          ...await asUser(server, pem),
          ...["-Z", "--parallel-max", String(AT_ONCE), "--output-dir", to, "-K", `${top}/config`],
        );
      };
      const checked = async (to: string) => {
        const [program, ...args] = await asUser(server, pem);
        if (count > 1) {
          await curl(to);
          await runProgram("sh", "-c", `md5sum ${to}/*`);
        } else {
          await Deno.mkdir(to);
          const line = `${program} ${args.join(" ")} ${url}/0.bin | tee ${to}/0.bin | md5sum`;
          await runProgram("sh", "-c", line);
        }
      };
      const run = (work: (to: string) => Promise<unknown>) => async () => {
        let place = "";
        const ms = await timed((to) => work(place = to));
        await clean(place);
        return ms;
      };
      const missing = await whyMissing("curl", "--version");
      return {
        subjects: [
          { name: "medvfs copy", run: run(medvfs) },
          { name: "curl", missing, run: run(curl) },
          { name: "curl and md5sum", missing, run: run(checked) },
        ],
        figures: async () => ({
          "memory over start, MiB": await peakMemory(PEAK, source, `${top}/peak`, ...pem),
        }),
        async dispose() {
          await server.stop();
          await Deno.remove(top, { recursive: true });
        },
      };
    },
  };
}

/** Uploading many small files to several scans, or a big one, over a link. */
function uploading(count: number, size: number, link: Link): Bench {
  const folders = count === 1 ? 1 : FOLDERS;
  return {
    name: nameOf("put", count, link),
    what: `${count} x ${size >> 10} KiB to ${folders} scans of an emulated XNAT, ${link.what}`,
    goals,
    async prepare() {
      const server = await startEmulator(link.latencyMs, "files", 0, 0, ...link.flags);
      const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
      const pem = await certificateIn(top, server);
      const source = `${top}/source`;
      await makeFolders(source, folders, count === 1 ? 0 : count / folders, size, "FILES");
      if (count === 1) await makeFile(`${source}/1/FILES/0.dcm`, size);
      // Each goes through scans of its own, since XNAT refuses one of two that write into one at once.
      const curl = async (session: string) => {
        const [program, ...args] = await asUser(server, pem);
        const type = ["-H", "content-type: application/octet-stream"];
        const lanes = Array.from({ length: Math.min(AT_ONCE, folders) }, async (_, lane) => {
          const config = `${top}/config${lane}`;
          await Deno.writeTextFile(config, uploadsOf(lane, session));
          await runProgram(program, ...args, ...type, "-K", config);
        });
        await Promise.all(lanes);
      };
      const uploadsOf = (lane: number, session: string) => {
        const lines: string[] = [];
        for (let folder = lane + 1; folder <= folders; folder += AT_ONCE) {
          const url = `${server.url}/${filesOf(session, folder)}`;
          for (let n = 0; n < count / folders; n++) {
            lines.push(`upload-file = "${source}/${folder}/FILES/${n}.dcm"`);
            lines.push(`url = "${url}/${n}.dcm?inbody=true&overwrite=true"`);
          }
        }
        return lines.join("\n");
      };
      const checked = (session: string) => {
        const sum = runProgram("sh", "-c", `find ${source} -type f -exec md5sum {} +`);
        return Promise.all([sum, curl(session)]);
      };
      const medvfs = async (session: string) => {
        await using vfs = vfsTrusting(server.certificate);
        const { done } = await vfs.copy(source, `${server.root}/DATA/s/${session}`);
        if (done !== count) throw new Error(`Copied ${done} files`);
      };
      let runs = 0;
      const run = (work: (session: string) => Promise<unknown>) => async () =>
        await timedIntoSession(server, `put${runs++}`, folders, count, work);
      const missing = await whyMissing("curl", "--version");
      const subjects: Subject[] = [
        { name: "medvfs copy", run: run(medvfs) },
        { name: "curl", missing, run: run(curl) },
        { name: "curl and md5sum", missing, run: run(checked) },
      ];
      return {
        subjects,
        figures: async () => ({
          "memory over start, MiB": await peakMemory(
            PEAK,
            source,
            `${server.root}/DATA/s/peak`,
            ...pem,
          ),
        }),
        async dispose() {
          await server.stop();
          await Deno.remove(top, { recursive: true });
        },
      };
    },
  };
}

/** Times a work that fills a session, whose scans are made before; it must be full then, and is removed. */
async function timedIntoSession(
  { root, certificate }: Emulator,
  session: string,
  scans: number,
  count: number,
  work: (session: string) => Promise<unknown>,
): Promise<number> {
  await using vfs = vfsTrusting(certificate);
  const at = `${root}/DATA/s/${session}`;
  for (let scan = 1; scan <= scans; scan++) {
    await vfs.mkdir(`${at}/${scan}/FILES`, { recursive: true });
  }
  const start = performance.now();
  await work(session);
  const ms = performance.now() - start;
  let found = 0;
  await using fresh = vfsTrusting(certificate);
  for await (const _ of fresh.entries(at, { includeDirs: false })) found++;
  if (found !== count) throw new Error(`Found ${found} of ${count} files`);
  await fresh.remove(at, { recursive: true });
  return ms;
}

function nameOf(verb: "get" | "put", count: number, { suffix }: Link): string {
  return `xnat-${verb}-${count === 1 ? "big" : "many"}${suffix}`;
}

function filesOf(session: string, scan: number): string {
  return `data/projects/DATA/subjects/s/experiments/${session}/scans/${scan}/resources/FILES/files`;
}

/** The file with the emulator's certificate, over https. */
async function certificateIn(top: string, { certificate }: Emulator): Promise<string[]> {
  if (!certificate) return [];
  await Deno.writeTextFile(`${top}/server.pem`, certificate);
  return [`${top}/server.pem`];
}

/** curl with one login for all, as a script would have it. */
async function asUser({ url }: Emulator, pem: string[]): Promise<[string, ...string[]]> {
  const curl = ["-sf", ...pem.flatMap((file) => ["--cacert", file])];
  const session = await runProgram("curl", ...curl, "-u", "admin:admin", `${url}/data/JSESSION`);
  return ["curl", ...curl, "-b", `JSESSIONID=${session}`];
}

/** All benches of copying from and to XNAT. */
export const xnatCopies: readonly Bench[] = [BARE, FAR, TLS].flatMap((link) => [
  downloading(MANY, SMALL, link),
  downloading(1, GIB, link),
  uploading(MANY, SMALL, link),
  uploading(1, GIB, link),
]);
