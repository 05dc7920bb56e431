/** Segmentations as OHIF's viewers write them, with the adapter of dcmjs. */

import dcmjs from "dcmjs";
import { strict as assert } from "node:assert";
import { geometryOfSeries, readSeg, segmentsOf } from "../../../datastore/segmentation/mod.ts";
import { parseDicomHeader } from "../../../formats/mod.ts";
import { seriesFiles, type SeriesInput } from "./_series.ts";

/** What is used of the adapter, which has no types. */
interface Adapter {
  generateSegmentation(images: object[], labelmaps: object, options: object): Blob;
}

const ADAPTER = (dcmjs as unknown as {
  adapters: { Cornerstone: { Segmentation: Adapter } };
}).adapters.Cornerstone.Segmentation;

const CODE = { CodeValue: "T-D0050", CodingSchemeDesignator: "SRT", CodeMeaning: "Tissue" };

/** Segments 1 and 2 on some slices. Images come from the last one on, as dcmjs puts them anyhow. */
async function written(input: SeriesInput, options: object) {
  const files = seriesFiles({
    ...input,
    attributes: { PixelRepresentation: 0, PixelData: new Uint8Array(2) },
  });
  const series = geometryOfSeries(files.map((bytes) => parseDicomHeader(bytes)));
  const [columns, rows, slices] = series.shape;
  const labels = new Uint8Array(columns * rows * slices);
  const count = columns * rows;
  for (let i = count; i < 3 * count; i++) labels[i] = i % 5 === 0 ? 1 : i % 7 === 0 ? 2 : 0;
  const labelmaps2D = files.map((_, slice) => {
    const pixelData = Uint16Array.from(labels.subarray(slice * count, (slice + 1) * count));
    return { pixelData, segmentsOnLabelmap: [...new Set(pixelData)].filter((each) => each > 0) };
  }).reverse();
  const segment = (SegmentNumber: number) => ({
    SegmentNumber,
    SegmentLabel: `Part ${SegmentNumber}`,
    SegmentAlgorithmType: "MANUAL",
    SegmentedPropertyCategoryCodeSequence: CODE,
    SegmentedPropertyTypeCodeSequence: CODE,
    RecommendedDisplayCIELabValue: [40000, 40000, 40000],
  });
  const images = files.toReversed().map((byteArray, i) => ({
    imageId: `wadors:${i}`,
    data: { byteArray },
  }));
  const metadata = [undefined, segment(1), segment(2)];
  const level = dcmjs.log.getLevel();
  dcmjs.log.setLevel("silent", false);
  try {
    const blob = ADAPTER.generateSegmentation(images, { labelmaps2D, metadata }, options);
    return { seg: new Uint8Array(await blob.arrayBuffer()), series, labels };
  } finally {
    dcmjs.log.setLevel(level, false);
  }
}

for (const rleEncode of [true, false]) {
  Deno.test(`readSeg() reads what viewers write with dcmjs, ${rleEncode ? "run by run" : "bit by bit"}`, async () => {
    for (const input of [{}, { row: [0.8, 0.6, 0], column: [0, 0, -1] }] as const) {
      const { seg, series, labels } = await written(input, { rleEncode });
      assert.deepEqual((await readSeg({ seg, series })).labels, labels);
      assert.deepEqual((await readSeg({ seg, series, threshold: 0.5 })).labels, labels);
      const segments = await segmentsOf(seg);
      assert.deepEqual(segments.map(({ value, label }) => [value, label]), [[1, "Part 1"], [
        2,
        "Part 2",
      ]]);
    }
  });
}

Deno.test("readSeg() of a compressed segmentation that is cut anywhere is an error of its own", async () => {
  const { seg } = await written({ slices: 3 }, { rleEncode: true });
  for (let length = seg.length - 600; length < seg.length - 8; length++) {
    await assert.rejects(readSeg({ seg: seg.subarray(0, length) }), { name: "SegmentationError" });
  }
});
