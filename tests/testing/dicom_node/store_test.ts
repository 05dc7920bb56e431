import { strict as assert } from "node:assert";
import { DatabaseSync, StatementSync } from "node:sqlite";
import fc from "fast-check";
import { join, toFileUrl } from "@std/path";
import { cStore } from "../../../transports/dicom/dimse/mod.ts";
import { InstanceIndex } from "../../../testing/dicom_node/index/instance_index.ts";
import { safeName } from "../../../testing/dicom_node/layout.ts";
import {
  type DatasetInput,
  type DicomNode,
  memoryTransport,
  serveDicomNode,
  writeDicomDataset,
} from "../../../testing/mod.ts";
import { readerOf } from "../../../vfs/bytes/bytes.ts";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { archive, associate, EXPLICIT, get, samples, store } from "./_kit.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";

/** Sends one dataset, encoded in `transferSyntaxUID`. */
async function send(
  node: DicomNode,
  input: DatasetInput,
  transferSyntaxUID = EXPLICIT,
  sopInstanceUID = "1.2.3",
): Promise<number> {
  const dataset = writeDicomDataset({
    SOPClassUID: MR,
    SOPInstanceUID: "1.2.3",
    StudyInstanceUID: "1.2.1",
    SeriesInstanceUID: "1.2.2",
    ...input,
  }, { transferSyntaxUID });
  const request = { sopClassUID: MR, sopInstanceUID, transferSyntaxUID, dataset };
  await using association = await associate(node, [request]);
  return (await cStore(association, request)).status.code;
}

async function paths(vfs: ReturnType<typeof createVfs>, root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { url } of vfs.entries(root, { includeDirs: false })) {
    found.push(url.slice(root.length + 1));
  }
  return found;
}

Deno.test("safeName() gives names that stay where they are and tell values apart", () => {
  const unit = fc.constantFrom(...'ab./\\:*?"<>|% _\0\x1F\uD800ü', "%2E", "nul", "x".repeat(60));
  const value = fc.string({ unit, maxLength: 8 });
  fc.assert(fc.property(value, value, (a, b) => {
    const name = safeName(a);
    assert.match(name, /^[^/\\:*?"<>|]{1,120}$/);
    assert(!/^[. ]|[. ]$/.test(name) && name.isWellFormed());
    if (a.toWellFormed() !== b.toWellFormed()) assert.notEqual(name, safeName(b));
  }));
  for (const name of ["", ".", "..", "NUL", "com1.txt", "_", "%"]) {
    assert.doesNotMatch(safeName(name), /^(\.|\.\.|nul|com1\.txt|%)$/i);
  }
  assert.notEqual(safeName("_"), safeName(""));
});

Deno.test("C-STORE keeps a hostile PatientID inside of the folder", async () => {
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///a/b" });
  await send(node, {
    PatientID: "../../../etc/x",
    StudyInstanceUID: "..",
    SeriesInstanceUID: "C:",
  });
  assert.deepEqual(await paths(vfs, "memory:///a"), [
    "b/%252E.%252F..%252F..%252Fetc%252Fx/%252E%252E/C%253A/1.2.3.dcm",
  ]);
});

Deno.test("C-STORE refuses what is not the instance that the command names, or has no place", async () => {
  await using node = await serveDicomNode();
  const other = "the dataset is not the instance that the command names";
  const nowhere = "the dataset names no study, series or instance";
  for (
    const [input, comment] of [
      [{ SOPInstanceUID: "1.2.4" }, other],
      [{ SOPClassUID: "1.2.840.10008.5.1.4.1.1.2" }, other],
      [{ StudyInstanceUID: "" }, nowhere],
      [{ SeriesInstanceUID: undefined }, nowhere],
    ] as const
  ) {
    await assert.rejects(send(node, input), { code: 0xA900 }, JSON.stringify(input));
    assert.equal(node.requests.entries.at(-1)?.comment, comment);
  }
  assert.equal(node.counts.instances, 0);
});

Deno.test("C-STORE streams what comes before the identifiers and is long, in any transfer syntax", async () => {
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///long", duplicates: "replace" });
  const syntaxes = ["1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"];
  // More than the node looks at for the first time: of what it stores at one go, and of what it streams.
  const lengths = [[9, 1_000], [20, 5_000_000]] as const;
  for (
    const [syntax, [items, pixels]] of syntaxes.flatMap((s) => lengths.map((l) => [s, l] as const))
  ) {
    const item = { ReferencedSOPInstanceUID: "1.2.3.4", PatientComments: "x".repeat(60_000) };
    const input = {
      ReferencedImageSequence: Array(items).fill(item),
      PatientID: "P1",
      PixelData: new Uint8Array(pixels).map((_, i) => i % 251),
    };
    assert.equal(await send(node, input, syntax), 0);
    assert.equal(node.counts.instances, 1, "the one before is replaced");
    const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2.1" };
    const sample = { sopClassUID: MR, transferSyntaxUID: syntax };
    await using association = await associate(node, [sample]);
    const { datasets } = await get(association, identifier);
    const file = await vfs.readFile("memory:///long/P1/1.2.1/1.2.2/1.2.3.dcm");
    const dataset = datasets.get("1.2.3")!;
    assert.deepEqual(file.subarray(-dataset.length), dataset);
    const sent = writeDicomDataset(
      {
        SOPClassUID: MR,
        SOPInstanceUID: "1.2.3",
        StudyInstanceUID: "1.2.1",
        SeriesInstanceUID: "1.2.2",
        ...input,
      },
      { transferSyntaxUID: syntax },
    );
    assert.deepEqual(dataset, sent);
  }
});

Deno.test("C-STORE that breaks off leaves nothing, whether its file has begun or not", async () => {
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///broken" });
  const input = { PatientID: "P1", PixelData: new Uint8Array(4_000_000).fill(7) };
  for (const drop of [0, 100_000, 1_500_000, 3_900_000]) {
    node.faults.inject({ service: "C-STORE", drop });
    await assert.rejects(send(node, input), { kind: "Unavailable" }, `${drop}`);
  }
  assert.equal(await vfs.exists("memory:///broken"), false);
  assert.equal(await send(node, input), 0);
  const file = await vfs.readFile("memory:///broken/P1/1.2.1/1.2.2/1.2.3.dcm");
  assert.deepEqual(file.subarray(-4_000_000), input.PixelData);
});

Deno.test("C-STORE of an instance that is there replaces it where it lies, or keeps it", async () => {
  for (const duplicates of ["replace", "keep"] as const) {
    await using vfs = createVfs();
    await using node = await serveDicomNode({ vfs, root: "memory:///two", duplicates });
    await send(node, { PatientID: "P1", StudyDescription: "first" });
    await send(node, { PatientID: "P2", StudyDescription: "second" });
    assert.deepEqual(await paths(vfs, "memory:///two"), ["P1/1.2.1/1.2.2/1.2.3.dcm"]);
    const header = await vfs.readDicomHeader("memory:///two/P1/1.2.1/1.2.2/1.2.3.dcm");
    const expected = duplicates === "replace" ? "second" : "first";
    assert.equal(header.string("StudyDescription"), expected);
    const { patients, studies, series, instances } = node.counts;
    assert.deepEqual([patients, studies, series, instances], [1, 1, 1, 1]);
  }
});

Deno.test("an instance that two peers store at once is in the index once", () => {
  using index = new InstanceIndex();
  const values = {
    StudyInstanceUID: "1",
    SeriesInstanceUID: "2",
    SOPInstanceUID: "3",
    SOPClassUID: MR,
  };
  for (const PatientID of ["P1", "P2"]) {
    const file = { path: PatientID, datasetOffset: 0 };
    index.put([{ values: { ...values, PatientID }, transferSyntaxUID: EXPLICIT, file }], true);
  }
  assert.equal(index.fileOf("3")?.path, "P2");
  const { patients, instances } = index.counts();
  assert.deepEqual([patients, instances], [1, 1]);
});

Deno.test("InstanceIndex.fileOf() knows what has arrived while it waits to be written with others", () => {
  using index = new InstanceIndex();
  const record = (SOPInstanceUID: string) => ({
    values: { StudyInstanceUID: "1", SeriesInstanceUID: "2", SOPInstanceUID, SOPClassUID: MR },
    transferSyntaxUID: EXPLICIT,
    file: { path: SOPInstanceUID, datasetOffset: 0 },
  });
  const { run } = StatementSync.prototype;
  try {
    StatementSync.prototype.run = () => {
      throw new Error("database or disk is full");
    };
    index.arrive(record("3"));
    assert.equal(index.fileOf("3")?.path, "3");
    assert.equal(index.fileOf("4"), undefined);
    // No more of it is kept in memory than is written together.
    for (let uid = 4; uid < 203; uid++) index.arrive(record(`${uid}`));
    assert.throws(() => index.fileOf("4"), { kind: "StorageFull" });
  } finally {
    StatementSync.prototype.run = run;
  }
  assert.equal(index.fileOf("4")?.path, "4");
  assert.equal(index.counts().instances, 200);
});

Deno.test("an index that cannot be written refuses further instances, and has what was taken as soon as it can", async () => {
  await using node = await serveDicomNode();
  const next = () => send(node, { SOPInstanceUID: "1.2.4" }, EXPLICIT, "1.2.4");
  const { run } = StatementSync.prototype;
  try {
    StatementSync.prototype.run = () => {
      throw new Error("database or disk is full");
    };
    assert.equal(await send(node, {}), 0);
    assert.throws(() => node.counts, { kind: "StorageFull" });
    await assert.rejects(next(), { code: 0xA700 });
  } finally {
    StatementSync.prototype.run = run;
  }
  assert.equal(node.counts.instances, 1);
  assert.equal(await next(), 0);
  assert.equal(node.counts.instances, 2);
});

Deno.test("an index in a file is kept: what is new or changed is read, what is gone forgotten", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = toFileUrl(join(folder, "files")).href;
    const index = join(folder, "index.db");
    await using vfs = createVfs();
    const list = await archive();
    const file = (i: number) => `${root}/${i}.dcm`;
    for (const [i, { bytes }] of list.slice(0, 10).entries()) await vfs.writeFile(file(i), bytes);
    await vfs.writeFile(`${root}/none.txt`, "none");
    const looked = async () => {
      await using node = await serveDicomNode({ vfs, root, index });
      return { ...node.counts };
    };
    const at = { patients: 1, studies: 1, series: 2, instances: 10 };
    assert.deepEqual(await looked(), { ...at, skipped: 1 });
    const { bytes } = list.at(-1)!;
    await vfs.writeFile(file(3), bytes);
    await vfs.writeFile(file(10), list[10]!.bytes);
    await vfs.remove(file(0));
    assert.deepEqual(await looked(), {
      patients: 2,
      studies: 2,
      series: 2,
      instances: 10,
      skipped: 1,
    });
    {
      await using node = await serveDicomNode({ vfs, root, index, duplicates: "replace" });
      const sent = await samples();
      await using association = await associate(node, sent);
      await store(association, sent);
      assert.equal(node.counts.instances, 10 + sent.length - 9);
    }
    assert.equal((await looked()).instances, 10 + (await samples()).length - 9);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that is no index is refused by its name, and stays as it is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const letter = join(folder, "letter.txt");
    await Deno.writeTextFile(letter, "a letter, not a database\n".repeat(100));
    const other = join(folder, "other.db");
    const db = new DatabaseSync(other);
    db.exec("CREATE TABLE patient (name TEXT)");
    db.close();
    for (const index of [letter, other]) {
      const before = await Deno.readFile(index);
      await assert.rejects(
        serveDicomNode({ index }),
        (error) => isVfsError(error) && error.message.includes(index),
      );
      assert.deepEqual(await Deno.readFile(index), before);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a folder that cannot be written to takes no C-STORE", async () => {
  await using vfs = createVfs();
  const [sample] = await samples();
  await vfs.writeFile("memory:///ro/a", sample!.bytes);
  const driver = memoryTransport();
  const readOnly = {
    ...driver,
    schemes: ["fixed"],
    async connect(options: Parameters<typeof driver.connect>[0]) {
      const { put: _, ...transport } = await driver.connect(options);
      return { ...transport, capabilities: { ...transport.capabilities, put: "none" as const } };
    },
  };
  vfs.register(readOnly);
  await using node = await serveDicomNode({ vfs, root: "fixed:///" });
  await using association = await associate(node, [sample!]);
  await assert.rejects(cStore(association, sample!), { code: 0x0122 });
  assert.equal(node.requests.count("C-STORE"), 0);
});

Deno.test("C-STORE where nothing more fits is refused with A700H, nothing of it is left, and what fits is taken", async () => {
  const driver = memoryTransport();
  let room = 3_000_000;
  const small = {
    ...driver,
    schemes: ["small"],
    async connect(options: Parameters<typeof driver.connect>[0]) {
      const transport = await driver.connect(options);
      const put: typeof transport.put = (location, source, more) => {
        let left = room;
        const open = async () => {
          const reader = readerOf(await source.open());
          return {
            async read() {
              const chunk = await reader.read();
              left -= chunk?.length ?? 0;
              if (left < 0) throw new VfsError("StorageFull", { op: "write", url: location.href });
              return chunk;
            },
            close: (reason: unknown) => reader.close(reason),
          };
        };
        return transport.put!(location, { ...source, open }, more);
      };
      return { ...transport, put };
    },
  };
  await using vfs = createVfs({ layers: { retry: false } });
  vfs.register(small);
  await using node = await serveDicomNode({ vfs, root: "small:///" });
  const bytes = (length: number) => ({ PatientID: "P1", PixelData: new Uint8Array(length) });
  await assert.rejects(send(node, bytes(5_000_000)), { code: 0xA700 }, "while it comes");
  room = 100_000;
  await assert.rejects(send(node, bytes(500_000)), { code: 0xA700 }, "at once");
  assert.deepEqual([node.counts.instances, await paths(vfs, "small:///")], [0, []]);
  assert.equal(await send(node, bytes(50_000)), 0);
  assert.equal(node.counts.instances, 1);
});
