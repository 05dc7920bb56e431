/**
 * The segments that a stored segmentation tells of.
 *
 * @module
 */

import type { DicomDataset, DicomHeader } from "../../formats/mod.ts";
import type { Code } from "./codes.ts";
import { DatasetWriter, LABEL_VALUE } from "./dcmjs.ts";
import { type Complain, SegmentationError } from "./errors.ts";
import { openSeg } from "./read_seg.ts";
import type { Segment, SegmentAlgorithm } from "./segment.ts";

/** A segment of a segmentation, as far as that describes it. */
export interface StoredSegment extends Omit<Segment, "algorithm"> {
  /** SegmentNumber. */
  readonly number: number;
  /** Who drew it, when the segmentation says all of that. */
  readonly algorithm?: SegmentAlgorithm;
}

/**
 * What the segments of a DICOM segmentation are. The value is the one in the mask that a segmentation was
 * made of by `niftiToSeg`, and the segment's number in those of other programs.
 *
 * @throws {SegmentationError} `NotSegmentation`, `Unsupported`, `Damaged`, `Truncated`, `BadSegments`
 *
 * @example
 * ```ts
 * import { geometryOfSeries, niftiToSeg, segmentsOf, writeNifti } from "@medvfs/vfs/datastore";
 * import { parseDicomHeader } from "@medvfs/vfs/formats";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const { value: image } = await phantomStudy().next();
 * assert.ok(image);
 * const series = geometryOfSeries([parseDicomHeader(image.bytes)]);
 * const mask = await writeNifti({ ...series, labels: new Uint8Array(128 * 128).fill(6, 9, 99) });
 * const segments = [{ value: 6, label: "Liver", algorithm: { type: "MANUAL" } }] as const;
 * const seg = await niftiToSeg({ mask, series, segments });
 *
 * const [liver] = await segmentsOf(seg);
 * assert.deepEqual([liver?.number, liver?.value, liver?.label], [1, 6, "Liver"]);
 * ```
 */
export async function segmentsOf(seg: Uint8Array, url = "segmentation"): Promise<StoredSegment[]> {
  const complain: Complain = (problem, reason, cause) =>
    new SegmentationError(problem, { op: "read the segmentation", url, reason, cause });
  const { header } = await openSeg(seg, complain);
  const writer = await DatasetWriter.load(complain);
  return storedSegments(header, complain).map(({ cielab, ...segment }) => ({
    ...segment,
    ...(cielab && { color: writer.rgb(cielab) }),
  }));
}

/** A segment whose colour is still as stored. */
export interface RawSegment extends StoredSegment {
  /** RecommendedDisplayCIELabValue. */
  readonly cielab?: readonly number[];
}

/** Reads the SegmentSequence; background, which a label map may list as segment 0, is left out. */
export function storedSegments(header: DicomHeader, complain: Complain): RawSegment[] {
  const segments = header.sequence("SegmentSequence").map((item) => storedSegment(item));
  const numbers = new Set(segments.map(({ number }) => number));
  if (segments.length === 0) throw complain("BadSegments", "it has no segments");
  if (numbers.size < segments.length || numbers.has(-1)) {
    throw complain("BadSegments", "its segments are not numbered");
  }
  return segments.filter(({ number }) => number > 0);
}

function storedSegment(item: DicomDataset): RawSegment {
  const number = item.number("SegmentNumber") ?? -1;
  const { creator, group, element } = LABEL_VALUE;
  const value = item.privateElement(creator, group, element)?.values[0];
  const cielab = item.numbers("RecommendedDisplayCIELabValue");
  const found = {
    description: item.string("SegmentDescription"),
    algorithm: algorithmOf(item),
    category: codeOf(item, "SegmentedPropertyCategoryCodeSequence"),
    type: codeOf(item, "SegmentedPropertyTypeCodeSequence"),
    anatomicRegion: codeOf(item, "AnatomicRegionSequence"),
    cielab: cielab.length === 3 ? cielab : undefined,
  };
  return {
    number,
    value: typeof value === "number" ? value : number,
    label: item.string("SegmentLabel") ?? "",
    ...Object.fromEntries(Object.entries(found).filter(([, each]) => each !== undefined)),
  };
}

function algorithmOf(item: DicomDataset): SegmentAlgorithm | undefined {
  const type = item.string("SegmentAlgorithmType");
  const name = item.string("SegmentAlgorithmName");
  if (type === "MANUAL") return { type };
  if (name === undefined || (type !== "AUTOMATIC" && type !== "SEMIAUTOMATIC")) return undefined;
  return { type, name };
}

function codeOf(item: DicomDataset, name: string): Code | undefined {
  const code = item.sequence(name)[0];
  const value = code?.string("CodeValue");
  const scheme = code?.string("CodingSchemeDesignator");
  const meaning = code?.string("CodeMeaning");
  return value && scheme && meaning ? { value, scheme, meaning } : undefined;
}
