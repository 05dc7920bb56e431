import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  geometryOfSeries,
  type GridMismatch,
  niftiToSeg,
  readNifti,
  readSeg,
  type Segment,
  segmentsOf,
  segToNifti,
  writeNifti,
} from "../../../datastore/segmentation/mod.ts";
import { placeOf } from "../../../datastore/segmentation/grid.ts";
import { parseDicomHeader } from "../../../formats/mod.ts";
import { rejects } from "./_rejects.ts";
import { COLUMNS, ROWS, segBytes, type SegInput, segmentItem } from "./_seg.ts";
import { seriesHeaders } from "./_series.ts";

const PIXELS = COLUMNS * ROWS;

function frame(...set: number[]): number[] {
  return Array.from({ length: PIXELS }, (_, i) => set.includes(i) ? 1 : 0);
}

async function labelsOf(input: SegInput, options = {}): Promise<number[]> {
  return [...(await readSeg({ seg: segBytes(input), ...options })).labels];
}

Deno.test("segToNifti() gives back any mask that niftiToSeg() was given", async () => {
  const segment = (value: number): Segment => ({
    value,
    label: String(value),
    algorithm: { type: "MANUAL" },
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 2, max: 4 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat(8)),
      fc.boolean(),
      async (columns, rows, slices, values, draws, gzip) => {
        const series = geometryOfSeries(seriesHeaders({ columns, rows, slices }));
        const labels = Uint16Array.from(
          { length: columns * rows * slices },
          () => values[draws.next().value] ?? 0,
        );
        const mask = await writeNifti({ ...series, labels });
        const seg = await niftiToSeg({ mask, series, segments: values.map(segment) });
        const back = await readNifti(await segToNifti({ seg, series, gzip }));
        assert.deepEqual([...back.labels], [...labels]);
        assert.deepEqual(back.shape, series.shape);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("readSeg() without a series begins at the lowest frame and fills the gaps", async () => {
  const frames = [[1, 7.5], [2, 0], [1, 0]] as const;
  const pixels = [...frame(3), ...frame(4), ...frame(0, 1)];
  const mask = await readSeg({ seg: segBytes({ frames, pixels, distance: 2.5 }) });
  assert.deepEqual(mask.shape, [COLUMNS, ROWS, 4]);
  assert.deepEqual(mask.origin, [0, 0, 0]);
  assert.deepEqual(mask.axes, [[1, 0, 0], [0, 1, 0], [0, 0, 2.5]]);
  const set = [...mask.labels].flatMap((value, at) => value ? [[at, value]] : []);
  assert.deepEqual(set, [[0, 1], [1, 1], [4, 2], [3 * PIXELS + 3, 1]]);
});

Deno.test("readSeg() takes the least distance of frames where none is stated, or a wrong one", async () => {
  const frames = [[1, 0], [1, 3], [1, 9]] as const;
  for (const distance of [undefined, 2]) {
    assert.deepEqual((await readSeg({ seg: segBytes({ frames, distance }) })).shape[2], 4);
  }
});

Deno.test("readSeg() refuses frames at uneven distances", async () => {
  const frames = [[1, 0], [1, 3], [1, 7]] as const;
  await rejects(() => labelsOf({ frames }), "UnevenSlices");
});

Deno.test("readSeg() without a series keeps the skew of a tilted gantry", async () => {
  const series = geometryOfSeries(seriesHeaders({ step: [0, 0.75, 2.5] }));
  const labels = new Uint8Array(11 * 7 * 5).fill(1);
  const mask = await writeNifti({ ...series, labels });
  const segments: Segment[] = [{ value: 1, label: "all", algorithm: { type: "MANUAL" } }];
  const seg = await niftiToSeg({ mask, series, segments });
  assert.deepEqual((await readSeg({ seg })).axes[2], [0, 0.75, 2.5]);
});

Deno.test("readSeg() refuses frames of several orientations", async () => {
  const attributes = {
    PerFrameFunctionalGroupsSequence: [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1]].map((axes, z) => ({
      PlanePositionSequence: [{ ImagePositionPatient: [0, 0, z] }],
      PlaneOrientationSequence: [{ ImageOrientationPatient: axes }],
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: 1 }],
    })),
  };
  await rejects(() => labelsOf({ frames: [[1, 0], [1, 1]], attributes }), "MixedSeries");
});

Deno.test("readSeg() refuses frames so far apart that the mask is too large", async () => {
  const frames = [[1, 0], [1, 0.01], [1, 1e9]] as const;
  await rejects(() => labelsOf({ frames }), "TooLarge");
  await rejects(() => labelsOf({}, { maxVoxels: PIXELS - 1 }), "TooLarge");
});

Deno.test("readSeg() refuses segments that share a voxel, and names them", async () => {
  const frames = [[1, 0], [2, 0]] as const;
  const pixels = [...frame(3, 4), ...frame(4, 5)];
  const { message } = await rejects(() => labelsOf({ frames, pixels }), "Overlap");
  assert.match(message, /values 1 and 2 share voxels/);
});

Deno.test("readSeg() reads segments that share voxels one by one", async () => {
  const frames = [[1, 0], [2, 0]] as const;
  const pixels = [...frame(0, 1, 2), ...frame(2, 3)];
  for (const [type, bits] of [["BINARY", 1], ["FRACTIONAL", 8]] as const) {
    const one = (wanted: number) =>
      labelsOf(
        { type, bits, frames, pixels },
        { threshold: 0.5, isWanted: ({ number }: { number: number }) => number === wanted },
      );
    assert.deepEqual((await one(1)).slice(0, 5), [1, 1, 1, 0, 0]);
    assert.deepEqual((await one(2)).slice(0, 5), [0, 0, 2, 2, 0]);
    assert.deepEqual((await one(3)).slice(0, 5), [0, 0, 0, 0, 0]);
  }
  const map = { type: "LABELMAP", pixels: [0, 1, 2, ...frame().slice(3)] } as const;
  const isWanted = ({ label }: { label: string }) => label === "Segment 2";
  assert.deepEqual((await labelsOf(map, { isWanted })).slice(0, 4), [0, 0, 2, 0]);
  await rejects(() => labelsOf({ frames: [[3, 0]] }, { isWanted }), "BadSegments");
});

Deno.test("readSeg() reads all uncompressed transfer syntaxes and the deflated one", async () => {
  for (const syntax of ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"]) {
    const frames = [[1, 0], [2, 1]] as const;
    const pixels = [...frame(0, 11), ...frame(0)];
    const labels = await labelsOf({ frames, pixels, transferSyntaxUID: syntax });
    assert.deepEqual([labels[0], labels[11], labels[12], labels[13]], [1, 1, 2, 0], syntax);
  }
  await rejects(() => labelsOf({ transferSyntaxUID: "1.2.840.10008.1.2.2" }), "Unsupported");
  await rejects(() => labelsOf({ transferSyntaxUID: "1.2.840.10008.1.2.5" }), "Unsupported");
});

Deno.test("readSeg() reads fractions only with a threshold", async () => {
  const pixels = [0, 49, 50, 51, 100, ...frame().slice(5)];
  const input = { type: "FRACTIONAL", pixels } as const;
  for (const threshold of [undefined, 0, 1.5, NaN]) {
    await rejects(() => labelsOf(input, { threshold }), "Fractional");
  }
  assert.deepEqual((await labelsOf(input, { threshold: 0.5 })).slice(0, 6), [0, 0, 1, 1, 1, 0]);
  const frames = [[1, 0], [2, 0]] as const;
  const overlapping = { ...input, frames, pixels: [...pixels, ...pixels] };
  await rejects(() => labelsOf(overlapping, { threshold: 0.5 }), "Overlap");
});

Deno.test("readSeg() reads label maps of 8 and 16 bits, background listed or not", async () => {
  const pixels = [0, 1, 2, 300, ...frame().slice(4)];
  const segments = [0, 1, 2, 300].map(segmentItem);
  const wide = await labelsOf({ type: "LABELMAP", bits: 16, pixels, segments });
  assert.deepEqual(wide.slice(0, 5), [0, 1, 2, 300, 0]);
  const narrow = [0, 1, 2, ...frame().slice(3)];
  assert.deepEqual((await labelsOf({ type: "LABELMAP", pixels: narrow })).slice(0, 4), [
    0,
    1,
    2,
    0,
  ]);
  await rejects(() => labelsOf({ type: "LABELMAP", bits: 16, pixels }), "BadSegments");
});

Deno.test("readSeg() gives segments the values that it is told", async () => {
  const frames = [[1, 0], [2, 0]] as const;
  const pixels = [...frame(0), ...frame(1)];
  const byLabel: Readonly<Record<string, number>> = { "Segment 1": 40, "Segment 2": 4000 };
  const maskValue = ({ label }: { label: string }) => byLabel[label]!;
  const mask = await readSeg({ seg: segBytes({ frames, pixels }), maskValue });
  assert.deepEqual(mask.labels, Uint16Array.from([40, 4000, ...frame().slice(2)]));
  await rejects(() => labelsOf({ frames, pixels }, { maskValue: () => 3 }), "BadSegments");
  await rejects(() => labelsOf({ frames, pixels }, { maskValue: () => 0 }), "BadSegments");
});

Deno.test("readSeg() refuses what is no segmentation, or none that is whole", async () => {
  await rejects(() => readSeg({ seg: new Uint8Array(0) }), "NotSegmentation");
  await rejects(() => readSeg({ seg: new TextEncoder().encode("text") }), "NotSegmentation");
  const image = { attributes: { SOPClassUID: "1.2.840.10008.5.1.4.1.1.2" } };
  await rejects(() => labelsOf(image), "NotSegmentation");
  await rejects(() => labelsOf({ attributes: { PixelData: undefined } }), "Truncated");
  await rejects(() => labelsOf({ attributes: { PixelData: new Uint8Array(0) } }), "Truncated");
  await rejects(() => labelsOf({ attributes: { SegmentationType: "OTHER" } }), "Unsupported");
  await rejects(() => labelsOf({ attributes: { BitsAllocated: 16 } }), "Unsupported");
  await rejects(() => labelsOf({ attributes: { Rows: 0 } }), "Damaged");
  await rejects(() => labelsOf({ attributes: { NumberOfFrames: 2 ** 31 - 1 } }), "Truncated");
  await rejects(() => labelsOf({ attributes: { Rows: 65535, Columns: 65535 } }), "Truncated");
  const deflated = segBytes({ transferSyntaxUID: "1.2.840.10008.1.2.1.99" });
  await rejects(() => readSeg({ seg: deflated.subarray(0, -9) }), "Damaged");
});

Deno.test("readSeg() refuses segments that are not numbered, and frames of none", async () => {
  await rejects(() => labelsOf({ segments: [] }), "BadSegments");
  await rejects(() => labelsOf({ segments: [segmentItem(1), segmentItem(1)] }), "BadSegments");
  await rejects(() => labelsOf({ segments: [{ SegmentLabel: "x" }] }), "BadSegments");
  await rejects(() => labelsOf({ frames: [[3, 0]] }), "BadSegments");
});

Deno.test("readSeg() cut anywhere is an error of its own", async () => {
  const seg = segBytes({ frames: [[1, 0], [2, 1]] });
  for (let length = 0; length < seg.length; length++) {
    try {
      await readSeg({ seg: seg.subarray(0, length) });
      assert.fail(`${length} of ${seg.length} bytes were read`);
    } catch (error) {
      assert.equal((error as Error).name, "SegmentationError", `${length}: ${error}`);
    }
  }
});

Deno.test("readSeg() answers any bytes with a mask or its own error", async () => {
  const sound = segBytes({ frames: [[1, 0], [2, 1]], distance: 1 });
  const change = fc.tuple(fc.integer({ min: 128, max: sound.length - 1 }), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const seg = sound.slice();
      for (const [at, byte] of changes) seg[at] = byte;
      try {
        await readSeg({ seg, maxVoxels: 1e6 });
      } catch (error) {
        assert.match((error as Error).name, /^(SegmentationError|GridMismatch)$/, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

const SERIES = {
  columns: COLUMNS,
  rows: ROWS,
  spacing: [1, 1],
  origin: [0, 0, -2],
  step: [0, 0, 1],
} as const;

Deno.test("readSeg() places frames on the slices of the series", async () => {
  const series = seriesHeaders(SERIES);
  const { shape, labels } = await readSeg({ seg: segBytes({ pixels: frame(5) }), series });
  assert.deepEqual(shape, [COLUMNS, ROWS, 5]);
  assert.equal(labels.indexOf(1), 2 * PIXELS + 5);
});

Deno.test("readSeg() refuses a series that it is not of, with figures", async () => {
  const read = (input: object) => () => readSeg({ seg: segBytes(), series: seriesHeaders(input) });
  await rejects(read({ ...SERIES, attributes: { FrameOfReferenceUID: "2.25.9" } }), "MixedSeries");
  const differences = async (input: object) => {
    const error = await rejects(read({ ...SERIES, ...input }), "GridMismatch");
    return (error as GridMismatch).differences;
  };
  assert.deepEqual(await differences({ origin: [0, 0, 1] }), { origin: 1 });
  assert.deepEqual(await differences({ origin: [0, 0, -2.5] }), { origin: 0.5 });
  assert.deepEqual(Object.keys(await differences({ columns: 5 })), ["shape"]);
  assert.deepEqual(Object.keys(await differences({ spacing: [2, 1] })), ["spacing"]);
  const elsewhere = { row: [-1, 0, 0], column: [0, -1, 0] };
  assert.deepEqual(await differences(elsewhere), { origin: Math.hypot(COLUMNS - 1, ROWS - 1) });
  const tilted = { row: [0.8, 0.6, 0], column: [-0.6, 0.8, 0] };
  assert.deepEqual(Object.keys(await differences(tilted)), ["orientation"]);
  const across = { row: [0, 1, 0], column: [0, 0, -1], step: [-1, 0, 0] };
  assert.ok("orientation" in await differences(across));
});

Deno.test("readSeg() puts frames whose rows or columns run another way in the order of the series", async () => {
  const frames = [[1, 0], [2, 1]] as const;
  const pixels = [...frame(0, 1, 4), ...frame(2, 11)];
  const seg = segBytes({ frames, pixels });
  const own = await readSeg({ seg });
  for (const row of [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]] as const) {
    for (const sign of [1, -1]) {
      const column = [sign * row[1], sign * row[0], 0] as const;
      const isUpright = row[0] !== 0;
      const origin = [
        ...[row, column].reduce(
          ([x, y], [dx, dy]) => [x! + (dx < 0 ? COLUMNS - 1 : 0), y! + (dy < 0 ? ROWS - 1 : 0)],
          [0, 0],
        ),
        0,
      ] as unknown as readonly [number, number, number];
      const input = {
        ...SERIES,
        ...!isUpright && { columns: ROWS, rows: COLUMNS },
        row,
        column,
        origin,
        step: [0, 0, 1],
        slices: 2,
      } as const;
      const series = geometryOfSeries(seriesHeaders(input));
      const { labels, ...grid } = await readSeg({ seg, series });
      assert.deepEqual([grid.origin, grid.shape], [series.origin, series.shape]);
      const [columns, rows] = series.shape;
      labels.forEach((label, at) => {
        const index = [
          at % columns,
          Math.floor(at / columns) % rows,
          Math.floor(at / columns / rows),
        ];
        const [x, y, z] = placeOf(series, index).map(Math.round) as [number, number, number];
        assert.equal(label, own.labels[x + COLUMNS * (y + ROWS * z)], `${row} ${column} ${index}`);
      });
    }
  }
});

Deno.test("segmentsOf() gives other programs' segments their numbers as values", async () => {
  assert.deepEqual(await segmentsOf(segBytes()), [
    { number: 1, value: 1, label: "Segment 1", algorithm: { type: "MANUAL" } },
    { number: 2, value: 2, label: "Segment 2", algorithm: { type: "MANUAL" } },
  ]);
  const header = parseDicomHeader(segBytes());
  assert.equal(header.string("Modality"), "SEG");
});
