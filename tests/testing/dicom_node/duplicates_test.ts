import { strict as assert } from "node:assert";
import { join, toFileUrl } from "@std/path";
import { cStore } from "../../../transports/dicom/dimse/mod.ts";
import {
  type DatasetInput,
  type DicomNode,
  manualClock,
  serveDicomNode,
  writeDicomDataset,
  writeDicomFile,
} from "../../../testing/mod.ts";
import type { ChunkReader } from "../../../vfs/bytes/bytes.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { associate, EXPLICIT, find, get, IMPLICIT } from "./_kit.ts";
import { testWithLinks } from "../../links.ts";

const IDS = {
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
  SOPInstanceUID: "1.2.3",
  StudyInstanceUID: "1.2.1",
  SeriesInstanceUID: "1.2.2",
};
/** A dataset that the node compares at one go, and one that it compares as it comes. */
const INPUTS: Readonly<Record<string, DatasetInput>> = {
  short: { ...IDS, PatientID: "P1", PixelData: pixels(1000) },
  long: { ...IDS, PatientID: "P1", PixelData: pixels(3_000_000) },
};

function pixels(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => i % 251);
}

/** Other than `input` in its last byte alone. */
function changed(input: DatasetInput): DatasetInput {
  const PixelData = (input.PixelData as Uint8Array<ArrayBuffer>).slice();
  PixelData[PixelData.length - 1]! ^= 1;
  return { ...input, PixelData };
}

/** Shorter and longer than `input`. */
function cut(input: DatasetInput): DatasetInput[] {
  const { length } = input.PixelData as Uint8Array;
  return [-2, 2].map((more) => ({ ...input, PixelData: pixels(length + more) }));
}

async function send(node: DicomNode, input: DatasetInput, transferSyntaxUID = EXPLICIT) {
  const dataset = writeDicomDataset(input, { transferSyntaxUID });
  const { SOPClassUID: sopClassUID, SOPInstanceUID: sopInstanceUID } = IDS;
  const request = { sopClassUID, sopInstanceUID, transferSyntaxUID, dataset };
  await using association = await associate(node, [request]);
  return (await cStore(association, request)).status.code;
}

/** A folder with one file of a user, in which all is different but the dataset. */
async function withFile(
  input: DatasetInput,
  run: (root: string, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "mine", "scan");
    await Deno.mkdir(join(folder, "mine"));
    await Deno.writeFile(path, writeDicomFile(input, { transferSyntaxUID: EXPLICIT }));
    await Deno.utime(path, 1e9, 1e9);
    await run(toFileUrl(folder).href, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function filesIn(root: string): Promise<string[]> {
  await using vfs = createVfs();
  const found: string[] = [];
  for await (const { url } of vfs.entries(root, { includeDirs: false })) {
    found.push(url.slice(root.length + 1));
  }
  return found.sort();
}

for (const [name, input] of Object.entries(INPUTS)) {
  Deno.test(`C-STORE of a ${name} instance that is there succeeds, and its file stays as it is`, () =>
    withFile(input, async (root, path) => {
      await Deno.chmod(path, 0o440);
      const looked = async () => {
        const { ino, mode, mtime, ctime } = await Deno.stat(path);
        return { ino, mode, mtime, ctime, bytes: await Deno.readFile(path) };
      };
      const before = await looked();
      for (const duplicates of ["refuse", "keep"] as const) {
        await using node = await serveDicomNode({ root, duplicates });
        assert.equal(await send(node, input), 0);
        assert.deepEqual(await looked(), before);
        assert.deepEqual(await filesIn(root), ["mine/scan"]);
        assert.equal(node.counts.instances, 1);
      }
    }));

  Deno.test(`C-STORE of a ${name} instance that differs is refused with 0111H, and what is there stays`, () =>
    withFile(input, async (root, path) => {
      const before = await Deno.readFile(path);
      await using node = await serveDicomNode({ root });
      const others = [changed(input), ...cut(input), { ...input, PatientID: "P2" }];
      for (const other of others) await assert.rejects(send(node, other), { code: 0x0111 });
      await assert.rejects(send(node, input, IMPLICIT), { code: 0x0111 }, "other transfer syntax");
      assert.deepEqual(await Deno.readFile(path), before);
      assert.deepEqual(await filesIn(root), ["mine/scan"]);
      assert.equal(await send(node, input), 0, "what is the same is taken still");
    }));

  testWithLinks(
    `C-STORE of a ${name} instance replaces the file where that is wanted, behind a link and with its mode`,
    () =>
      withFile(input, async (root, path) => {
        const link = join(path, "..", "..", "link");
        const target = await Deno.makeTempFile();
        try {
          await Deno.rename(path, target);
          await Deno.symlink(target, link);
          await Deno.chmod(target, 0o440);
          await using node = await serveDicomNode({ root, duplicates: "replace" });
          assert.equal(await send(node, changed(input)), 0);
          assert((await Deno.lstat(link)).isSymlink);
          assert.equal((await Deno.stat(target)).mode! & 0o777, 0o440);
        } finally {
          await Deno.remove(target);
        }
      }),
  );
}

const OWN = "memory:///d/P1/1.2.1/1.2.2/1.2.3.dcm";
const fileOf = (input: DatasetInput) => writeDicomFile(input, { transferSyntaxUID: EXPLICIT });

Deno.test("C-STORE stores an instance anew whose file has gone, or is another's now, which stays", async () => {
  const { short } = INPUTS;
  for (const duplicates of ["refuse", "keep"] as const) {
    for (const next of [undefined, fileOf({ ...short, SOPInstanceUID: "1.2.9" })]) {
      await using vfs = createVfs();
      await vfs.writeFile("memory:///d/mine", fileOf(short!));
      await using node = await serveDicomNode({ vfs, root: "memory:///d", duplicates });
      if (next) await vfs.writeFile("memory:///d/mine", next);
      else await vfs.remove("memory:///d/mine");
      assert.equal(await send(node, short!), 0);
      assert.deepEqual((await vfs.readFile(OWN)).subarray(-1000), short!.PixelData);
      if (next) assert.deepEqual(await vfs.readFile("memory:///d/mine"), next);
      assert.equal(node.counts.instances, 1);
    }
  }
});

Deno.test("C-STORE replaces no file that came after the node had looked", async () => {
  const { short, long } = INPUTS;
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///d" });
  for (const there of [new TextEncoder().encode("a letter"), fileOf(changed(short!))]) {
    await vfs.writeFile(OWN, there);
    for (const input of [short!, long!]) await assert.rejects(send(node, input), { code: 0x0111 });
    assert.deepEqual(await vfs.readFile(OWN), there);
    assert.equal(node.counts.instances, 0);
  }
  // The same may have been stored by a node that was stopped before it knew.
  for (const input of [long!, short!]) {
    await vfs.writeFile(OWN, fileOf(input));
    await assert.rejects(send(node, changed(input)), { code: 0x0111 });
    assert.equal(await send(node, input), 0);
    assert.equal(node.counts.instances, 1);
  }
  const sample = { sopClassUID: IDS.SOPClassUID, transferSyntaxUID: EXPLICIT };
  await using association = await associate(node, [sample]);
  const identifier = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2.1" };
  const { datasets } = await get(association, identifier);
  assert.deepEqual(datasets.get("1.2.3"), writeDicomDataset(short!));
});

Deno.test("C-STORE by two peers at once, of one UID for two datasets, is success for one of them", async () => {
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///d" });
  const { short, long } = INPUTS;
  for (const input of [short!, long!]) {
    const both = await Promise.allSettled([input, changed(input)].map((each) => send(node, each)));
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const winner = both[0]!.status === "fulfilled" ? input : changed(input);
    const bytes = await vfs.readFile(OWN);
    const dataset = writeDicomDataset(winner);
    assert.deepEqual(bytes.subarray(-dataset.length), dataset);
    assert.equal(await send(node, winner), 0);
    await vfs.remove(OWN);
  }
});

Deno.test("C-STORE of an instance that a served zip has leaves the zip as it is", async () => {
  const { short } = INPUTS;
  await using vfs = createVfs();
  await vfs.writeFile(`zip://${encodeURIComponent("memory:///a.zip")}/mine`, fileOf(short!));
  const before = await vfs.readFile("memory:///a.zip");
  await using node = await serveDicomNode({ vfs, root: "memory:///a.zip" });
  assert.equal(node.counts.instances, 1);
  assert.equal(await send(node, short!), 0);
  await assert.rejects(send(node, changed(short!)), { code: 0x0111 });
  assert.deepEqual(await vfs.readFile("memory:///a.zip"), before);
});

/** What a node does in its folder. */
class Looks {
  #wake = () => {};
  readonly observer = () => this.#wake();

  /** Resolves when it does something there. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}

/** A dataset whose end comes after `moment`. */
function heldUntil(moment: Promise<void>, dataset: Uint8Array<ArrayBuffer>): ChunkReader {
  const chunks = [dataset.subarray(0, -1_000), dataset.subarray(-1_000)];
  return {
    async read() {
      if (chunks.length === 1) await moment;
      return chunks.shift();
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Sends the first but for its end, then, once the node looks for its place, the second, and the end of the first soon or
 * when the second has been answered.
 */
async function overlapping(
  node: DicomNode,
  inputs: readonly DatasetInput[],
  isOvertaken: boolean,
  looks: Looks,
): Promise<unknown[]> {
  const { SOPClassUID: sopClassUID, SOPInstanceUID: sopInstanceUID } = IDS;
  const [first, second] = inputs.map((input) => ({
    sopClassUID,
    sopInstanceUID,
    transferSyntaxUID: EXPLICIT,
    dataset: writeDicomDataset(input, { transferSyntaxUID: EXPLICIT }),
  }));
  await using earlier = await associate(node, [first!]);
  await using later = await associate(node, [first!]);
  const end = Promise.withResolvers<void>();
  const reader = heldUntil(end.promise, first!.dataset);
  const codeOf = (sending: ReturnType<typeof cStore>) =>
    sending.then(({ status }) => status.code, ({ code }) => code);
  const looked = looks.next();
  const one = codeOf(cStore(earlier, { ...first!, dataset: reader }));
  await looked;
  const other = codeOf(cStore(later, second!));
  await (isOvertaken ? other : new Promise((resolve) => setTimeout(resolve, 100)));
  end.resolve();
  return await Promise.all([one, other]);
}

Deno.test("C-STORE of a long instance that another peer is sending waits for that, and is success for both when they are equal", async () => {
  const { long } = INPUTS;
  const ways = [
    [long!, [0, 0]],
    [changed(long!), [0, 0x0111]],
    [cut(long!)[0]!, [0, 0x0111]],
  ] as const;
  for (const [second, expected] of ways) {
    const looks = new Looks();
    await using vfs = createVfs({ layers: { observer: looks.observer } });
    // Nothing comes of waiting alone.
    const clock = manualClock();
    await using node = await serveDicomNode({ vfs, root: "memory:///d", clock });
    assert.deepEqual(await overlapping(node, [long!, second], false, looks), expected);
    assert.equal(node.counts.instances, 1);
    assert.deepEqual(await vfs.readFile(OWN), await storedAlone(long!));
  }
});

Deno.test("C-STORE of a long instance that is overtaken while it stalls is to be sent again, unless it has another length", async () => {
  const { long } = INPUTS;
  for (const [second, code] of [[long!, 0xA700], [cut(long!)[0]!, 0x0111]] as const) {
    const looks = new Looks();
    await using vfs = createVfs({ layers: { observer: looks.observer } });
    await using node = await serveDicomNode({ vfs, root: "memory:///d" });
    assert.deepEqual(await overlapping(node, [long!, second], true, looks), [code, 0]);
    assert.deepEqual(await vfs.readFile(OWN), await storedAlone(second));
    assert.equal(await send(node, second), 0);
  }
});

/** What a node stores of `input`. */
async function storedAlone(input: DatasetInput): Promise<Uint8Array> {
  await using vfs = createVfs();
  await using node = await serveDicomNode({ vfs, root: "memory:///d" });
  assert.equal(await send(node, input), 0);
  return await vfs.readFile(OWN);
}

Deno.test('C-STORE of two long instances with one UID at once is success for both with "keep", which keeps the first', async () => {
  const looks = new Looks();
  await using vfs = createVfs({ layers: { observer: looks.observer } });
  await using node = await serveDicomNode({ vfs, root: "memory:///once", duplicates: "keep" });
  const list = [INPUTS.long!, changed(INPUTS.long!)].map((input) => ({
    sopClassUID: IDS.SOPClassUID,
    sopInstanceUID: IDS.SOPInstanceUID,
    transferSyntaxUID: EXPLICIT,
    dataset: writeDicomDataset(input, { transferSyntaxUID: EXPLICIT }),
  }));
  await using first = await associate(node, list);
  await using second = await associate(node, list);
  const end = Promise.withResolvers<void>();
  const reader = heldUntil(end.promise, list[1]!.dataset);
  const looked = looks.next();
  const storing = cStore(second, { ...list[1]!, dataset: reader });
  await looked;
  assert.equal((await cStore(first, list[0]!)).status.code, 0);
  end.resolve();
  assert.equal((await storing).status.code, 0);
  assert.equal(node.counts.instances, 1);
  const file = await vfs.readFile("memory:///once/P1/1.2.1/1.2.2/1.2.3.dcm");
  assert.deepEqual(file.subarray(-1_000), list[0]!.dataset.subarray(-1_000));
});

Deno.test('C-STORE of long instances with one UID by many at once is success for each with "keep"', () =>
  withFile(INPUTS.short!, async (root) => {
    await using node = await serveDicomNode({ root, duplicates: "keep" });
    for (let round = 0; round < 3; round++) {
      const SOPInstanceUID = `1.2.3.${round}`;
      const dataset = writeDicomDataset({ ...INPUTS.long!, SOPInstanceUID }, {
        transferSyntaxUID: EXPLICIT,
      });
      const request = {
        sopClassUID: IDS.SOPClassUID,
        sopInstanceUID: SOPInstanceUID,
        transferSyntaxUID: EXPLICIT,
        dataset,
      };
      const codes = await Promise.all(Array.from({ length: 8 }, async () => {
        await using association = await associate(node, [request]);
        return await cStore(association, request).then(({ status }) => status.code, String);
      }));
      assert.deepEqual(codes, Array(8).fill(0));
    }
  }));

for (const [name, input] of Object.entries(INPUTS)) {
  Deno.test(`C-STORE of two ${name} instances with one UID at once: the index has what the folder has with "replace"`, async () => {
    const driver = memoryTransport();
    const second = Promise.withResolvers<void>();
    // Who stored first hears of it last, unless the other waits for that.
    const timer = setTimeout(second.resolve, 300);
    let puts = 0;
    await using vfs = createVfs();
    vfs.register({
      ...driver,
      schemes: ["late"],
      async connect(options: Parameters<typeof driver.connect>[0]) {
        const transport = await driver.connect(options);
        const put: typeof transport.put = async (...call) => {
          const turn = ++puts;
          const stored = await transport.put!(...call);
          if (turn === 1) await second.promise;
          else second.resolve();
          return stored;
        };
        return { ...transport, put };
      },
    });
    await using node = await serveDicomNode({ vfs, root: "late:///", duplicates: "replace" });
    const inputs = [1, 2].map((InstanceNumber) => ({ ...input, InstanceNumber }));
    assert.deepEqual(await Promise.all(inputs.map((each) => send(node, each))), [0, 0]);
    clearTimeout(timer);
    const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = IDS;
    const path = ["P1", StudyInstanceUID, SeriesInstanceUID, `${SOPInstanceUID}.dcm`];
    const header = await vfs.readDicomHeader(`late:///${path.join("/")}`);
    await using association = await associate(node);
    const above = { StudyInstanceUID, SeriesInstanceUID };
    const keys = { QueryRetrieveLevel: "IMAGE", ...above, SOPInstanceUID, InstanceNumber: "" };
    const [found] = await find(association, keys);
    assert.equal(found!.number("InstanceNumber"), header.number("InstanceNumber"));
  });
}

for (const [name, input] of Object.entries(INPUTS)) {
  for (const duplicates of ["refuse", "replace", "keep"] as const) {
    Deno.test(`C-STORE of two ${name} instances with one UID at once, of two patients, leaves one file with "${duplicates}"`, async () => {
      await using vfs = createVfs();
      const inputs = ["P1", "P2"].map((PatientID) => ({ ...input, PatientID }));
      const codes: number[] = [];
      {
        await using node = await serveDicomNode({ vfs, root: "memory:///two", duplicates });
        const all = inputs.map((each) => send(node, each).catch(({ code }) => code));
        codes.push(...await Promise.all(all));
        assert.equal(node.counts.instances, 1);
      }
      // A long one, of which the file was begun, is to be sent again where it would replace another.
      const isAgain = duplicates === "replace" && codes.includes(0xA700) && name === "long";
      const second = duplicates === "refuse" ? 0x0111 : isAgain ? 0xA700 : 0;
      assert.deepEqual(codes.toSorted(), [0, second]);
      // What the next start finds is what this one had, and there is no second file.
      await using node = await serveDicomNode({ vfs, root: "memory:///two" });
      assert.deepEqual([node.counts.instances, node.counts.skipped], [1, 0]);
    });
  }
}
