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
