/**
 * What MONAI Label's clients tell of a label, as segments.
 *
 * @module
 */

import { recordOf } from "../../vfs/json.ts";
import type { Code } from "./codes.ts";
import { SegmentationError } from "./errors.ts";
import type { Segment, SegmentAlgorithm } from "./segment.ts";

/** Facts about a label as MONAI Label's clients and models send them. */
export type LabelInfo = Readonly<Record<string, unknown>>;

/**
 * The segments that MONAI Label's info about a label names: by `label_info`, a list of objects with
 * `name` and the value as `idx`, `labelID` or `label`, or by `params.label_names`, an object of values by
 * name. Values of 0 are background and are left out; `model` names the algorithm.
 *
 * Names without a value are refused: they could only be matched by position, which names a mask of the
 * liver alone "spleen".
 *
 * @returns No segments where the info has neither.
 * @throws {SegmentationError} `BadSegments` for names without a value
 *
 * @example
 * ```ts
 * import { segmentsOfLabelInfo } from "@medvfs/vfs/datastore";
 * import { strict as assert } from "node:assert";
 *
 * const info = { model: "deepedit", params: { label_names: { background: 0, liver: 6 } } };
 * const [liver, ...others] = segmentsOfLabelInfo(info);
 * assert.equal(liver?.value, 6);
 * assert.equal(liver?.label, "liver");
 * assert.deepEqual(liver?.algorithm, { type: "AUTOMATIC", name: "deepedit" });
 * assert.equal(others.length, 0);
 * ```
 */
export function segmentsOfLabelInfo(info: LabelInfo, url = "label info"): Segment[] {
  const algorithm = algorithmOf(info);
  const bad = (reason: string) =>
    new SegmentationError("BadSegments", { op: "name the segments", url, reason });
  const list = info.label_info;
  const names = recordOf(info.params).label_names;
  const segments = Array.isArray(list) && list.length > 0
    ? list.map((entry) => fromEntry(recordOf(entry), algorithm, bad))
    : Object.entries(recordOf(names)).map(([label, value]) => ({
      value: wholeNumber(value) ?? refuse(bad(`${JSON.stringify(label)} has no value`)),
      label,
      algorithm,
    }));
  return segments.filter(({ value }) => value !== 0);
}

function algorithmOf({ model }: LabelInfo): SegmentAlgorithm {
  return typeof model === "string" && model.trim() !== ""
    ? { type: "AUTOMATIC", name: model }
    : { type: "MANUAL" };
}

function fromEntry(
  entry: LabelInfo,
  algorithm: SegmentAlgorithm,
  bad: (reason: string) => Error,
): Segment {
  const { name, description, color } = entry;
  const values = [entry.idx, entry.labelID, entry.label].map(wholeNumber);
  // MONAI Label takes the first that is not 0.
  const value = values.find((each) => each) ?? values.find((each) => each !== undefined);
  if (value === undefined) throw bad(`${JSON.stringify(name ?? "a segment")} has no value`);
  const category = codeOf(entry.SegmentedPropertyCategoryCodeSequence);
  const type = codeOf(entry.SegmentedPropertyTypeCodeSequence);
  return {
    value,
    label: typeof name === "string" ? name : `Segment_${value}`,
    algorithm,
    ...(typeof description === "string" && description !== "" && { description }),
    ...(isColor(color) && { color }),
    ...(category && { category }),
    ...(type && { type }),
  };
}

/** dcmqi writes one code where DICOM JSON has a list. */
function codeOf(given: unknown): Code | undefined {
  const code = Array.isArray(given) ? given[0] : given;
  const { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning } = recordOf(code);
  return typeof value === "string" && typeof scheme === "string" && typeof meaning === "string"
    ? { value, scheme, meaning }
    : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}

function isColor(value: unknown): value is [number, number, number] {
  return Array.isArray(value) && value.length === 3 &&
    value.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
}

function refuse(error: Error): never {
  throw error;
}
