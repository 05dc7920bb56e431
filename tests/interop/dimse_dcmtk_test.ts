/**
 * The DIMSE layer against DCMTK's programs, in both roles. Needs the Debian package dcmtk.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import {
  type Association,
  AssociationRejected,
  cEcho,
  cFind,
  cGet,
  cMove,
  contextsOf,
  cStore,
  type DatasetSink,
  QUERY_RETRIEVE,
  requestAssociation,
  serveDicom,
  VERIFICATION,
} from "../../transports/dicom/dimse/mod.ts";
import { parseDicomHeader } from "../../formats/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { type Peer, peerTest } from "./peers.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const STORESCP: Peer = { name: "storescp", command: ["storescp"], probe: ["--version"] };
const STORESCU: Peer = { name: "storescu", command: ["storescu"], probe: ["--version"] };
const ECHOSCU: Peer = { name: "echoscu", command: ["echoscu"], probe: ["--version"] };
const DCMQRSCP: Peer = { name: "dcmqrscp", command: ["dcmqrscp"], probe: ["--version"] };

interface Instance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly studyInstanceUID: string;
  readonly file: Uint8Array<ArrayBuffer>;
  readonly dataset: Uint8Array<ArrayBuffer>;
}

/** Bytes after the file meta information, whose length is in its first element. */
function datasetOf(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return file.subarray(144 + view.getUint32(140, true));
}

async function phantom(transferSyntaxUID = "1.2.840.10008.1.2.1"): Promise<Instance[]> {
  const list: Instance[] = [];
  for await (const each of phantomStudy({ modalities: ["CT"], transferSyntaxUID })) {
    const { bytes, sopClassUID, sopInstanceUID, studyInstanceUID } = each;
    const dataset = datasetOf(bytes);
    list.push({
      sopClassUID,
      sopInstanceUID,
      studyInstanceUID,
      transferSyntaxUID,
      file: bytes,
      dataset,
    });
  }
  return list;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** A program that listens, until disposed. */
async function started(
  program: string,
  args: string[],
  port: number,
  env: Record<string, string> = {},
): Promise<AsyncDisposable> {
  const child = new Deno.Command(program, { args, env, stdout: "null", stderr: "null" }).spawn();
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** Keeps what arrives by SOP instance. */
function inbox(): {
  readonly all: Map<string, Uint8Array>;
  readonly store: (instance: { sopInstanceUID: string }) => DatasetSink;
} {
  const all = new Map<string, Uint8Array>();
  return {
    all,
    store({ sopInstanceUID }) {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      return {
        write: (chunk) => void chunks.push(chunk.slice() as Uint8Array<ArrayBuffer>),
        async close() {
          all.set(sopInstanceUID, new Uint8Array(await new Blob(chunks).arrayBuffer()));
        },
        abort() {},
      };
    },
  };
}

function associate(
  port: number,
  calledAET: string,
  pairs: (readonly [string, string])[],
  roles: string[] = [],
): Promise<Association> {
  return requestAssociation({
    hostname: "127.0.0.1",
    port,
    calledAET,
    contexts: contextsOf(pairs)[0]!,
    roles: roles.map((sopClassUID) => ({ sopClassUID, scu: false, scp: true })),
  });
}

const pairsOf = (list: Instance[]) =>
  list.map((each) => [each.sopClassUID, each.transferSyntaxUID] as const);

async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await peerTest(ECHOSCU, "echoscu is answered by serveDicom()", async (run) => {
  await using server = serveDicom({ aeTitle: "MEDVFS", port: 0 });
  await run("-aec", "MEDVFS", "127.0.0.1", String(server.port));
});

for (const syntax of ["1.2.840.10008.1.2.1", IMPLICIT]) {
  const flag = syntax === IMPLICIT ? "-xi" : "-xe";
  await peerTest(
    STORESCU,
    `storescu ${flag} stores into serveDicom() unchanged`,
    (run) =>
      withFolder(async (folder) => {
        const { all, store } = inbox();
        await using server = serveDicom({ aeTitle: "MEDVFS", port: 0, store });
        const list = await phantom(syntax);
        for (const { sopInstanceUID, file } of list) {
          await Deno.writeFile(join(folder, sopInstanceUID), file);
        }
        await run(flag, "-aec", "MEDVFS", "127.0.0.1", String(server.port), "+sd", folder);
        assert.equal(all.size, list.length);
        for (const { sopInstanceUID, dataset } of list) {
          assert.deepEqual(all.get(sopInstanceUID), dataset, sopInstanceUID);
        }
      }),
  );
}

for (const pdu of [4096, 16384, 131072]) {
  await peerTest(
    STORESCP,
    `dimse 10: cStore() to storescp -pdu ${pdu}, datasets unchanged`,
    () =>
      withFolder(async (folder) => {
        const port = freePort();
        const args = ["+B", "-pdu", String(pdu), "-od", folder, String(port)];
        await using _peer = await started("storescp", args, port, { TCP_NODELAY: "1" });
        const list = await phantom();
        await using association = await associate(port, "ANY", pairsOf(list));
        for (const each of list) {
          assert.equal((await cStore(association, each)).status.code, 0);
        }
        await association.release();
        const stored = new Map<string, Uint8Array>();
        for await (const { name } of Deno.readDir(folder)) {
          const file = await Deno.readFile(join(folder, name));
          stored.set(parseDicomHeader(file).string("SOPInstanceUID")!, datasetOf(file));
        }
        assert.equal(stored.size, list.length);
        for (const { sopInstanceUID, dataset } of list) {
          assert.deepEqual(stored.get(sopInstanceUID), dataset);
        }
      }),
  );
}

await peerTest(
  STORESCP,
  "dimse 1: cEcho() of storescp, and the socket closes after the release",
  async () => {
    const port = freePort();
    await using _peer = await started("storescp", ["--ignore", String(port)], port);
    const association = await associate(port, "ANY", [[VERIFICATION, IMPLICIT]]);
    await cEcho(association);
    const begin = performance.now();
    await association.release();
    assert.equal(await association.closed, undefined);
    assert(performance.now() - begin < 1000);
  },
);

await peerTest(STORESCP, "dimse 28: storescp --abort-during is an error that says so", async () => {
  const port = freePort();
  await using _peer = await started("storescp", ["--ignore", "--abort-during", String(port)], port);
  const [first] = await phantom();
  const association = await associate(port, "ANY", pairsOf([first!]));
  await assert.rejects(cStore(association, first!), /aborted|closed/);
  await association.closed;
});

/** Runs dcmqrscp with one area, into which the phantom has been stored. */
async function archive(
  fn: (port: number, list: Instance[], destination: number) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const port = freePort();
    const destination = freePort();
    const area = join(folder, "area");
    await Deno.mkdir(area);
    const config = join(folder, "dcmqrscp.cfg");
    await Deno.writeTextFile(
      config,
      `NetworkTCPPort = ${port}\nMaxPDUSize = 131072\nMaxAssociations = 16\n` +
        `HostTable BEGIN\nmedvfs = (MEDVFS, 127.0.0.1, ${destination})\nHostTable END\n` +
        `AETable BEGIN\nARCHIVE ${area} RW (500, 1024mb) ANY\nAETable END\n`,
    );
    await using _peer = await started("dcmqrscp", ["-c", config], port, { TCP_NODELAY: "1" });
    const list = await phantom();
    await using association = await associate(port, "ARCHIVE", pairsOf(list));
    for (const each of list) await cStore(association, each);
    await association.release();
    await fn(port, list, destination);
  });
}

await peerTest(
  DCMQRSCP,
  "cFind() of dcmqrscp lists the series and instances of a study",
  () =>
    archive(async (port, list) => {
      const { find } = QUERY_RETRIEVE.study;
      await using association = await associate(port, "ARCHIVE", [[find, IMPLICIT]]);
      const StudyInstanceUID = list[0]!.studyInstanceUID;
      const series: string[] = [];
      const keys = { QueryRetrieveLevel: "SERIES", StudyInstanceUID, SeriesInstanceUID: "" };
      for await (const { dataset } of cFind(association, { identifier: keys })) {
        series.push(dataset.string("SeriesInstanceUID")!);
      }
      const found: string[] = [];
      for (const SeriesInstanceUID of series) {
        const identifier = {
          QueryRetrieveLevel: "IMAGE",
          StudyInstanceUID,
          SeriesInstanceUID,
          SOPInstanceUID: "",
        };
        for await (const { dataset } of cFind(association, { identifier })) {
          found.push(dataset.string("SOPInstanceUID")!);
        }
      }
      assert.deepEqual(found.sort(), list.map((each) => each.sopInstanceUID).sort());
    }),
);

await peerTest(
  DCMQRSCP,
  "dimse 38: cFind() of dcmqrscp is cancelled, and the association is usable",
  () =>
    archive(async (port, list) => {
      const { find } = QUERY_RETRIEVE.study;
      await using association = await associate(port, "ARCHIVE", [[find, IMPLICIT]]);
      const identifier = {
        QueryRetrieveLevel: "SERIES",
        StudyInstanceUID: list[0]!.studyInstanceUID,
        SeriesInstanceUID: "",
      };
      for (let round = 0; round < 3; round++) {
        for await (const _ of cFind(association, { identifier })) break;
      }
      assert(association.isOpen);
    }),
);

await peerTest(
  DCMQRSCP,
  "dimse 46: cGet() of a study from dcmqrscp gives all datasets unchanged",
  () =>
    archive(async (port, list) => {
      const { get } = QUERY_RETRIEVE.study;
      const classes = [...new Set(list.map((each) => each.sopClassUID))];
      const pairs = [[get, IMPLICIT] as const, ...pairsOf(list)];
      await using association = await associate(port, "ARCHIVE", pairs, classes);
      const { all, store } = inbox();
      const identifier = {
        QueryRetrieveLevel: "STUDY",
        StudyInstanceUID: list[0]!.studyInstanceUID,
      };
      const result = await cGet(association, { identifier, onInstance: store });
      assert.equal(result.completed, list.length);
      assert.equal(all.size, list.length);
      for (const { sopInstanceUID, dataset } of list) {
        assert.deepEqual(all.get(sopInstanceUID), dataset);
      }
    }),
);

await peerTest(
  DCMQRSCP,
  "cMove() from dcmqrscp to serveDicom() delivers the study",
  () =>
    archive(async (port, list, destination) => {
      const { all, store } = inbox();
      await using _server = serveDicom({ aeTitle: "MEDVFS", port: destination, store });
      const { move } = QUERY_RETRIEVE.study;
      await using association = await associate(port, "ARCHIVE", [[move, IMPLICIT]]);
      const identifier = {
        QueryRetrieveLevel: "STUDY",
        StudyInstanceUID: list[0]!.studyInstanceUID,
      };
      const result = await cMove(association, { identifier, destination: "MEDVFS" });
      assert.equal(result.completed, list.length);
      assert.equal(all.size, list.length);
      await assert.rejects(cMove(association, { identifier, destination: "NOBODY" }), /A801H/);
    }),
);

await peerTest(
  DCMQRSCP,
  "dimse 2: dcmqrscp rejects a wrong AE title, which the error names",
  () =>
    archive(async (port) => {
      await assert.rejects(
        associate(port, "WRONG", [[VERIFICATION, IMPLICIT]]),
        (error) =>
          error instanceof AssociationRejected && /"WRONG"/.test(error.message) &&
          error.kind === "NotFound",
      );
    }),
);
