import { strict as assert } from "node:assert";
import {
  geometryOfSeries,
  niftiToSeg,
  readSeg,
  SegmentationError,
  type SegmentationProblem,
  writeNifti,
} from "../../../datastore/segmentation/mod.ts";
import { openNifti } from "../../../datastore/segmentation/nifti.ts";
import { seriesVolume } from "../../../datastore/volume/series_volume.ts";
import { parseDicomHeader } from "../../../formats/mod.ts";
import { type DatasetInput, writeDicomFile } from "../../../testing/dicom_writer.ts";
import { seededBytes } from "../../../testing/random.ts";
import { isKind } from "../_contract.ts";
import { hasSamples, SAMPLES } from "../../formats/_samples.ts";
import type { SeriesInput } from "../segmentation/_series.ts";
import { files, images, noise, STORED, voxels, whole, withPixels } from "./_pixels.ts";

const ORIENTATIONS: Readonly<Record<string, SeriesInput>> = {
  axial: {},
  "axial from the head down": { step: [0, 0, -2.5] },
  coronal: { column: [0, 0, -1] },
  sagittal: { row: [0, 1, 0], column: [0, 0, -1] },
  "feet first": { row: [-1, 0, 0] },
  oblique: { row: [0.8, 0.6, 0.1], column: [-0.3, 0.5, 0.9] },
  "with a tilted gantry": { step: [0, 0.8, 2.4] },
  "of one slice": { slices: 1 },
};

const volumeOf = async (all: readonly Uint8Array<ArrayBuffer>[]) =>
  await whole(seriesVolume(images(all)).content());

for (const [name, input] of Object.entries(ORIENTATIONS)) {
  Deno.test(`seriesVolume() and masks on its grid fit the series: ${name}`, async () => {
    const all = files(input, noise);
    const file = await volumeOf(all);
    const { grid } = await openNifti(file, {});
    const headers = all.map((bytes) => parseDicomHeader(bytes));
    const series = geometryOfSeries(headers);
    assert.deepEqual(grid.shape, series.shape);

    const { stored } = voxels(file);
    const order = series.slices.map(({ sopInstanceUID }) =>
      headers.findIndex((header) => header.string("SOPInstanceUID") === sopInstanceUID)
    );
    assert.deepEqual(stored, order.flatMap((slice) => [...noise(slice)]));

    const labels = seededBytes(9, stored.length).map((byte) => byte % 3);
    const mask = await writeNifti({ ...grid, labels });
    const algorithm = { type: "MANUAL" } as const;
    const segments = [1, 2].map((value) => ({ value, label: `${value}`, algorithm }));
    const seg = await niftiToSeg({ mask, series: headers, segments });
    assert.deepEqual((await readSeg({ seg, series })).labels, labels);
  });
}

const STORAGE: readonly [
  name: string,
  attributes: DatasetInput,
  pixels: ArrayBufferView,
  datatype: number,
  values: readonly number[],
][] = [
  [
    "8 bits",
    { BitsAllocated: 8, BitsStored: 8, HighBit: 7 },
    Uint8Array.of(0, 200, 255, 1),
    2,
    [0, 200, 255, 1],
  ],
  [
    "12 bits, without what is above them",
    { BitsStored: 12, HighBit: 11 },
    Uint16Array.of(0, 4095, 0xF001, 2),
    4,
    [0, 4095, 1, 2],
  ],
  [
    "12 bits with a sign",
    { BitsStored: 12, HighBit: 11, PixelRepresentation: 1 },
    Uint16Array.of(0x0800, 0x0FFF, 0xF7FF, 0),
    4,
    [-2048, -1, 2047, 0],
  ],
  [
    "12 bits at the upper end",
    { BitsStored: 12, HighBit: 15 },
    Uint16Array.of(0xFFF0, 0x001F, 0x0010, 0),
    4,
    [4095, 1, 1, 0],
  ],
  ["16 bits", {}, Uint16Array.of(0, 65535, 32768, 1), 512, [0, 65535, 32768, 1]],
  [
    "16 bits with a sign",
    { PixelRepresentation: 1 },
    Int16Array.of(-32768, 32767, -1, 0),
    4,
    [-32768, 32767, -1, 0],
  ],
  [
    "32 bits with a sign",
    { BitsAllocated: 32, BitsStored: 32, HighBit: 31, PixelRepresentation: 1 },
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1, -1, 0),
    8,
    [-(2 ** 31), 2 ** 31 - 1, -1, 0],
  ],
  [
    "32 bits",
    { BitsAllocated: 32, BitsStored: 32, HighBit: 31 },
    Uint32Array.of(2 ** 32 - 1, 2 ** 31, 1, 0),
    768,
    [2 ** 32 - 1, 2 ** 31, 1, 0],
  ],
];

for (const [name, attributes, pixels, datatype, values] of STORAGE) {
  Deno.test(`seriesVolume() keeps stored values of ${name}, and their scale`, async () => {
    const scale = { RescaleSlope: 0.5, RescaleIntercept: -1024 };
    const input = { columns: 2, rows: 2, slices: 2, attributes: { ...attributes, ...scale } };
    assert.deepEqual(voxels(await volumeOf(files(input, () => pixels))), {
      datatype,
      slope: 0.5,
      intercept: -1024,
      stored: [...values, ...values],
    });
  });
}

Deno.test("seriesVolume() scales slices that differ in their scale, as float32", async () => {
  const of = (slices: number, RescaleSlope: number) =>
    files(
      { columns: 2, rows: 2, slices, attributes: { RescaleSlope, RescaleIntercept: 1 } },
      (i) => Uint16Array.of(i, 1, 2, 65535),
    ).at(-1)!;
  const { datatype, slope, intercept, stored } = voxels(await volumeOf([of(1, 2), of(2, 0.25)]));
  assert.deepEqual([datatype, slope, intercept], [16, 0, 0], "no scale is slope 0");
  assert.deepEqual(stored, [1, 3, 5, 131071, 1.25, 1.25, 1.5, 16384.75]);
});

const enhanced = (slopes: readonly number[]) =>
  withPixels(
    writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2.1",
      SOPInstanceUID: "2.25.5",
      StudyInstanceUID: "2.25.1",
      SeriesInstanceUID: "2.25.2",
      FrameOfReferenceUID: "2.25.3",
      ...STORED,
      Rows: 1,
      Columns: 2,
      NumberOfFrames: slopes.length,
      SharedFunctionalGroupsSequence: [{
        PixelMeasuresSequence: [{ PixelSpacing: [1, 1], SliceThickness: 2 }],
        PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
      }],
      PerFrameFunctionalGroupsSequence: slopes.map((slope, frame) => ({
        PlanePositionSequence: [{ ImagePositionPatient: [0, 0, -2 * frame] }],
        PixelValueTransformationSequence: [{ RescaleSlope: slope, RescaleIntercept: 0 }],
      })),
    }),
    Uint16Array.from({ length: 2 * slopes.length }, (_, i) => i),
  );

Deno.test("seriesVolume() reads the frames of one image by their places, each with its scale", async () => {
  const same = voxels(await volumeOf([enhanced([3, 3, 3])]));
  assert.deepEqual([same.datatype, same.slope, same.stored], [512, 3, [4, 5, 2, 3, 0, 1]]);
  const differ = voxels(await volumeOf([enhanced([1, 10, 100])]));
  assert.deepEqual([differ.datatype, differ.stored], [16, [400, 500, 20, 30, 0, 1]]);
});

const REFUSED: readonly [
  name: string,
  problem: SegmentationProblem,
  all: () => Uint8Array<ArrayBuffer>[],
  maxVoxels?: number,
][] = [
  ["no images", "BadSeries", () => []],
  ["images without pixels", "BadSeries", () => [files({}, noise)[0]!.subarray(0, -166)]],
  [
    "colour",
    "Unsupported",
    () => files({ attributes: { PhotometricInterpretation: "RGB", SamplesPerPixel: 3 } }, noise),
  ],
  [
    "values by a table",
    "Unsupported",
    () => files({ attributes: { ModalityLUTSequence: [{ LUTExplanation: "x" }] } }, noise),
  ],
  ["no scale", "BadSeries", () => files({ attributes: { RescaleSlope: 0 } }, noise)],
  ["pixels that end early", "Damaged", () => files({}, (i) => noise(i, 70))],
  ["a missing slice", "MissingSlices", () => files({}, noise).toSpliced(2, 1)],
  [
    "two images with one name",
    "BadSeries",
    () => files({ attributes: { SOPInstanceUID: "2.25.7" } }, noise),
  ],
  ["too many voxels", "TooLarge", () => files({}, noise), 384],
];

for (const [name, problem, all, maxVoxels] of REFUSED) {
  Deno.test(`seriesVolume() refuses ${name}`, async () => {
    await assert.rejects(
      async () => await whole(seriesVolume(images(all()), { maxVoxels }).content()),
      (error) => error instanceof SegmentationError && error.problem === problem,
    );
  });
}

Deno.test("seriesVolume() reads a slice when it is wanted, and none after an abort", async () => {
  const all = files({}, noise);
  let read = 0;
  const noting = images(all).map(({ header, source }) => ({
    header,
    source: {
      read: (start: number, end: number) => {
        read += end - start;
        return source.read(start, end);
      },
    },
  }));
  const abort = new AbortController();
  const parts = seriesVolume(noting, { signal: abort.signal }).content();
  await parts.next();
  assert.equal(read, 0);
  await parts.next();
  assert.equal(read, 2 * 77);
  abort.abort();
  await assert.rejects(async () => await parts.next(), isKind("Aborted"));
  assert.equal(read, 2 * 77);
});

Deno.test({
  name: "seriesVolume() gives compressed images the values of those that are not",
  ignore: !hasSamples,
  async fn() {
    const names = ["", "_implicit", "_bigendian", "_RLE", "_jpeg_ls_lossless", "_jp2klossless"];
    const [plain, ...others] = await Promise.all(names.map(async (name) => {
      const file = await Deno.readFile(new URL(`pydicom/MR_small${name}.dcm`, SAMPLES));
      return voxels(await volumeOf([file])).stored;
    }));
    assert.equal(plain!.reduce((sum, value) => sum + value, 0), 2125338);
    for (const other of others) assert.deepEqual(other, plain);
  },
});
