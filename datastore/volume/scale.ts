/**
 * From stored values to those that an image means (PS3.3 §C.11.1).
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { groupOf } from "../../pictures/frame_attributes.ts";
import type { Complain } from "../segmentation/errors.ts";

/** Stored values times `slope` plus `intercept` are the values. */
export interface Scale {
  /** RescaleSlope; never 0. */
  readonly slope: number;
  /** RescaleIntercept. */
  readonly intercept: number;
}

/** Values are what is stored. */
export const AS_STORED: Scale = { slope: 1, intercept: 0 };

/** The scale of a frame, counted from 0. @throws {SegmentationError} `Unsupported` for a table, `BadSeries` */
export function scaleOf(header: DicomHeader, frame: number, complain: Complain): Scale {
  if (header.sequence("ModalityLUTSequence").length > 0) {
    throw complain("Unsupported", "its values are found by a table");
  }
  const group = groupOf(header, "PixelValueTransformationSequence", frame);
  const slope = group.number("RescaleSlope") ?? 1;
  const intercept = group.number("RescaleIntercept") ?? 0;
  if (slope === 0 || !Number.isFinite(slope) || !Number.isFinite(intercept)) {
    throw complain("BadSeries", "an image has an unusable RescaleSlope or RescaleIntercept");
  }
  return { slope, intercept };
}

/** The scale that all frames have; undefined where they differ. */
export function sharedScale([first, ...others]: readonly Scale[]): Scale | undefined {
  const isSame = others.every(({ slope, intercept }) =>
    slope === first!.slope && intercept === first!.intercept
  );
  return isSame ? first : undefined;
}
