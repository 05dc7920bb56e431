/**
 * What a value of a mask stands for.
 *
 * @module
 */

import type { Code } from "./codes.ts";

/** Who drew a segment: SegmentAlgorithmType, and the model's name unless it was drawn by hand. */
export type SegmentAlgorithm =
  | { readonly type: "MANUAL" }
  | { readonly type: "AUTOMATIC" | "SEMIAUTOMATIC"; readonly name: string };

/** What one value of a mask means. */
export interface Segment {
  /** Value of its voxels in the mask, 1 to 65535. */
  readonly value: number;
  /** SegmentLabel: 1 to 64 characters, different for each segment. */
  readonly label: string;
  /** Who drew it. */
  readonly algorithm: SegmentAlgorithm;
  /** SegmentDescription. */
  readonly description?: string;
  /** SegmentedPropertyCategoryCodeSequence; tissue (SCT 85756007). */
  readonly category?: Code;
  /** SegmentedPropertyTypeCodeSequence; tissue (SCT 85756007). */
  readonly type?: Code;
  /** AnatomicRegionSequence. */
  readonly anatomicRegion?: Code;
  /** Colour to show it in: red, green, blue, 0 to 255 each (RecommendedDisplayCIELabValue). */
  readonly color?: readonly [number, number, number];
}
