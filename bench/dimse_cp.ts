/** The peak memory of `medvfs cp` into an archive and out of one, as it is and with the flags that README.md installs it with. */

import { CT, makeObjects, type Objects } from "./dimse_data.ts";
import {
  dcmtkMissing,
  LARGE,
  runDeno,
  runTuned,
  startOrthanc,
  startProgram,
  TUNED,
} from "./dimse_peers.ts";
import { BEST } from "./dimse_store.ts";
import { intoNew, noop, scripted, workspace } from "./dimse_subjects.ts";
import { type Bench, type Goal, whyMissing } from "./harness.ts";

/** As in README.md. */
const INSTALLED = ["--unstable-lazy-dynamic-imports", "--v8-flags=--max-semi-space-size=2"];
const SCRIPT = new URL("./cp_peak.ts", import.meta.url).href;
const SMALL = { count: 5000, bytes: 18_432 };
const A_FEW = { count: 300, bytes: 18_432 };

/** How Orthanc runs. */
interface Server {
  readonly what: string;
  readonly env: Record<string, string>;
}

const TUNED_ORTHANC: Server = { what: "Orthanc", env: TUNED };
const DEFAULT_ORTHANC: Server = {
  what: "Orthanc as it comes, with Nagle's algorithm on",
  env: {},
};

function copying(
  direction: "in" | "out",
  name: string,
  objects: Objects,
  goals: readonly Goal[] = [],
  server = TUNED_ORTHANC,
): Bench {
  const isOut = direction === "out";
  const theirs = isOut ? "getscu" : "storescu";
  const [how, args, env] = BEST;
  return {
    name,
    what: `medvfs cp of ${objects.count} x ${objects.bytes} bytes ` +
      (isOut ? `from ${server.what}` : `to storescp, ${how}`),
    goals,
    rounds: 3,
    async prepare() {
      const missing = await dcmtkMissing() ??
        (isOut ? await whyMissing("Orthanc", "--version") : undefined);
      const { top, remove } = await workspace();
      if (missing) return { subjects: [{ name: theirs, missing, run: noop }], dispose: remove };
      const study = await makeObjects(`${top}/objects`, objects);
      await Deno.mkdir(`${top}/stored`);
      const peer = isOut ? await startOrthanc(`${top}/archive`, server.env) : await startProgram(
        "storescp",
        (port) => [...args, "-od", `${top}/stored`, `${port}`],
        env,
      );
      const scu = ["-aec", "ARCHIVE", "127.0.0.1", String(peer.port)];
      const send = () => runTuned("storescu", ...scu, "+sd", "+r", `${top}/objects`);
      const keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", `StudyInstanceUID=${study}`];
      const get = (to: string) =>
        runTuned("getscu", "-S", ...LARGE, ...keys, "+B", ...scu, "-od", to);
      if (isOut) await send();

      const archive = `dicom://127.0.0.1:${peer.port}/ARCHIVE`;
      const cp = (flags: readonly string[]) => (from: string, to: string) =>
        runDeno("run", "--no-prompt", "-A", ...flags, SCRIPT, "cp", "-r", from, to);
      const command = (name: string, run: ReturnType<typeof cp>) =>
        scripted(
          name,
          () =>
            isOut
              ? intoNew(`${top}/got`, (folder) => run(archive, folder))
              : run(`${top}/objects`, archive),
        );
      const ours = [
        command("medvfs cp, as installed", cp(INSTALLED)),
        command("medvfs cp", cp([])),
      ];
      return {
        subjects: [
          ...ours.map(({ subject }) => subject),
          {
            name: theirs,
            run: async () => void await (isOut ? intoNew(`${top}/got`, get) : send()),
          },
        ],
        figures: () => Promise.resolve(Object.assign({}, ...ours.map((each) => each.figures()))),
        dispose: async () => {
          await peer[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  };
}

/** Copies into an archive and out of one. */
export const dimseCopies: readonly Bench[] = [
  copying("in", "dimse-cp-in-ct", CT),
  copying("in", "dimse-cp-in-small", SMALL),
  copying("out", "dimse-cp-out-ct", CT),
  copying("out", "dimse-cp-out-small", SMALL),
  copying(
    "out",
    "dimse-get-default",
    A_FEW,
    [{ of: "getscu", to: "medvfs cp", atLeast: 2 }],
    DEFAULT_ORTHANC,
  ),
];
