import { createVfs } from "../mod.ts";
import { type Bench, PYTHON, runProgram, type Subject, whyMissing } from "./harness.ts";
import { type Emulator, startEmulator } from "./xnat_emulator.ts";

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

// Its walk knows https only, and breaks off with a TypeError at the files of the first scan.
const IMAGEDATA = `
import contextlib, io, sys, time
from imagedata.transports.xnattransport import XnatTransport
start = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    options = {"username": "admin", "password": "admin"}
    transport = XnatTransport(netloc=sys.argv[1], root="/WALK", mode="r", opts=options)
    try:
        for _ in transport.walk(""):
            pass
    except TypeError:
        pass
print((time.perf_counter() - start) * 1000)
sys.stdout.flush()
import os
os._exit(0)
`;

const IMAGEDATA_PYTHON = Deno.env.get("MEDVFS_IMAGEDATA_PYTHON");

/** Walking a project down to its files, at a latency. */
export function walking(latencyMs: number): Bench {
  return {
    name: `xnat-walk-${latencyMs}ms`,
    what:
      `${FILES} files of ${SUBJECTS} subjects on an emulated XNAT that answers after ${latencyMs} ms`,
    goals: latencyMs === 0
      ? []
      : [{ of: "xnatpy (inside)", to: "medvfs walk, cold, with login", atLeast: 20 }],
    rounds: latencyMs === 0 ? 7 : 3,
    async prepare() {
      const shape = [latencyMs, "walk", SUBJECTS, SESSIONS, SCANS] as const;
      const server = await startEmulator(...shape);
      const secure = IMAGEDATA_PYTHON ? await startEmulator(...shape, "tls") : undefined;
      const requests: Record<string, number> = {};
      const counted = ({ name, run, ...rest }: Subject, asked: Emulator): Subject => ({
        ...rest,
        name,
        async run() {
          await asked.countRequests();
          const ms = await timed(run);
          requests[`requests of ${name}`] = await asked.countRequests();
          return ms;
        },
      });
      const python = (name: string, code: string, missing: string | undefined) =>
        counted({
          name: `${name} (inside)`,
          missing,
          run: async () => {
            const [ms, count] = numbersIn(await runProgram(PYTHON, ...run(code), server.url));
            expect(count);
            return ms;
          },
        }, server);
      const medvfs: Subject = {
        name: "medvfs walk, cold, with login",
        run: async () => {
          await using vfs = createVfs();
          let count = 0;
          for await (const [, , files] of vfs.walk(`${server.root}/WALK`)) count += files.length;
          expect(count);
        },
      };
      return {
        subjects: [
          counted(medvfs, server),
          python("xnatpy", XNATPY, await whyMissing(PYTHON, "-c", "import xnat")),
          python("pyxnat", PYXNAT, await whyMissing(PYTHON, "-c", "import pyxnat")),
          counted(await imagedata(secure), secure ?? server),
        ],
        figures: () => Promise.resolve(requests),
        async dispose() {
          await server.stop();
          await secure?.stop();
        },
      };
    },
  };
}

/** imagedata takes 1.2 GB with what it needs, so it is only asked where its Python is named. */
async function imagedata(server: Emulator | undefined): Promise<Subject> {
  const name = "imagedata (inside), as far as it comes";
  if (!server || !IMAGEDATA_PYTHON) {
    return { name, missing: "MEDVFS_IMAGEDATA_PYTHON is not set", run: () => Promise.resolve() };
  }
  return {
    name,
    missing: await whyMissing(IMAGEDATA_PYTHON, "-c", "import imagedata"),
    run: async () => {
      const authority = await Deno.makeTempFile({ suffix: ".pem" });
      await Deno.writeTextFile(authority, server.certificate!);
      const env = `REQUESTS_CA_BUNDLE=${authority}`;
      const { host } = new URL(server.url);
      const said = await runProgram("env", env, IMAGEDATA_PYTHON, ...run(IMAGEDATA), host);
      await Deno.remove(authority);
      return numbersIn(said)[0];
    },
  };
}

function run(code: string): string[] {
  return ["-W", "ignore", "-c", code];
}

function numbersIn(output: string): number[] {
  return output.trim().split("\n").at(-1)!.split(" ").map(Number);
}

async function timed(run: Subject["run"]): Promise<number> {
  const start = performance.now();
  const own = await run();
  return own ?? performance.now() - start;
}

function expect(count: number | undefined): void {
  if (count !== FILES) throw new Error(`Found ${count} of ${FILES} files`);
}
