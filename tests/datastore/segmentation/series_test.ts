import { strict as assert } from "node:assert";
import { geometryOfSeries } from "../../../datastore/segmentation/mod.ts";
import { type DicomHeader, parseDicomHeader } from "../../../formats/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import type { DatasetInput } from "../../../testing/dicom_writer.ts";
import { rejects } from "./_rejects.ts";
import { enhanced, seriesFiles, seriesHeaders, type SeriesInput } from "./_series.ts";

/** A header of the series with some attributes changed. */
function header(input: SeriesInput, attributes: DatasetInput): DicomHeader {
  return seriesHeaders({ ...input, attributes })[0]!;
}

Deno.test("geometryOfSeries() sorts slices along their normal, whatever their order", () => {
  const headers = seriesHeaders({ slices: 6 });
  const expected = geometryOfSeries(headers);
  assert.deepEqual(expected.shape, [11, 7, 6]);
  assert.deepEqual(expected.axes, [[0.5, 0, 0], [0, 0.75, 0], [0, 0, 2.5]]);
  assert.deepEqual(expected.origin, [-20, 13, 400]);
  const order = [3, 0, 5, 1, 4, 2].map((i) => headers[i]!);
  const { slices } = geometryOfSeries(order);
  assert.deepEqual(slices, expected.slices);
});

Deno.test("geometryOfSeries() goes upwards along the normal, also where the images go down", () => {
  const { origin, axes, slices } = geometryOfSeries(seriesHeaders({ step: [0, 0, -2.5] }));
  assert.deepEqual(origin, [-20, 13, 390]);
  assert.deepEqual(axes[2], [0, 0, 2.5]);
  assert.equal(slices[0]!.sopInstanceUID, "2.25.1004");
});

Deno.test("geometryOfSeries() has oblique planes", () => {
  const { axes } = geometryOfSeries(seriesHeaders({ row: [0.8, 0.6, 0], column: [-0.6, 0.8, 0] }));
  const rounded = axes.map((axis) => axis.map((part) => Math.round(part * 1e6) / 1e6 + 0));
  assert.deepEqual(rounded, [[0.4, 0.3, 0], [-0.45, 0.6, 0], [0, 0, 2.5]]);
});

Deno.test("geometryOfSeries() keeps the skew of a tilted gantry", () => {
  const { axes } = geometryOfSeries(seriesHeaders({ step: [0, 0.75, 2.5] }));
  assert.deepEqual(axes[2], [0, 0.75, 2.5]);
});

Deno.test("geometryOfSeries() takes one slice, with its thickness as distance", () => {
  const one = geometryOfSeries(seriesHeaders({ slices: 1 }));
  assert.deepEqual([one.axes[2], one.knowsSliceDistance], [[0, 0, 2], true]);
  const flat = geometryOfSeries(
    seriesHeaders({ slices: 1, attributes: { SliceThickness: undefined } }),
  );
  assert.equal(flat.knowsSliceDistance, false);
});

Deno.test("geometryOfSeries() says how many slices are missing, and where", async () => {
  const headers = seriesHeaders({ slices: 8 }).filter((_, i) => i !== 3 && i !== 4);
  const { message } = await rejects(() => geometryOfSeries(headers, "CT 3"), "MissingSlices");
  assert.equal(
    message,
    'Cannot use the series "CT 3": 2 of its slices are missing, the first after slice 3 of 6',
  );
});

Deno.test("geometryOfSeries() refuses uneven distances with figures", async () => {
  const headers = [0, 2.5, 5, 8.25].flatMap((z, i) =>
    seriesHeaders({ slices: 1, origin: [0, 0, z], attributes: { SOPInstanceUID: `2.25.${i}` } })
  );
  const { message } = await rejects(() => geometryOfSeries(headers), "UnevenSlices");
  assert.match(message, /2\.5 to 3\.25 mm/);
});

Deno.test("geometryOfSeries() refuses slices beside the line of the others", async () => {
  const headers = [0, 0, 4, 0].flatMap((x, i) =>
    seriesHeaders({ slices: 1, origin: [x, 0, 2 * i], attributes: { SOPInstanceUID: `2.25.${i}` } })
  );
  await rejects(() => geometryOfSeries(headers), "UnevenSlices");
});

Deno.test("geometryOfSeries() tolerates places that were rounded", () => {
  const headers = [0, 0.63, 1.25, 1.88, 2.5].flatMap((z, i) =>
    seriesHeaders({ slices: 1, origin: [0, 0, z], attributes: { SOPInstanceUID: `2.25.${i}` } })
  );
  assert.deepEqual(geometryOfSeries(headers).axes[2], [0, 0, 0.625]);
});

Deno.test("geometryOfSeries() refuses several images at one place", async () => {
  const headers: DicomHeader[] = [];
  for await (const { path, bytes } of phantomStudy({ modalities: ["MR"] })) {
    if (path[2] === "3-DYNAMIC") headers.push(parseDicomHeader(bytes));
  }
  const { message } = await rejects(() => geometryOfSeries(headers), "DuplicateSlices");
  assert.match(message, /18 of its 24 images/);
});

const MIXED: readonly [string, DatasetInput][] = [
  ["series", { SeriesInstanceUID: "2.25.99" }],
  ["patients", { PatientID: "P2" }],
  ["frames of reference", { FrameOfReferenceUID: "2.25.99" }],
  ["sizes", { Rows: 8 }],
  ["orientations", { ImageOrientationPatient: [0, 1, 0, 0, 0, -1] }],
  ["slightly different orientations", { ImageOrientationPatient: [1, 0, 0, 0, 0.99998, 0.006] }],
  ["pixel spacings", { PixelSpacing: [0.75, 0.51] }],
];

for (const [what, attributes] of MIXED) {
  Deno.test(`geometryOfSeries() refuses images of several ${what}`, async () => {
    const odd = header({ origin: [-20, 13, 412.5] }, { ...attributes, SOPInstanceUID: "2.25.9" });
    await rejects(() => geometryOfSeries([...seriesHeaders(), odd]), "MixedSeries");
  });
}

const BAD: readonly [string, DatasetInput][] = [
  ["a position", { ImagePositionPatient: undefined }],
  ["two parts of a position only", { ImagePositionPatient: [1, 2] }],
  ["an orientation", { ImageOrientationPatient: undefined }],
  ["an orientation of right angles", { ImageOrientationPatient: [1, 0, 0, 0.5, 0.87, 0] }],
  ["an orientation of length 1", { ImageOrientationPatient: [0, 0, 0, 0, 0, 0] }],
  ["a pixel spacing", { PixelSpacing: undefined }],
  ["a positive pixel spacing", { PixelSpacing: [0, -1] }],
  ["a frame of reference", { FrameOfReferenceUID: undefined }],
  ["rows", { Rows: undefined }],
  ["columns above 0", { Columns: 0 }],
  ["a SOPInstanceUID", { SOPInstanceUID: undefined }],
];

for (const [what, attributes] of BAD) {
  Deno.test(`geometryOfSeries() refuses images without ${what}`, async () => {
    await rejects(() => geometryOfSeries([header({}, attributes)]), "BadSeries");
  });
}

Deno.test("geometryOfSeries() refuses no images at all", async () => {
  await rejects(() => geometryOfSeries([]), "BadSeries");
});

Deno.test("geometryOfSeries() finds the slices of an enhanced image among its frames", () => {
  const { shape, origin, slices } = geometryOfSeries([enhanced(4)]);
  assert.deepEqual(shape, [11, 7, 4]);
  assert.deepEqual(origin, [-20, 13, 392.5]);
  assert.deepEqual(slices.map(({ frame }) => frame), [4, 3, 2, 1]);
});

Deno.test("geometryOfSeries() refuses frames that have no places", async () => {
  await rejects(() => geometryOfSeries([enhanced(4, 3)]), "BadSeries");
  const cine = header({}, { NumberOfFrames: 12 });
  const { message } = await rejects(() => geometryOfSeries([cine]), "BadSeries");
  assert.match(message, /12 frames of an image have no places/);
});

Deno.test("geometryOfSeries() quotes no patient", async () => {
  for (const attributes of [{ PatientID: "SECRET" }, { Rows: 8 }]) {
    const odd = parseDicomHeader(seriesFiles({ attributes })[0]!);
    const { message } = await rejects(
      () => geometryOfSeries([...seriesHeaders(), odd]),
      "MixedSeries",
    );
    assert.doesNotMatch(message, /SECRET|P1|Фантом/);
  }
});
