import { createVfs } from "../mod.ts";
import { makeFile, makeFolders, timerIn } from "./files.ts";
import { type Bench, peakMemory, runProgram, type Subject, whyMissing } from "./harness.ts";
import { type Emulator, startEmulator } from "./xnat_emulator.ts";

const MANY = 2000;
const SMALL = 128 * 1024;
const FOLDERS = 40;
/** Transfers of curl at once; as many as medvfs has. */
const AT_ONCE = 8;
const GIB = 1024 ** 3;

/** As fast as curl, which compares nothing; the time of md5sum is what comparing costs at the least. */
const goals = [{ of: "curl", to: "medvfs copy", atLeast: 0.8 }];

const PEAK = new URL("./xnat_peak.ts", import.meta.url);

/** Downloading many small files, or a big one. */
function downloading(count: number, size: number): Bench {
  return {
    name: count === 1 ? "xnat-get-big" : "xnat-get-many",
    what: `${count} x ${size >> 10} KiB from an emulated XNAT`,
    goals,
    async prepare() {
      const server = await startEmulator(0, "files", count, size);
      const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
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
        await using vfs = createVfs();
        const { done } = await vfs.copy(source, to);
        if (done !== count) throw new Error(`Copied ${done} files`);
      };
      const curl = async (to: string) => {
        await Deno.mkdir(to);
        await runProgram(
          ...await asUser(server),
          ...["-Z", "--parallel-max", String(AT_ONCE), "--output-dir", to, "-K", `${top}/config`],
        );
      };
      const checked = async (to: string) => {
        const [program, ...args] = await asUser(server);
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
          "memory over start, MiB": await peakMemory(PEAK, source, `${top}/peak`),
        }),
        async dispose() {
          await server.stop();
          await Deno.remove(top, { recursive: true });
        },
      };
    },
  };
}

/** Uploading many small files to several scans, or a big one. */
function uploading(count: number, size: number): Bench {
  const folders = count === 1 ? 1 : FOLDERS;
  return {
    name: count === 1 ? "xnat-put-big" : "xnat-put-many",
    what: `${count} x ${size >> 10} KiB to ${folders} scans of an emulated XNAT`,
    goals,
    async prepare() {
      const server = await startEmulator(0, "files", 0, 0);
      const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
      const source = `${top}/source`;
      await makeFolders(source, folders, count === 1 ? 0 : count / folders, size, "FILES");
      if (count === 1) await makeFile(`${source}/1/FILES/0.dcm`, size);
      // Each goes through scans of its own, since XNAT refuses one of two that write into one at once.
      const curl = async (session: string) => {
        const [program, ...args] = await asUser(server);
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
        await using vfs = createVfs();
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
          "memory over start, MiB": await peakMemory(PEAK, source, `${server.root}/DATA/s/peak`),
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
  { root }: Emulator,
  session: string,
  scans: number,
  count: number,
  work: (session: string) => Promise<unknown>,
): Promise<number> {
  await using vfs = createVfs();
  const at = `${root}/DATA/s/${session}`;
  for (let scan = 1; scan <= scans; scan++) {
    await vfs.mkdir(`${at}/${scan}/FILES`, { recursive: true });
  }
  const start = performance.now();
  await work(session);
  const ms = performance.now() - start;
  let found = 0;
  await using fresh = createVfs();
  for await (const _ of fresh.entries(at, { includeDirs: false })) found++;
  if (found !== count) throw new Error(`Found ${found} of ${count} files`);
  await fresh.remove(at, { recursive: true });
  return ms;
}

function filesOf(session: string, scan: number): string {
  return `data/projects/DATA/subjects/s/experiments/${session}/scans/${scan}/resources/FILES/files`;
}

/** curl with one login for all, as a script would have it. */
async function asUser({ url }: Emulator): Promise<[string, ...string[]]> {
  const session = await runProgram("curl", "-sf", "-u", "admin:admin", `${url}/data/JSESSION`);
  return ["curl", "-sf", "-b", `JSESSIONID=${session}`];
}

/** All benches of copying from and to XNAT. */
export const xnatCopies: readonly Bench[] = [
  downloading(MANY, SMALL),
  downloading(1, GIB),
  uploading(MANY, SMALL),
  uploading(1, GIB),
];
