import { deflateRawSync } from "node:zlib";
import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  cFind,
  cStore,
  encodeIdentifier,
  ServiceFailed,
} from "../../../transports/dicom/dimse/mod.ts";
import { serveDicomNode, writeDicomDataset } from "../../../testing/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { archiveNode, associate, find, IMPLICIT, type Sample, samples } from "./_kit.ts";

const KEYS = {
  QueryRetrieveLevel: "STUDY",
  PatientName: "*",
  StudyDate: "20190101-",
  StudyInstanceUID: "",
  ModalitiesInStudy: "CT",
};

Deno.test("C-FIND of any bytes is answered or refused, and the association and the node live", async () => {
  await using node = await archiveNode();
  await using association = await associate(node);
  const real = encodeIdentifier(KEYS, IMPLICIT);
  const changed = fc.array(
    fc.tuple(fc.nat(real.length - 1), fc.nat(255)),
    { minLength: 1, maxLength: 6 },
  ).map((changes) => {
    const bytes = real.slice();
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  const random = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => {
    const even = new Uint8Array(bytes.length + bytes.length % 2);
    even.set(bytes);
    return even;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, random), async (identifier) => {
      try {
        for await (const _ of cFind(association, { identifier }));
      } catch (error) {
        // What is refused is refused by a status; an answer may echo what the client cannot read.
        assert(error instanceof ServiceFailed || (error as Error).name === "VfsError", `${error}`);
      }
      assert(association.isOpen);
    }),
    { numRuns: 300 },
  );
  assert.equal((await find(association, KEYS)).length, 3);
});

Deno.test("C-FIND with more wildcards than SQL takes is refused, and the next one answered", async () => {
  await using node = await archiveNode();
  await using association = await associate(node);
  const StudyDescription = Array.from({ length: 20_000 }, (_, i) => `*${i}*`);
  const identifier = { QueryRetrieveLevel: "STUDY", StudyDescription };
  await assert.rejects(find(association, identifier), { code: 0xC000 });
  assert.equal((await find(association, KEYS)).length, 3);
});

Deno.test("C-STORE of any bytes is refused, and nothing of them is kept", async () => {
  await using node = await archiveNode({ duplicates: "replace" });
  const before = node.counts.instances;
  const [sample] = await samples();
  await using association = await associate(node, [sample!]);
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 40_000 })
    .map((bytes) => bytes.slice(bytes.length % 2));
  await fc.assert(
    fc.asyncProperty(bytes, async (dataset) => {
      await assert.rejects(cStore(association, { ...sample!, dataset }), { code: 0xA900 });
    }),
    { numRuns: 50 },
  );
  const cut = sample!.dataset.slice(0, 300);
  await assert.rejects(cStore(association, { ...sample!, dataset: cut }), { code: 0xA900 });
  assert.equal((await cStore(association, sample!)).status.code, 0);
  assert.equal(node.counts.instances, before);
});

for (const length of [20_000, 3_000_000]) {
  Deno.test(`C-STORE of a dataset of ${length} bytes that is cut short is refused, and what is whole is taken after it`, async () => {
    await using vfs = createVfs();
    await vfs.mkdir("memory:///cut");
    await using node = await serveDicomNode({ vfs, root: "memory:///cut" });
    const [{ sopClassUID, sopInstanceUID, transferSyntaxUID }] = await samples() as [Sample];
    const dataset = writeDicomDataset({
      SOPClassUID: sopClassUID,
      SOPInstanceUID: sopInstanceUID,
      StudyInstanceUID: "1.2",
      SeriesInstanceUID: "1.2.3",
      PixelData: new Uint8Array(length),
    }, { transferSyntaxUID });
    const request = { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset };
    await using association = await associate(node, [request]);
    for (const cut of [2, 1000, length - 2, length]) {
      const part = dataset.slice(0, dataset.length - cut);
      await assert.rejects(cStore(association, { ...request, dataset: part }), { code: 0xC000 });
      assert.equal(node.requests.entries.at(-1)?.comment, "the dataset is cut short");
      assert.deepEqual(
        await Array.fromAsync(vfs.entries("memory:///cut", { includeDirs: false })),
        [],
      );
    }
    assert.equal((await cStore(association, request)).status.code, 0);
    assert.equal(node.counts.instances, 1);
  });
}

for (const zeros of [2, 4, 6, 8, 100]) {
  Deno.test(`C-STORE of a dataset that ${zeros} zeros follow is taken, as others take it`, async () => {
    await using vfs = createVfs();
    await vfs.mkdir("memory:///padded");
    await using node = await serveDicomNode({ vfs, root: "memory:///padded" });
    const [sample] = await samples() as [Sample];
    const dataset = new Uint8Array(sample.dataset.length + zeros);
    dataset.set(sample.dataset);
    await using association = await associate(node, [sample]);
    assert.equal((await cStore(association, { ...sample, dataset })).status.code, 0);
    assert.equal(node.counts.instances, 1);
  });
}

const PIXELS = [0xE0, 0x7F, 0x10, 0x00, 0x4F, 0x42, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF];
const FRAGMENT = [0xFE, 0xFF, 0x00, 0xE0, 0x02, 0x00, 0x00, 0x00, 0x12, 0x34];
/** ContentSequence, empty but for its end. */
const SEQUENCE = [0x40, 0x00, 0x30, 0xA7, 0x53, 0x51, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
const DELIMITER = [0xFE, 0xFF, 0xDD, 0xE0];

for (
  const [what, end] of [
    ["zeros follow at once", [0, 0]],
    ["stray bytes follow", [0xFF, 0xFF]],
    ["six stray bytes follow", [0xFF, 0xFF, 0x01, 0x02, 0x03, 0x04]],
    ["an element of no group follows", [0xFF, 0xFF, 0, 0, 0, 0, 0, 0]],
    ["a delimiter without a length ends", [...PIXELS, ...FRAGMENT, ...DELIMITER]],
    ["half of a delimiter's length ends", [...PIXELS, ...FRAGMENT, ...DELIMITER, 0, 0]],
  ] as const
) {
  Deno.test(`C-STORE of a dataset that ${what} is taken as it is, and told of in the log`, async () => {
    await using vfs = createVfs();
    await vfs.mkdir("memory:///odd");
    const root = "memory:///odd";
    const [sample] = await samples() as [Sample];
    const whole = writeDicomDataset({
      SOPClassUID: sample.sopClassUID,
      SOPInstanceUID: sample.sopInstanceUID,
      StudyInstanceUID: "1.2",
      SeriesInstanceUID: "1.2.3",
    }, sample);
    const dataset = Uint8Array.from([...whole, ...end]);
    await using node = await serveDicomNode({ vfs, root });
    await using association = await associate(node, [sample]);
    assert.equal((await cStore(association, { ...sample, dataset })).status.code, 0);
    const { status, comment } = node.requests.entries.at(-1)!;
    assert.equal(status, 0);
    assert.match(comment!, /^(Zeros|Bytes that begin no element|The last delimiter)/);
    const [file] = await Array.fromAsync(vfs.entries(root, { includeDirs: false }));
    const bytes = await vfs.readFile(file!.location);
    assert.deepEqual(bytes.subarray(-dataset.length), dataset);
    await using later = await serveDicomNode({ vfs, root });
    assert.equal(later.counts.instances, 1, "the next start knows it");
  });
}

for (
  const [what, end] of [
    ["within a header", PIXELS.slice(0, 6)],
    ["within a long header", PIXELS.slice(0, 10)],
    ["before the fragments", PIXELS],
    ["behind a fragment", [...PIXELS, ...FRAGMENT]],
    ["within the tag of an item", [...PIXELS, ...FRAGMENT, 0xFE, 0xFF]],
    ["within the delimiter of a sequence", [...SEQUENCE, ...DELIMITER]],
    ["behind the tag and half of the length of a sequence's delimiter", [
      ...SEQUENCE,
      ...DELIMITER,
      0,
      0,
    ]],
    ["within an item's header", [...PIXELS, ...FRAGMENT, ...FRAGMENT.slice(0, 6)]],
  ] as const
) {
  Deno.test(`C-STORE of a dataset that ends ${what} is refused`, async () => {
    await using node = await serveDicomNode();
    const [sample] = await samples() as [Sample];
    const dataset = Uint8Array.from([...sample.dataset.slice(0, pixelsOf(sample)), ...end]);
    await using association = await associate(node, [sample]);
    await assert.rejects(cStore(association, { ...sample, dataset }), { code: 0xC000 });
    assert.equal(node.counts.instances, 0);
  });
}

/** What is in front of the pixels. */
function headerOf(sample: Sample): Uint8Array {
  return writeDicomDataset({
    SOPClassUID: sample.sopClassUID,
    SOPInstanceUID: sample.sopInstanceUID,
    StudyInstanceUID: "1.2",
    SeriesInstanceUID: "1.2.3",
  }, sample);
}

for (
  const [what, bytes] of [
    ["an item outside of a sequence", [0xFE, 0xFF, 0x00, 0xE0, 4, 0, 0, 0, 1, 2, 3, 4]],
    ["a delimiter that ends nothing", [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0]],
    [
      "an item that is longer than its sequence",
      [
        0x21,
        0,
        0x10,
        0,
        0x53,
        0x51,
        0,
        0,
        12,
        0,
        0,
        0,
        0xFE,
        0xFF,
        0x00,
        0xE0,
        40,
        0,
        0,
        0,
        1,
        2,
        3,
        4,
      ],
    ],
    [
      "a sequence without items",
      [0x21, 0, 0x10, 0, 0x53, 0x51, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    ],
  ] as const
) {
  Deno.test(`a dataset with ${what} is taken, and the next start knows it`, async () => {
    await using vfs = createVfs();
    const root = "memory:///odd";
    await vfs.mkdir(root);
    const [sample] = await samples() as [Sample];
    const pixels = sample.dataset.slice(pixelsOf(sample));
    const odd = Uint8Array.from([...headerOf(sample), ...bytes, ...pixels]);
    await using node = await serveDicomNode({ vfs, root });
    await using association = await associate(node, [sample]);
    assert.equal((await cStore(association, { ...sample, dataset: odd })).status.code, 0);
    await using later = await serveDicomNode({ vfs, root });
    assert.equal(later.counts.instances, 1);
  });
}

for (const length of [1_000, 6_000_000]) {
  Deno.test(`C-STORE of a dataset of ${length} bytes with something in its header that is no element is refused: no start would know it`, async () => {
    await using vfs = createVfs();
    const root = "memory:///odd";
    await vfs.mkdir(root);
    const [sample] = await samples() as [Sample];
    const none = [0x21, 0, 0x10, 0, 1, 2, 3, 4];
    const odd = Uint8Array.from([...headerOf(sample), ...none, ...new Uint8Array(length)]);
    await using node = await serveDicomNode({ vfs, root });
    await using association = await associate(node, [sample]);
    const storing = cStore(association, { ...sample, dataset: odd });
    const code = await storing.then(({ status }) => status.code, ({ code }) => code);
    await using later = await serveDicomNode({ vfs, root });
    assert.equal(later.counts.instances, node.counts.instances);
    assert.equal(code, 0xC000);
  });
}

Deno.test("C-STORE of a deflated dataset whose header is cut is refused: no start would know it", async () => {
  await using vfs = createVfs();
  const root = "memory:///odd";
  await vfs.mkdir(root);
  const [sample] = await samples() as [Sample];
  const transferSyntaxUID = "1.2.840.10008.1.2.1.99";
  const whole = Uint8Array.from(deflateRawSync(sample.dataset.subarray(0, pixelsOf(sample))));
  await using node = await serveDicomNode({ vfs, root });
  const request = { ...sample, transferSyntaxUID, dataset: whole.slice(0, -20) };
  await using association = await associate(node, [request]);
  await assert.rejects(cStore(association, request), { code: 0xC000 });
  assert.equal(node.counts.instances, 0);
  assert.equal((await cStore(association, { ...request, dataset: whole })).status.code, 0);
});

/** Where the pixel data begins. */
function pixelsOf({ dataset }: Sample): number {
  const at = dataset.findLastIndex((_, i) =>
    PIXELS.slice(0, 4).every((byte, n) => dataset[i + n] === byte)
  );
  assert(at > 0);
  return at;
}

Deno.test("names of others in keys reach no log", async () => {
  const entries: string[] = [];
  await using node = await archiveNode({
    onRequest: (entry) => entries.push(JSON.stringify(entry)),
  });
  await using association = await associate(node);
  await find(association, { ...KEYS, PatientName: "Phantom*", PatientID: "PHANTOM-1" });
  await assert.rejects(find(association, { QueryRetrieveLevel: "PHANTOM-1" }));
  assert.equal(entries.length, 2);
  for (const entry of entries) assert.doesNotMatch(entry, /phantom/i);
});
