import { strict as assert } from "node:assert";
import { join, toFileUrl } from "@std/path";
import { cGet } from "../../../transports/dicom/dimse/mod.ts";
import { InstanceIndex } from "../../../testing/dicom_node/index/instance_index.ts";
import type { InstanceRecord } from "../../../testing/dicom_node/record.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import { serveDicomNode } from "../../../testing/mod.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { associate, datasetOf, EXPLICIT, find, inbox } from "./_kit.ts";

const SOP_CLASS = "1.2.840.10008.5.1.4.1.1.7";
const TIME = new Date("2026-11-23T08:00:00Z");
const SHORT = 1000;
const LONG = 3 << 20;

/** An instance whose file is as long as that of any other number. */
function instance(number: number, bytes = SHORT): Uint8Array<ArrayBuffer> {
  return writeDicomFile({
    SOPClassUID: SOP_CLASS,
    SOPInstanceUID: `2.25.1.1.${number}`,
    PatientName: `Patient^${number}`,
    StudyInstanceUID: "2.25.1",
    SeriesInstanceUID: "2.25.1.1",
    PixelData: new Uint8Array(bytes).fill(number),
  });
}

/** A folder with the instances 0 and 1, files of one length and one time, as an unpacked archive has them. */
async function withTwo(bytes: number, action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "files"));
    for (const n of [0, 1]) await write(folder, n, instance(n, bytes));
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const pathOf = (folder: string, n: number) => join(folder, "files", `${n}.dcm`);

async function write(folder: string, n: number, file: Uint8Array): Promise<void> {
  await Deno.writeFile(pathOf(folder, n), file);
  await Deno.utime(pathOf(folder, n), TIME, TIME);
}

/** What a C-GET of the study brings once `change` was done to what a node serves: its status, and datasets by UID. */
async function getAfter(bytes: number, change: (folder: string) => Promise<void>) {
  const { datasets, store } = inbox();
  let code = 0;
  await withTwo(bytes, async (folder) => {
    await using node = await serveDicomNode({ root: toFileUrl(join(folder, "files")) });
    await change(folder);
    const transferSyntaxUID = EXPLICIT;
    await using association = await associate(node, [{
      sopClassUID: SOP_CLASS,
      transferSyntaxUID,
    }]);
    const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "2.25.1" };
    try {
      await cGet(association, { identifier, onInstance: store });
    } catch (error) {
      code = (error as { code: number }).code;
    }
  });
  return { code, datasets };
}

for (const [name, bytes] of [["short", SHORT], ["long", LONG]] as const) {
  Deno.test(`C-GET never sends a ${name} file of the same length and time in place of another`, async () => {
    const { code, datasets } = await getAfter(bytes, async (folder) => {
      const [a, b, aside] = [pathOf(folder, 0), pathOf(folder, 1), join(folder, "aside")];
      await Deno.rename(a, aside);
      await Deno.rename(b, a);
      await Deno.rename(aside, b);
    });
    assert.deepEqual([code, datasets.size], [0xA702, 0]);
  });

  Deno.test(`C-GET never sends a ${name} file that was overwritten by as many bytes of another`, async () => {
    const { code, datasets } = await getAfter(
      bytes,
      (folder) => Deno.writeFile(pathOf(folder, 1), instance(2, bytes)),
    );
    assert.equal(code, 0xB000);
    assert.deepEqual([...datasets], [["2.25.1.1.0", datasetOf(instance(0, bytes))]]);
  });

  Deno.test(`C-GET sends a ${name} file that was only touched, or put back`, async () => {
    const { code, datasets } = await getAfter(bytes, async (folder) => {
      await Deno.utime(pathOf(folder, 0), TIME, new Date());
      await Deno.remove(pathOf(folder, 1));
      await write(folder, 1, instance(1, bytes));
    });
    assert.equal(code, 0);
    for (const n of [0, 1]) {
      assert.deepEqual(datasets.get(`2.25.1.1.${n}`), datasetOf(instance(n, bytes)));
    }
  });
}

Deno.test("an index that is kept notices a file that another of its length and time has replaced", () =>
  withTwo(SHORT, async (folder) => {
    const options = { root: toFileUrl(join(folder, "files")), index: join(folder, "index.db") };
    const names = async () => {
      await using node = await serveDicomNode({ ...options, relational: "always" });
      await using association = await associate(node);
      const keys = { QueryRetrieveLevel: "IMAGE", SOPInstanceUID: "" };
      const answers = await find(association, keys);
      return answers.map((each) => each.string("SOPInstanceUID")).sort();
    };
    assert.deepEqual(await names(), ["2.25.1.1.0", "2.25.1.1.1"]);
    await Deno.remove(pathOf(folder, 1));
    // On ext4 it gets the number of the old one, too.
    await write(folder, 1, instance(2));
    assert.deepEqual(await names(), ["2.25.1.1.0", "2.25.1.1.2"]);
  }));

Deno.test("an index that is kept knows instances whose files were moved, and those of which a second file is left", () =>
  withTwo(SHORT, async (folder) => {
    const options = { root: toFileUrl(join(folder, "files")), index: join(folder, "index.db") };
    const counts = async () => {
      await using node = await serveDicomNode(options);
      const { instances, skipped } = node.counts;
      return [instances, skipped];
    };
    assert.deepEqual(await counts(), [2, 0]);
    await Deno.rename(pathOf(folder, 1), pathOf(folder, 9));
    assert.deepEqual(await counts(), [2, 0]);
    await Deno.copyFile(pathOf(folder, 9), pathOf(folder, 10));
    await Deno.copyFile(pathOf(folder, 9), pathOf(folder, 11));
    assert.deepEqual(await counts(), [2, 2]);
    await Deno.remove(pathOf(folder, 9));
    assert.deepEqual(await counts(), [2, 1]);
    await write(folder, 10, instance(5));
    await Deno.remove(pathOf(folder, 11));
    assert.deepEqual(await counts(), [2, 0]);
    assert.deepEqual(await counts(), [2, 0]);
  }));

Deno.test("an instance that is replaced is still what a retrieval under way has found", async () => {
  using index = new InstanceIndex();
  const record = (path: string, size: number, number = 1): InstanceRecord => ({
    values: {
      SOPClassUID: SOP_CLASS,
      SOPInstanceUID: `2.25.1.1.${number}`,
      StudyInstanceUID: "2.25.1",
      SeriesInstanceUID: "2.25.1.1",
    },
    transferSyntaxUID: EXPLICIT,
    file: { path, size, datasetOffset: 300 },
  });
  index.put([record("1.dcm", 1000), record("9.dcm", 1000, 9)]);
  const found = () => Array.fromAsync(index.find("IMAGE", [], NEVER));
  const before = await found();
  const id = before[0]?.[0];
  for (const [path, size] of [["1.dcm", 1002], ["2.dcm", 1004]] as const) {
    index.put([record(path, size)], true);
    assert.deepEqual(await found(), before);
    assert.equal(index.instance(id!)?.path, path);
    assert.equal(index.instance(id!)?.size, size);
  }
});
