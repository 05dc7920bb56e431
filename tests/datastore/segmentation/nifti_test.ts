import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readNifti, writeNifti } from "../../../datastore/segmentation/mod.ts";
import { IDENTITY, niftiBytes, type NiftiInput } from "./_nifti.ts";
import { rejects } from "./_rejects.ts";

const MASK = { sform: IDENTITY };

function read(input: NiftiInput) {
  return readNifti(niftiBytes({ ...MASK, ...input }));
}

function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

Deno.test("readNifti() turns right and anterior into left and posterior", async () => {
  const mask = await read({ sform: [0, -2, 0, 5, 3, 0, 0, -7, 0, 0, 4, 11] });
  assert.deepEqual(mask.origin, [-5, 7, 11]);
  assert.deepEqual(mask.axes, [[0, -3, 0], [2, 0, 0], [0, 0, 4]]);
  assert.deepEqual(mask.labels, Uint8Array.of(0, 1, 2, 0));
});

Deno.test("readNifti() reads version 2 and big endian alike", async () => {
  const expected = await read({});
  for (const version of [1, 2] as const) {
    for (const little of [true, false]) assert.deepEqual(await read({ version, little }), expected);
  }
});

Deno.test("readNifti() takes the qform where there is no sform", async () => {
  const half = Math.SQRT1_2;
  const { origin, axes } = await readNifti(
    niftiBytes({ qform: [0, 0, half, 1, 2, 3], pixdim: [-1, 2, 3, 4] }),
  );
  assert.deepEqual(origin, [-1, -2, 3]);
  const rounded = axes.map((axis) => axis.map((part) => Math.round(part * 1e5) / 1e5 + 0));
  // A quarter turn about the axis to the head, with the slices downwards.
  assert.deepEqual(rounded, [[0, -2, 0], [3, 0, 0], [0, 0, -4]]);
});

Deno.test("readNifti() reads a qform of half a turn that rounding made too long", async () => {
  const { axes } = await readNifti(niftiBytes({ qform: [0, 0, 1.0000001, 0, 0, 0] }));
  assert.ok(axes.flat().every(Number.isFinite));
  assert.ok(Math.abs(axes[0][0] - 1) < 1e-5);
});

Deno.test("readNifti() prefers the sform, also where the qform has a higher code", async () => {
  for (const version of [1, 2] as const) {
    const bytes = niftiBytes({ version, ...MASK, qform: [0, 0, 0, 50, 50, 50] });
    new DataView(bytes.buffer).setInt16(version === 1 ? 252 : 344, 4, true);
    assert.deepEqual((await readNifti(bytes)).origin, [0, 0, 0]);
  }
});

Deno.test("readNifti() obeys the unit of length", async () => {
  assert.deepEqual((await read({ units: 1 })).axes[0], [-1000, 0, 0]);
  assert.deepEqual((await read({ units: 0 })).axes[0], [-1, 0, 0]);
  await rejects(() => read({ units: 5 }), "Damaged");
});

const STORED: readonly [string, number, ArrayBufferView][] = [
  ["int8", 256, Int8Array.of(0, 1, 2, 3)],
  ["int16", 4, Int16Array.of(0, 1, 2, 3)],
  ["uint16", 512, Uint16Array.of(0, 1, 2, 3)],
  ["int32", 8, Int32Array.of(0, 1, 2, 3)],
  ["uint32", 768, Uint32Array.of(0, 1, 2, 3)],
  ["float32", 16, Float32Array.of(0, 1, 2, 3)],
  ["float64", 64, Float64Array.of(-0, 1, 2, 3)],
  ["int64", 1024, BigInt64Array.of(0n, 1n, 2n, 3n)],
  ["uint64", 1280, BigUint64Array.of(0n, 1n, 2n, 3n)],
];

for (const [name, datatype, { buffer }] of STORED) {
  Deno.test(`readNifti() reads whole numbers as ${name}`, async () => {
    const { labels } = await read({ datatype, voxels: new Uint8Array(buffer) });
    assert.deepEqual(labels, Uint8Array.of(0, 1, 2, 3));
  });
}

Deno.test("readNifti() gives 16 bits where a label needs them, wherever it is", async () => {
  const count = 700_000;
  for (const at of [0, count - 1]) {
    const stored = new Uint16Array(count).fill(7);
    stored[at] = 14175;
    const voxels = new Uint8Array(stored.buffer);
    const { labels } = await read({ datatype: 512, dims: [3, 700, 1000, 1], voxels });
    assert.deepEqual(labels, stored);
  }
});

Deno.test("readNifti() scales, and tolerates a slope's rounding", async () => {
  const voxels = new Uint8Array(Int16Array.of(-30, -20, 0, 30).buffer);
  const { labels } = await read({ datatype: 4, voxels, slope: 0.1, intercept: 3 });
  assert.deepEqual(labels, Uint8Array.of(0, 1, 3, 6));
  await rejects(() => read({ datatype: 4, voxels, slope: 0.25, intercept: 3 }), "NotAMask");
});

Deno.test("readNifti() reads a slope of 0 or NaN as none", async () => {
  for (const slope of [0, NaN]) {
    assert.deepEqual((await read({ slope, intercept: 9 })).labels, Uint8Array.of(0, 1, 2, 0));
  }
});

for (const value of [0.5, -1, NaN, Infinity, 1.0001]) {
  Deno.test(`readNifti() refuses the value ${value}, and says where`, async () => {
    const voxels = new Uint8Array(Float64Array.of(0, 0, 0, value).buffer);
    const { message } = await rejects(() => read({ datatype: 64, voxels }), "NotAMask");
    assert.match(message, /at voxel 1, 1, 0/);
  });
}

Deno.test("readNifti() refuses values above 65535 with the reason", async () => {
  const voxels = new Uint8Array(Uint32Array.of(0, 65536, 0, 0).buffer);
  const { message } = await rejects(() => read({ datatype: 768, voxels }), "TooManyValues");
  assert.match(message, /65535 at most/);
});

Deno.test("readNifti() refuses what is no mask", async () => {
  await rejects(() => read({ datatype: 128 }), "Unsupported"); // colours
  await rejects(() => read({ datatype: 32 }), "Unsupported"); // complex numbers
  await rejects(() => read({ dims: [4, 2, 1, 1, 2] }), "NotAMask");
  await rejects(() => readNifti(niftiBytes({})), "NoPosition");
  await rejects(() => read({ magic: "ni1" }), "Unsupported");
  await rejects(() => read({ magic: "abc" }), "NotNifti");
  await rejects(() => readNifti(new Uint8Array(0)), "NotNifti");
  await rejects(() => readNifti(gzip(new TextEncoder().encode("text"))), "NotNifti");
});

Deno.test("readNifti() takes masks of two dimensions and of one volume for three", async () => {
  assert.deepEqual((await read({ dims: [2, 2, 2] })).shape, [2, 2, 1]);
  assert.deepEqual((await read({ dims: [5, 2, 1, 2, 1, 1] })).shape, [2, 1, 2]);
});

Deno.test("readNifti() refuses damaged headers", async () => {
  await rejects(() => read({ dims: [3, -2, 2, 1] }), "Damaged");
  await rejects(() => read({ dims: [3, 0, 2, 1] }), "Damaged");
  await rejects(() => read({ dims: [0] }), "Damaged");
  await rejects(() => read({ dims: [99] }), "Damaged");
  await rejects(() => read({ sform: [NaN, ...IDENTITY.slice(1)] }), "Damaged");
  await rejects(() => read({ sform: IDENTITY.map((_, i) => i < 4 ? IDENTITY[i]! : 0) }), "Damaged");
  await rejects(() => read({ offset: 0 }), "Damaged");
  await rejects(() => read({ offset: 400.5 }), "Damaged");
  await rejects(() => read({ offset: 2 ** 30 }), "TooLarge");
});

Deno.test("readNifti() skips extensions before the voxels", async () => {
  assert.deepEqual((await read({ offset: 2000 })).labels, Uint8Array.of(0, 1, 2, 0));
});

Deno.test("readNifti() refuses more voxels than allowed before it makes room for them", async () => {
  await rejects(() => read({ dims: [3, 32767, 32767, 32767] }), "TooLarge");
  await rejects(() => read({ version: 2, dims: [3, 2 ** 40, 2 ** 40, 2 ** 40] }), "TooLarge");
  await rejects(() => readNifti(niftiBytes(MASK), { maxVoxels: 3 }), "TooLarge");
});

Deno.test("readNifti() refuses files that end early, compressed or not", async () => {
  const bytes = await writeNifti({ ...(await read({})), labels: new Uint8Array(4).fill(1) });
  await rejects(() => readNifti(bytes.subarray(0, -1)), "Truncated");
  await rejects(() => readNifti(gzip(bytes.subarray(0, -1))), "Truncated");
  for (const cut of [1, 8, 12]) {
    await rejects(() => readNifti(gzip(bytes).subarray(0, -cut)), "Truncated");
  }
  await rejects(
    () => readNifti(gzip(niftiBytes({ ...MASK, dims: [3, 800, 800, 800] }))),
    "Truncated",
  );
  const two = niftiBytes({ ...MASK, version: 2 });
  await rejects(() => readNifti(two.subarray(0, 400)), "Truncated");
});

Deno.test("readNifti() refuses compressed data whose checksum is wrong", async () => {
  const packed = gzip(niftiBytes(MASK));
  packed[packed.length - 6]! ^= 1;
  await rejects(() => readNifti(packed), "Damaged");
});

Deno.test("readNifti() reads gzip of several members, and with padding", async () => {
  const bytes = niftiBytes(MASK);
  const members = [gzip(bytes.subarray(0, 100)), gzip(bytes.subarray(100))];
  const whole = Uint8Array.from(members.flatMap((member) => [...member]));
  assert.deepEqual((await readNifti(whole)).labels, Uint8Array.of(0, 1, 2, 0));
  const padded = Uint8Array.from([...gzip(bytes), 0, 0, 0]);
  assert.deepEqual((await readNifti(padded)).labels, Uint8Array.of(0, 1, 2, 0));
});

Deno.test("readNifti() does not inflate a bomb behind a small header", async () => {
  const bomb = new Uint8Array(64 * 1024 * 1024);
  bomb.set(niftiBytes({ ...MASK, voxels: new Uint8Array(0) }));
  await rejects(() => readNifti(gzip(bomb)), "Damaged");
});

Deno.test("readNifti() stops when it is aborted", async () => {
  const controller = new AbortController();
  controller.abort(new DOMException("enough", "AbortError"));
  await assert.rejects(
    readNifti(gzip(niftiBytes(MASK)), { signal: controller.signal }),
    { name: "AbortError" },
  );
});

Deno.test("readNifti() answers any bytes with a mask or its own error", async () => {
  const sound = niftiBytes(MASK);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(351), fc.nat(255)), { maxLength: 8 }),
      async (changes) => {
        const bytes = sound.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          await readNifti(bytes, { maxVoxels: 1e6 });
        } catch (error) {
          assert.equal((error as Error).name, "SegmentationError", String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("writeNifti() writes what readNifti() reads, with any affine", async () => {
  const part = fc.integer({ min: -4000, max: 4000 }).map((n) => n / 8);
  const vector = fc.tuple(part, part, part);
  await fc.assert(
    fc.asyncProperty(
      vector,
      fc.boolean(),
      fc.integer({ min: 0, max: 65535 }),
      async (v, gzip, high) => {
        const labels = high > 255 ? Uint16Array.of(0, 1, high) : Uint8Array.of(0, 1, high);
        const mask = {
          shape: [1, 3, 1] as const,
          origin: v,
          axes: [[1, v[0] / 1000, 0], [0, 1.5, v[1] / 1000], [0.25, 0, 2]] as const,
          labels,
        };
        const read = await readNifti(await writeNifti(mask, { gzip }));
        assert.deepEqual(read.labels, labels);
        assert.deepEqual(read.origin, v);
        const error = read.axes.flat().map((value, i) => Math.abs(value - mask.axes.flat()[i]!));
        assert.ok(Math.max(...error) < 1e-6);
      },
    ),
  );
});

Deno.test("writeNifti() refuses axes that NIfTI-1 cannot count", async () => {
  const mask = { ...(await read({})), shape: [32768, 1, 1] as const };
  await rejects(() => writeNifti(mask), "TooLarge");
});
