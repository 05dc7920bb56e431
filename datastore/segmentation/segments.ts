/**
 * Whether segments can be written, before any work is done for them.
 *
 * @module
 */

import type { Code } from "./codes.ts";
import type { Complain } from "./errors.ts";
import { HIGHEST_LABEL } from "./nifti_voxels.ts";
import type { SegDescription } from "./seg_dataset.ts";
import type { Segment } from "./segment.ts";

/** Most segments of one segmentation. */
const MOST_SEGMENTS = 255;

/**
 * Checks that segments can be told apart and written, whatever mask they are for.
 *
 * @throws {SegmentationError} `BadSegments`, `TooManyValues`
 */
export function checkSegments(segments: readonly Segment[], complain: Complain): void {
  if (segments.length > MOST_SEGMENTS) {
    const reason =
      `it has ${segments.length} values, and a segmentation ${MOST_SEGMENTS} at most: ` +
      "viewers number segments with 8 bits";
    throw complain("TooManyValues", reason);
  }
  const values = new Set<number>();
  const labels = new Set<string>();
  for (const segment of segments) {
    const { value, label } = segment;
    const bad = (what: string) => complain("BadSegments", `the segment of value ${value} ${what}`);
    if (!Number.isInteger(value) || value < 1 || value > HIGHEST_LABEL) {
      throw bad(`is not between 1 and ${HIGHEST_LABEL}`);
    }
    if (values.has(value)) throw bad("is there twice");
    values.add(value);
    checkText(label, "label", 64, bad);
    if (labels.has(label)) throw bad(`has the label ${JSON.stringify(label)} of another`);
    labels.add(label);
    checkDetails(segment, bad);
  }
}

/**
 * Checks that what a segmentation shall say about itself can be written.
 *
 * @throws {SegmentationError} `BadDescription`
 */
export function checkDescription(description: SegDescription, complain: Complain): void {
  const { contentLabel, seriesNumber, ...texts } = description;
  const bad = (what: string) => complain("BadDescription", `the segmentation ${what}`);
  for (const name of ["seriesDescription", "contentDescription", "contentCreatorName"] as const) {
    if (texts[name] !== undefined) checkText(texts[name], name, 64, bad);
  }
  if (contentLabel !== undefined && !/^[A-Z0-9_ ]{1,16}$/.test(contentLabel)) {
    throw bad("has a contentLabel that is not 1 to 16 of A-Z, 0-9, _ and space");
  }
  if (seriesNumber !== undefined && (seriesNumber | 0) !== seriesNumber) {
    throw bad("has a seriesNumber that is no whole number of 32 bits");
  }
}

type Bad = (what: string) => Error;

function checkDetails(segment: Segment, bad: Bad): void {
  const { algorithm, color, description } = segment;
  if (algorithm.type !== "MANUAL") checkText(algorithm.name, "algorithm name", 64, bad);
  if (description !== undefined) checkText(description, "description", 1024, bad);
  for (const code of [segment.category, segment.type, segment.anatomicRegion]) {
    if (code) checkCode(code, bad);
  }
  const isColor = (part: number) => Number.isInteger(part) && part >= 0 && part <= 255;
  if (color && !(color.length === 3 && color.every(isColor))) {
    throw bad("has a color that is not three numbers from 0 to 255");
  }
}

function checkCode({ value, scheme, meaning }: Code, bad: Bad): void {
  checkText(value, "code value", 16, bad);
  checkText(scheme, "coding scheme", 16, bad);
  checkText(meaning, "code meaning", 64, bad);
}

/** Text that a VR of single values can hold (PS3.5 §6.2): no backslash, no control characters. */
function checkText(text: unknown, what: string, most: number, bad: Bad): void {
  if (typeof text !== "string" || text.trim() === "") throw bad(`has no ${what}`);
  if ([...text].length > most) throw bad(`has a ${what} of more than ${most} characters`);
  if (/[\p{Cc}\\]/u.test(text)) throw bad(`has a ${what} with a backslash or control character`);
}
