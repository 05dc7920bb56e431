import { strict as assert } from "node:assert";
import { encodeIdentifier } from "../../../transports/dicom/dimse/identifier.ts";
import { requestCommand } from "../../../transports/dicom/dimse/invocation.ts";
import {
  type Association,
  cGet,
  cMove,
  type IdentifierInput,
  QUERY_RETRIEVE,
  serveDicom,
} from "../../../transports/dicom/dimse/mod.ts";
import type { Operation } from "../../../transports/dicom/dimse/operations.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { serveDicomNode } from "../../../testing/mod.ts";
import {
  archive,
  archiveNode,
  associate,
  datasetOf,
  EXPLICIT,
  find,
  folderOf,
  get,
  IMPLICIT,
  inbox,
  type Sample,
} from "./_kit.ts";

const uids = (list: readonly Sample[]) => list.map(({ sopInstanceUID }) => sopInstanceUID).sort();
const listed = (values: readonly string[]) => values.join("\\");

/** The instances of a series that has several, with the unique keys of the levels above them. */
async function longSeries(): Promise<
  { series: Sample[]; above: Record<"StudyInstanceUID" | "SeriesInstanceUID", string> }
> {
  const bySeries = Map.groupBy(await archive(), ({ seriesInstanceUID }) => seriesInstanceUID);
  const series = [...bySeries.values()].find((list) => list.length > 3)!;
  const { studyInstanceUID, seriesInstanceUID } = series[0]!;
  const above = { StudyInstanceUID: studyInstanceUID, SeriesInstanceUID: seriesInstanceUID };
  return { series, above };
}

Deno.test("C-GET sends the instances of a list of SOP Instance UIDs, and leaves out what it does not know", async () => {
  await using node = await archiveNode();
  await using association = await associate(node, await archive());
  const { series, above } = await longSeries();
  const wanted = [series[3]!, series[0]!];
  const SOPInstanceUID = listed([...uids(wanted), "2.25.404", wanted[0]!.sopInstanceUID]);
  const identifier = { QueryRetrieveLevel: "IMAGE", ...above, SOPInstanceUID };
  const { result, datasets } = await get(association, identifier);
  assert.deepEqual([...datasets.keys()].sort(), uids(wanted));
  assert.deepEqual([result.completed, result.failed, result.status.code], [2, 0, 0]);
});

Deno.test("C-GET sends nothing, and says so, for a list of which it knows nothing", async () => {
  await using node = await archiveNode();
  await using association = await associate(node, await archive());
  const { above } = await longSeries();
  const identifier = { QueryRetrieveLevel: "IMAGE", ...above, SOPInstanceUID: "2.25.4\\2.25.5" };
  const { result } = await get(association, identifier);
  assert.deepEqual([result.completed, result.failed, result.status.code], [0, 0, 0]);
});

Deno.test("C-GET sends the series of a list, and of another study none of them", async () => {
  await using node = await archiveNode();
  const all = await archive();
  await using association = await associate(node, all);
  const { studyInstanceUID: StudyInstanceUID } = all[0]!;
  const series = [...new Set(all.map(({ seriesInstanceUID }) => seriesInstanceUID))];
  const SeriesInstanceUID = listed([...series.slice(1), "2.25.404"]);
  const identifier = { QueryRetrieveLevel: "SERIES", StudyInstanceUID, SeriesInstanceUID };
  const { datasets } = await get(association, identifier);
  const wanted = all.filter((each) =>
    each.studyInstanceUID === StudyInstanceUID && each.seriesInstanceUID !== series[0]
  );
  assert.deepEqual([...datasets.keys()].sort(), uids(wanted));
});

Deno.test("C-GET sends the studies of a list, and the patients of one, in their models", async () => {
  await using node = await archiveNode();
  const all = await archive();
  await using association = await associate(node, all);
  const studies = [...new Set(all.map(({ studyInstanceUID }) => studyInstanceUID))].slice(1);
  const wanted = all.filter(({ studyInstanceUID }) => studies.includes(studyInstanceUID));
  const byStudy = await get(association, {
    QueryRetrieveLevel: "STUDY",
    StudyInstanceUID: listed(["2.25.404", ...studies]),
  });
  assert.deepEqual([...byStudy.datasets.keys()].sort(), uids(wanted));
  const patients = [...new Set(wanted.map(({ path }) => path[0]!))];
  assert.equal(patients.length, 2);
  for (const PatientID of [...patients, "NOBODY"]) {
    const identifier = { QueryRetrieveLevel: "PATIENT", PatientID };
    const { datasets } = await get(association, identifier, "patient");
    assert.deepEqual(
      [...datasets.keys()].sort(),
      uids(wanted.filter(({ path }) => path[0] === PatientID)),
    );
  }
});

Deno.test("C-GET without the keys above takes a list where relational retrieval was negotiated, or always", async () => {
  await using node = await archiveNode({ relational: "always" });
  const all = await archive();
  await using association = await associate(node, all);
  const wanted = [all[0]!, all.at(-1)!];
  assert.notEqual(wanted[0]!.studyInstanceUID, wanted[1]!.studyInstanceUID);
  const SOPInstanceUID = listed(uids(wanted));
  const { datasets } = await get(association, { QueryRetrieveLevel: "IMAGE", SOPInstanceUID });
  assert.deepEqual([...datasets.keys()].sort(), uids(wanted));
});

Deno.test("C-GET refuses a list of studies above the level of its list", async () => {
  await using node = await archiveNode();
  await using association = await associate(node, await archive());
  const { series, above } = await longSeries();
  const identifier = {
    QueryRetrieveLevel: "IMAGE",
    ...above,
    StudyInstanceUID: listed([above.StudyInstanceUID, "2.25.404"]),
    SOPInstanceUID: listed(uids(series)),
  };
  await assert.rejects(get(association, identifier), { code: 0xA900 });
});

Deno.test("C-GET takes a list of 10,000 UIDs, and the association goes on after one of over 1 MiB", async () => {
  await using node = await archiveNode();
  await using association = await associate(node, await archive());
  const { series, above } = await longSeries();
  const unknown = (count: number) => Array.from({ length: count }, (_, n) => `2.25.4.${1e9 + n}`);
  const wanted = uids(series);
  const long = { QueryRetrieveLevel: "IMAGE", ...above };
  const { datasets } = await get(association, {
    ...long,
    SOPInstanceUID: listed([...unknown(10_000), ...wanted]),
  });
  assert.deepEqual([...datasets.keys()].sort(), wanted);
  const tooLong = { ...long, SOPInstanceUID: listed(unknown(70_000)) };
  await assert.rejects(get(association, tooLong), { code: 0xA700 });
  assert.equal((await find(association, { QueryRetrieveLevel: "STUDY" })).length, 3);
});

Deno.test("C-MOVE sends the instances of a list, unknown ones among them, and series of a list", async () => {
  const { datasets, store } = inbox();
  await using workstation = serveDicom({ aeTitle: "WS", port: 0, store });
  const peers = { WS: { host: "127.0.0.1", port: workstation.port } };
  await using node = await archiveNode({ peers });
  await using association = await associate(node);
  const { series, above } = await longSeries();
  const wanted = uids(series.slice(0, 2));
  const SOPInstanceUID = listed(["2.25.404", ...wanted]);
  const identifier = { QueryRetrieveLevel: "IMAGE", ...above, SOPInstanceUID };
  const { completed } = await cMove(association, { identifier, destination: "WS" });
  assert.equal(completed, 2);
  assert.deepEqual([...datasets.keys()].sort(), wanted);
  const { StudyInstanceUID, SeriesInstanceUID } = above;
  const bySeries = {
    QueryRetrieveLevel: "SERIES",
    StudyInstanceUID,
    SeriesInstanceUID: listed([SeriesInstanceUID, "2.25.404"]),
  };
  const moved = await cMove(association, { identifier: bySeries, destination: "WS" });
  assert.equal(moved.completed, series.length);
  assert.deepEqual([...datasets.keys()].sort(), uids(series));
});

Deno.test("C-GET names the instances whose files have gone or are others now, and sends the rest", async () => {
  const { series, above } = await longSeries();
  await using vfs = await folderOf(await archive());
  await using node = await serveDicomNode({ vfs, root: "memory:///archive" });
  await using association = await associate(node, await archive());
  const at = ({ path }: Sample) => `memory:///archive/${path.join("/")}`;
  const [gone, cut, grown] = series;
  await vfs.remove(at(gone!));
  await vfs.writeFile(at(cut!), cut!.bytes.subarray(0, -2));
  await vfs.writeFile(at(grown!), new Uint8Array([...grown!.bytes, 0, 0]));
  const identifier = { QueryRetrieveLevel: "SERIES", ...above };
  const missing = uids(series.slice(0, 3));
  await assert.rejects(get(association, identifier), (error) => {
    assert(isVfsError(error));
    assert.equal(error.kind, "PartialFailure");
    assert.equal(error.detail?.dimse, 0xB000);
    for (const uid of missing) assert(error.message.includes(uid), error.message);
    return true;
  });
  assert.equal(node.requests.entries.at(-1)!.count, series.length);
});

Deno.test("C-GET of a long instance whose file has changed fails, and of one that has not is all of it", async () => {
  await using vfs = createVfs();
  const StudyInstanceUID = "2.25.1";
  const sopClassUID = "1.2.840.10008.5.1.4.1.1.7";
  const file = (n: number, bytes: number) =>
    writeDicomFile({
      SOPClassUID: sopClassUID,
      SOPInstanceUID: `2.25.1.1.${n}`,
      StudyInstanceUID,
      SeriesInstanceUID: "2.25.1.1",
      PixelData: new Uint8Array(bytes),
    });
  for (const n of [0, 1]) await vfs.writeFile(`memory:///long/${n}.dcm`, file(n, 3 << 20));
  await using node = await serveDicomNode({ vfs, root: "memory:///long" });
  await vfs.writeFile("memory:///long/1.dcm", file(1, (3 << 20) + 2));
  await using association = await associate(node, [{ sopClassUID, transferSyntaxUID: EXPLICIT }]);
  const { datasets, store } = inbox();
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID };
  await assert.rejects(cGet(association, { identifier, onInstance: store }), { code: 0xB000 });
  assert.deepEqual([...datasets.keys()], ["2.25.1.1.0"]);
  assert.deepEqual(datasets.get("2.25.1.1.0"), datasetOf(file(0, 3 << 20)));
});

const LONG = {
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
  StudyInstanceUID: "2.25.1",
  SeriesInstanceUID: "2.25.1.1",
};
const LONG_STUDY = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: LONG.StudyInstanceUID };

/** Asks for a C-MOVE to `WS`. */
function moving(association: Association, identifier: IdentifierInput): Operation {
  const { move } = QUERY_RETRIEVE.study;
  return association.invoke({
    context: association.contextFor(move)!,
    op: "move from",
    command: { ...requestCommand("C_MOVE_RQ", move), Priority: 0, MoveDestination: "WS" },
    dataset: encodeIdentifier(identifier, IMPLICIT),
    timeoutMs: 60_000,
  });
}

/** Runs `fn` with a folder of two instances, each more than sockets hold; one in memory is never read in parts. */
async function withLongFolder(fn: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const n of [0, 1]) {
      const PixelData = new Uint8Array(32 << 20);
      const file = writeDicomFile({ ...LONG, SOPInstanceUID: `2.25.1.1.${n}`, PixelData });
      await Deno.writeFile(`${root}/${n}.dcm`, file);
    }
    await fn(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("C-GET that is cancelled within an instance sends the rest of it, and the association goes on", async () => {
  await withLongFolder(async (root) => {
    await using node = await serveDicomNode({ root });
    const samples = [{ sopClassUID: LONG.SOPClassUID, transferSyntaxUID: EXPLICIT }];
    await using association = await associate(node, samples);
    const full = new Error("The disk is full");
    const onInstance = () => ({ write: () => Promise.reject(full), close() {}, abort() {} });
    const got = cGet(association, { identifier: LONG_STUDY, onInstance });
    await assert.rejects(got, { cause: full });
    assert.equal((await find(association, { QueryRetrieveLevel: "STUDY" })).length, 1);
  });
});

Deno.test("C-MOVE that is cancelled within an instance sends the rest of it, and no more", async () => {
  await withLongFolder(async (root) => {
    const { datasets, store } = inbox();
    let cancelled: Promise<void> | undefined;
    await using workstation = serveDicom({
      aeTitle: "WS",
      port: 0,
      store(instance) {
        const sink = store(instance);
        return {
          async write(chunk) {
            await (cancelled ??= operation.cancel());
            sink.write(chunk);
          },
          close: sink.close,
          abort: sink.abort,
        };
      },
    });
    const peers = { WS: { host: "127.0.0.1", port: workstation.port } };
    await using node = await serveDicomNode({ root, peers });
    await using association = await associate(node);
    const operation = moving(association, LONG_STUDY);
    const answer = await operation.done;
    assert.equal(answer.Status, 0xFE00);
    assert.equal(answer.NumberOfCompletedSuboperations, 1);
    assert.deepEqual([...datasets.keys()], ["2.25.1.1.0"]);
  });
});

Deno.test("C-MOVE that is cancelled while its destination has yet to accept ends as cancelled", async () => {
  using destination = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peers = { WS: { host: "127.0.0.1", port: destination.addr.port } };
  await using node = await archiveNode({ peers });
  await using association = await associate(node);
  const { studyInstanceUID: StudyInstanceUID } = (await archive())[0]!;
  const operation = moving(association, { QueryRetrieveLevel: "STUDY", StudyInstanceUID });
  using _silent = await destination.accept();
  await operation.cancel();
  assert.equal((await operation.done).Status, 0xFE00);
  const { service, status, failure } = node.requests.entries.at(-1)!;
  assert.deepEqual([service, status, failure], ["C-MOVE", 0xFE00, undefined]);
});

Deno.test("a C-MOVE is logged with the status that it is answered with, also where instances are refused", async () => {
  const { series, above } = await longSeries();
  const identifier = { QueryRetrieveLevel: "SERIES", ...above };
  for (const refused of [0, 1, series.length]) {
    const { store } = inbox();
    let count = 0;
    await using workstation = serveDicom({
      aeTitle: "WS",
      port: 0,
      store(instance) {
        if (count++ < refused) throw new Error("no room");
        return store(instance);
      },
    });
    const peers = { WS: { host: "127.0.0.1", port: workstation.port } };
    await using node = await archiveNode({ peers });
    await using association = await associate(node);
    const { Status } = await moving(association, identifier).done;
    assert.equal(Status, refused === 0 ? 0 : refused === 1 ? 0xB000 : 0xA702);
    const { status, count: sent } = node.requests.entries.at(-1)!;
    assert.deepEqual([status, sent], [Status, series.length]);
  }
});
