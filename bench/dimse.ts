/**
 * The DIMSE library beside DCMTK, both with Nagle's algorithm off unless said, each against the same server. Times
 * are of whole processes, so that each pays for its own start; figures tell of the operation alone. C-GET is timed from
 * the request for the association to its release, in both. Files are in memory where the system has a place for that,
 * because a disk takes longer than all that is compared, and is not the same twice.
 */

import { cEcho, requestAssociation, VERIFICATION } from "../transports/dicom/dimse/mod.ts";
import { CT, makeObjects, type Objects } from "./dimse_data.ts";
import {
  ASSOCIATIONS_LOG,
  dcmtkMissing,
  LARGE,
  loggedMs,
  type Peer,
  runScript,
  runTuned,
  type Said,
  startDcmqrscp,
  startOrthanc,
  startProgram,
  startScript,
  TUNED,
} from "./dimse_peers.ts";
import { makePem, pemFlags } from "./dimse_pem.ts";
import { type Bench, type Subject, whyMissing } from "./harness.ts";

const SMALL = { count: 5000, bytes: 18_432 };
const LARGE_OBJECTS = { count: 20, bytes: 50 << 20 };
const A_FEW = { count: 300, bytes: 18_432 };

/** A folder to write to. */
async function workspace(): Promise<{ top: string; remove: () => Promise<void> }> {
  const memory = await Deno.stat("/dev/shm").then(() => "/dev/shm", () => undefined);
  const top = await Deno.makeTempDir({ dir: memory, prefix: "medvfs-bench-" });
  return { top, remove: () => Deno.remove(top, { recursive: true }) };
}

/** One of our scripts as a subject, timed as a whole or by its operation, and what it said of itself. */
function scripted(name: string, run: () => Promise<Said>, isWhole = true) {
  const said: Said[] = [];
  const subject: Subject = {
    name,
    async run() {
      const last = await run();
      said.push(last);
      return isWhole ? undefined : last.ms;
    },
  };
  const figures = () => {
    const times = said.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      [`${name}, operation alone, ms`]: Math.round(times[times.length >> 1] ?? NaN),
      [`${name}, peak MiB (goal ≤ 90)`]: Math.max(...said.map(({ peakMiB }) => peakMiB)),
    };
  };
  return { subject, figures };
}

interface Storing {
  readonly name: string;
  readonly objects: Objects;
  /** What storescp is like, and how it is started. */
  readonly server: readonly [what: string, args: readonly string[], env: Record<string, string>];
  readonly atLeast: number;
  readonly associations: number;
  readonly isTls?: boolean;
}

/** Sending to storescp. */
function storing({ name, objects, server, atLeast, associations, isTls }: Storing): Bench {
  const ours = associations === 1 ? "medvfs" : `medvfs, ${associations} associations`;
  const theirs = isTls ? "storescu +tls" : "storescu";
  const [what, args, env] = server;
  return {
    name,
    what: `C-STORE of ${objects.count} x ${objects.bytes} bytes to storescp, ${what}`,
    goals: [{ of: theirs, to: ours, atLeast }],
    async prepare() {
      const missing = await dcmtkMissing();
      const { top, remove } = await workspace();
      if (missing) return { subjects: [{ name: theirs, missing, run: noop }], dispose: remove };
      await makeObjects(`${top}/objects`, objects);
      await makePem(`${top}/pem`);
      await Deno.mkdir(`${top}/stored`);
      const pem = isTls ? [`${top}/pem`] : [];
      const tls = pem.flatMap(pemFlags);
      // A client certificate is verified when there is one.
      const optional = isTls ? ["-vc"] : [];
      const peer = await startProgram(
        "storescp",
        (port) => [...args, ...tls, ...optional, "-od", `${top}/stored`, String(port)],
        env,
      );
      const port = String(peer.port);
      const { subject, figures } = scripted(
        ours,
        () => runScript("./dimse_send.ts", port, `${top}/objects`, String(associations), ...pem),
      );
      const certified: Subject = {
        name: "medvfs, client certificate",
        run: async () =>
          void await runScript("./dimse_send.ts", port, `${top}/objects`, "1", ...pem, "certified"),
      };
      const scu = [...tls, "-aec", "ANY", "localhost", port, "+sd", "+r", `${top}/objects`];
      return {
        subjects: [
          subject,
          ...isTls ? [certified] : [],
          { name: theirs, run: async () => void await runTuned("storescu", ...scu) },
        ],
        figures: () => Promise.resolve(figures()),
        dispose: async () => {
          await peer[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  };
}

const BEST = ["bit preserving, PDU 131072", ["+B", ...LARGE], TUNED] as const;

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

/** Runs `action` with a folder that is new, and removes it. */
async function intoNew<T>(folder: string, action: (folder: string) => Promise<T>): Promise<T> {
  await Deno.mkdir(folder);
  try {
    return await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Receiving from storescu into files. */
const receiving: Bench = {
  name: "dimse-receive",
  what: `storescu sends ${CT.count} CT`,
  goals: [{ of: "to storescp", to: "to medvfs", atLeast: 1 }],
  async prepare() {
    const missing = await dcmtkMissing();
    const { top, remove } = await workspace();
    if (missing) {
      return { subjects: [{ name: "to storescp", missing, run: noop }], dispose: remove };
    }
    await makeObjects(`${top}/objects`, CT);
    await Deno.mkdir(`${top}/stored`);
    await Deno.mkdir(`${top}/received`);
    const theirs = await startProgram(
      "storescp",
      (port) => ["+B", ...LARGE, "-od", `${top}/stored`, String(port)],
      TUNED,
    );
    const ours = await startScript("./dimse_receive.ts", `${top}/received`);
    const send = ({ port }: Peer) => async () =>
      void await runTuned(
        "storescu",
        ...LARGE,
        "-aec",
        "ANY",
        "127.0.0.1",
        String(port),
        "+sd",
        "+r",
        `${top}/objects`,
      );
    return {
      subjects: [
        { name: "to medvfs", run: send(ours) },
        { name: "to storescp", run: send(theirs) },
      ],
      dispose: async () => {
        await ours[Symbol.asyncDispose]();
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
      }),
      dispose: async () => {
        await rows[Symbol.asyncDispose]();
        await echoes[Symbol.asyncDispose]();
      },
    };
  },
};

/** Median of 21. */
async function echoMs(port: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 21; n++) {
    const begin = performance.now();
    const association = await requestAssociation({
      hostname: "127.0.0.1",
      port,
      calledAET: "ANY",
      contexts: [{ sopClassUID: VERIFICATION, transferSyntaxUIDs: ["1.2.840.10008.1.2"] }],
    });
    await cEcho(association);
    times.push(performance.now() - begin);
    await association.release();
  }
  return Number(times.sort((a, b) => a - b)[10]!.toFixed(2));
}

async function noop(): Promise<void> {}

/** All of them. */
export const dimseBenches: readonly Bench[] = [
  storing({ name: "dimse-store-ct", objects: CT, server: BEST, atLeast: 1, associations: 1 }),
  storing({
    name: "dimse-store-small",
    objects: SMALL,
    server: BEST,
    atLeast: 1.3,
    associations: 1,
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
  getting("dcmqrscp", startDcmqrscp),
  getting("Orthanc", startOrthanc),
  receiving,
  asking,
];
