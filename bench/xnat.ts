import { createVfs } from "../mod.ts";
import { type Bench, runProgram, type Subject, whyMissing } from "./harness.ts";

const SUBJECTS = 20;
const SESSIONS = 2;
const SCANS = 10;
const FILES = SUBJECTS * SESSIONS * SCANS * 3 / 2;

const XNATPY = `
import sys, time, xnat
start = time.perf_counter()
count = 0
with xnat.connect(sys.argv[1], user="admin", password="admin", loglevel="ERROR") as session:
    for subject in session.projects["WALK"].subjects.values():
        for experiment in subject.experiments.values():
            for scan in experiment.scans.values():
                for resource in scan.resources.values():
                    count += len(resource.files)
print((time.perf_counter() - start) * 1000, count)
`;

const PYXNAT = `
import sys, time, pyxnat
start = time.perf_counter()
count = 0
server = pyxnat.Interface(server=sys.argv[1], user="admin", password="admin")
for subject in server.select.project("WALK").subjects():
    for experiment in subject.experiments():
        for scan in experiment.scans():
            for resource in scan.resources():
                count += len(list(resource.files()))
print((time.perf_counter() - start) * 1000, count)
`;

const PYTHON = Deno.env.get("MEDVFS_PYTHON") ?? "python3";

/** Walking a project down to its files, at a latency. */
function walking(latencyMs: number): Bench {
  return {
    name: `xnat-walk-${latencyMs}ms`,
    what:
      `${FILES} files of ${SUBJECTS} subjects on an emulated XNAT that answers after ${latencyMs} ms`,
    goals: latencyMs === 0
      ? []
      : [{ of: "xnatpy (inside)", to: "medvfs walk, cold, with login", atLeast: 20 }],
    rounds: latencyMs === 0 ? 7 : 3,
    async prepare() {
      const server = await start(latencyMs, SUBJECTS, SESSIONS, SCANS);
      const python = (name: string, code: string, missing: string | undefined): Subject => ({
        name: `${name} (inside)`,
        missing,
        run: async () => {
          const [ms, count] = (await runProgram(PYTHON, "-W", "ignore", "-c", code, server.url))
            .trim().split(" ").slice(-2).map(Number);
          expect(count);
          return ms;
        },
      });
      return {
        subjects: [
          {
            name: "medvfs walk, cold, with login",
            run: async () => {
              await using vfs = createVfs();
              let count = 0;
              for await (const [, , files] of vfs.walk(`${server.project}/WALK`)) {
                count += files.length;
              }
              expect(count);
            },
          },
          python("xnatpy", XNATPY, await whyMissing(PYTHON, "-c", "import xnat")),
          python("pyxnat", PYXNAT, await whyMissing(PYTHON, "-c", "import pyxnat")),
        ],
        dispose: () => server.stop(),
      };
    },
  };
}

function expect(count: number | undefined): void {
  if (count !== FILES) throw new Error(`Found ${count} of ${FILES} files`);
}

/** Downloading, against curl on the same server. */
function downloading(name: string, count: number, size: number): Bench {
  return {
    name,
    what: `${count} x ${size >> 10} KiB from an emulated XNAT`,
    goals: [{ of: "curl", to: "medvfs copy", atLeast: 0.8 }],
    async prepare() {
      const server = await start(0, "files", count, size);
      const top = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
      const files = "data/projects/DATA/subjects/s/experiments/e/scans/1/resources/FILES/files";
      const config = Array.from(
        { length: count },
        (_, n) => `url = "${server.url}/${files}/${n}.bin"\noutput = "${top}/curl/${n}.bin"`,
      );
      await Deno.writeTextFile(`${top}/config`, config.join("\n"));
      const timed = async (folder: string, work: () => Promise<unknown>) => {
        await Deno.mkdir(`${top}/${folder}`);
        const begin = performance.now();
        await work();
        const ms = performance.now() - begin;
        await Deno.remove(`${top}/${folder}`, { recursive: true });
        return ms;
      };
      return {
        subjects: [
          {
            name: "medvfs copy",
            run: () =>
              timed("medvfs", async () => {
                await using vfs = createVfs();
                const { done } = await vfs.copy(
                  `${server.project}/DATA/s/e/1/FILES`,
                  `${top}/medvfs/files`,
                );
                if (done !== count) throw new Error(`Copied ${done} files`);
              }),
          },
          {
            name: "curl",
            missing: await whyMissing("curl", "--version"),
            run: () =>
              timed("curl", async () => {
                // One login for all, as a script of curl would have it.
                const login = ["-sf", "-u", "admin:admin"];
                const session = await runProgram("curl", ...login, `${server.url}/data/JSESSION`);
                const parallel = ["-Z", "--parallel-max", "8", "-K", `${top}/config`];
                await runProgram("curl", "-sf", "-b", `JSESSIONID=${session}`, ...parallel);
              }),
          },
        ],
        dispose: async () => {
          await server.stop();
          await Deno.remove(top, { recursive: true });
        },
      };
    },
  };
}

async function start(latencyMs: number, ...what: (string | number)[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "-A",
      new URL("./xnat_server.ts", import.meta.url).href,
      String(latencyMs),
      ...what.map(String),
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = (await reader.read()).value?.trim();
  if (!url) throw new Error("The emulated XNAT did not start");
  return {
    url,
    project: `xnat+http://admin:admin@${new URL(url).host}`,
    async stop() {
      await child.stdin.close();
      await reader.cancel();
      await child.status;
    },
  };
}

/** All benches of the XNAT driver. */
export const xnatBenches: readonly Bench[] = [
  walking(0),
  walking(20),
  downloading("xnat-get-many", 2000, 128 * 1024),
  downloading("xnat-get-big", 1, 1024 ** 3),
];
