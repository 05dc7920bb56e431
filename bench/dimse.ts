/**
 * The DIMSE library beside DCMTK, both with Nagle's algorithm off unless said, each against the same server. Times
 * are of whole processes, so that each pays for its own start; figures tell of the operation alone. C-GET is timed from
 * the request for the association to its release, in both. Files are in memory where the system has a place for that,
 * because a disk takes longer than all that is compared, and is not the same twice.
 */

import {
  type Association,
  cEcho,
  requestAssociation,
  VERIFICATION,
} from "../transports/dicom/dimse/mod.ts";
import { CT, makeObjects } from "./dimse_data.ts";
import {
  ASSOCIATIONS_LOG,
  dcmtkMissing,
  LARGE,
  loggedMs,
  type Peer,
  runScript,
  runTuned,
  startDcmqrscp,
  startOrthanc,
  startProgram,
  startScript,
  TUNED,
} from "./dimse_peers.ts";
import { besideDcmjs, BEST, FORKED, storing } from "./dimse_store.ts";
import { walkingDays } from "./dimse_walk_days.ts";
import { storingFarAway } from "./dimse_window.ts";
import { intoNew, noop, scripted, workspace } from "./dimse_subjects.ts";
import { type Bench, type Subject, whyMissing } from "./harness.ts";

const SMALL = { count: 5000, bytes: 18_432 };
const LARGE_OBJECTS = { count: 20, bytes: 50 << 20 };
const A_FEW = { count: 300, bytes: 18_432 };

/** Getting a study into files. */
function getting(archive: string, start: (folder: string) => Promise<Peer>): Bench {
  return {
    name: `dimse-get-${archive.toLowerCase()}`,
    what: `C-GET of a study of ${CT.count} CT from ${archive} into files`,
    goals: [{ of: "getscu", to: "medvfs", atLeast: 1 }],
    async prepare() {
      const missing = await dcmtkMissing() ?? await whyMissing(archive, "--version");
      const { top, remove } = await workspace();
      if (missing) return { subjects: [{ name: "getscu", missing, run: noop }], dispose: remove };
      const study = await makeObjects(`${top}/objects`, CT);
      const peer = await start(`${top}/archive`);
      const port = String(peer.port);
      const scu = ["-aec", "ARCHIVE", "127.0.0.1", port];
      await runTuned("storescu", ...scu, "+sd", "+r", `${top}/objects`);
      const { subject, figures } = scripted(
        "medvfs",
        () => intoNew(`${top}/got`, (folder) => runScript("./dimse_get.ts", port, study, folder)),
        false,
      );
      const keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", `StudyInstanceUID=${study}`];
      const get = ["-S", ...LARGE, ...keys, "+B", ...scu];
      const log = `${top}/log.cfg`;
      await Deno.writeTextFile(log, ASSOCIATIONS_LOG);
      const getscu: Subject = {
        name: "getscu",
        run: () =>
          intoNew(
            `${top}/got`,
            async (folder) => loggedMs(await runTuned("getscu", "-lc", log, ...get, "-od", folder)),
          ),
      };
      return {
        subjects: [subject, getscu],
        figures: () => Promise.resolve(figures()),
        dispose: async () => {
          await peer[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  };
}

/** Receiving from storescu into files. */
const receiving: Bench = {
  name: "dimse-receive",
  what: `storescu sends ${CT.count} CT`,
  goals: [
    { of: "to storescp", to: "to medvfs", atLeast: 1 },
    { of: "to storescp", to: "to serve-dicom", atLeast: 0.66 },
  ],
  async prepare() {
    const missing = await dcmtkMissing();
    const { top, remove } = await workspace();
    if (missing) {
      return { subjects: [{ name: "to storescp", missing, run: noop }], dispose: remove };
    }
    await makeObjects(`${top}/objects`, CT);
    const [stored, received, kept] = [`${top}/stored`, `${top}/received`, `${top}/kept`];
    for (const folder of [stored, received, kept]) await Deno.mkdir(folder);
    // The first run of a script takes memory to analyse its modules, and keeps what came of that at its end.
    await (await startScript("./dimse_receive.ts", received))[Symbol.asyncDispose]();
    await (await startScript("./dimse_receive.ts", kept, "node"))[Symbol.asyncDispose]();
    const theirs = await startProgram(
      "storescp",
      (port) => ["+B", ...LARGE, "-od", stored, String(port)],
      TUNED,
    );
    const ours = await startScript("./dimse_receive.ts", received);
    const node = await startScript("./dimse_receive.ts", kept, "node");
    // Each time with new UIDs into an empty folder: nobody sends what is there already.
    const send = ({ port }: Peer, folder: string) => async () => {
      const address = ["-aec", "ANY", "127.0.0.1", String(port)];
      const begin = performance.now();
      await runTuned("storescu", ...LARGE, "+II", ...address, "+sd", "+r", `${top}/objects`);
      const ms = performance.now() - begin;
      for await (const { name } of Deno.readDir(folder)) {
        await Deno.remove(`${folder}/${name}`, { recursive: true });
      }
      return ms;
    };
    return {
      subjects: [
        { name: "to medvfs", run: send(ours, received) },
        { name: "to serve-dicom", run: send(node, kept) },
        { name: "to storescp", run: send(theirs, stored) },
      ],
      figures: async () => ({
        "medvfs, peak MiB (goal ≤ 90)": await ours.peakMiB(),
        "serve-dicom, peak MiB": await node.peakMiB(),
      }),
      dispose: async () => {
        await ours[Symbol.asyncDispose]();
        await node[Symbol.asyncDispose]();
        await theirs[Symbol.asyncDispose]();
        await remove();
      },
    };
  },
};

/** A long answer, and the shortest operation. */
const asking: Bench = {
  name: "dimse-ask",
  what: "C-FIND of 10,000 rows, of our own server; connect + C-ECHO of storescp",
  goals: [{ of: "medvfs", to: "findscu", atMost: 2 }],
  async prepare() {
    const missing = await dcmtkMissing();
    if (missing) return { subjects: [{ name: "findscu", missing, run: noop }] };
    const rows = await startScript("./dimse_rows.ts", "serve", "10000");
    const echoes = await startProgram("storescp", (port) => ["--ignore", String(port)], TUNED);
    const { subject, figures } = scripted(
      "medvfs",
      () => runScript("./dimse_rows.ts", "ask", String(rows.port)),
    );
    const keys = ["StudyInstanceUID", "PatientID", "PatientName", "StudyDate"];
    const find = [
      "-q",
      "-S",
      "-k",
      "QueryRetrieveLevel=STUDY",
      ...keys.flatMap((key) => ["-k", key]),
    ];
    return {
      subjects: [
        subject,
        {
          name: "findscu",
          run: async () =>
            void await runTuned("findscu", ...find, "-aec", "ANY", "127.0.0.1", String(rows.port)),
        },
      ],
      figures: async () => ({
        ...figures(),
        "connect + C-ECHO, ms (goal < 5)": await echoMs(echoes.port),
        "last of 70,000 C-ECHO to first, time for each (goal ≤ 1.2)": await echoSlope(echoes.port),
      }),
      dispose: async () => {
        await rows[Symbol.asyncDispose]();
        await echoes[Symbol.asyncDispose]();
      },
    };
  },
};

function associated(port: number): Promise<Association> {
  return requestAssociation({
    hostname: "127.0.0.1",
    port,
    calledAET: "ANY",
    contexts: [{ sopClassUID: VERIFICATION, transferSyntaxUIDs: ["1.2.840.10008.1.2"] }],
  });
}

/** On one association: the medians of 100 in the last 20,000, and in 20,000 once V8 has compiled what they need. */
async function echoSlope(port: number): Promise<number> {
  await using association = await associated(port);
  const times: number[] = [];
  for (let n = 0; n < 700; n++) {
    const begin = performance.now();
    for (let i = 0; i < 100; i++) await cEcho(association);
    times.push(performance.now() - begin);
  }
  const median = (part: number[]) => part.sort((a, b) => a - b)[part.length >> 1]!;
  return Number((median(times.slice(-200)) / median(times.slice(50, 250))).toFixed(2));
}

/** Median of 21. */
async function echoMs(port: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 21; n++) {
    const begin = performance.now();
    const association = await associated(port);
    await cEcho(association);
    times.push(performance.now() - begin);
    await association.release();
  }
  return Number(times.sort((a, b) => a - b)[10]!.toFixed(2));
}

/** All of them. */
export const dimseBenches: readonly Bench[] = [
  storing({ name: "dimse-store-ct", objects: CT, server: BEST, atLeast: 1, associations: 1 }),
  storing({
    name: "dimse-store-small",
    objects: SMALL,
    server: BEST,
    atLeast: 1.3,
    associations: 1,
    hasBare: true,
  }),
  storing({
    name: "dimse-store-small-pool",
    objects: SMALL,
    server: FORKED,
    atLeast: 1.3,
    associations: 4,
  }),
  storing({
    name: "dimse-store-large",
    objects: LARGE_OBJECTS,
    server: BEST,
    atLeast: 0.9,
    associations: 1,
  }),
  storing({
    name: "dimse-store-default",
    objects: A_FEW,
    server: ["as it comes, with Nagle's algorithm on, --fork", ["--fork"], {}],
    atLeast: 3.5,
    associations: 4,
  }),
  storing({
    name: "dimse-store-tls",
    objects: CT,
    server: BEST,
    atLeast: 1,
    associations: 1,
    isTls: true,
  }),
  storing({
    name: "dimse-store-orthanc",
    objects: CT,
    server: ["Orthanc", [], {}],
    atLeast: 1,
    associations: 4,
    start: startOrthanc,
  }),
  besideDcmjs,
  storingFarAway,
  getting("dcmqrscp", startDcmqrscp),
  getting("Orthanc", startOrthanc),
  receiving,
  asking,
  walkingDays,
];
