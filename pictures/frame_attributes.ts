/**
 * Attributes that frames have of their own, or share.
 *
 * @module
 */

import type { DicomDataset, DicomHeader } from "../formats/mod.ts";

/** What an enhanced image keeps per frame or for all of them, by its functional group (PS3.3 §C.7.6.16.2). */
type FunctionalGroup =
  | "PixelMeasuresSequence"
  | "PixelValueTransformationSequence"
  | "FrameVOILUTSequence";

/**
 * The dataset that holds the attributes of `group` for a frame, counted from 0: the frame's own group, the
 * shared one, or the header itself, which classic images have.
 */
export function groupOf(header: DicomHeader, group: FunctionalGroup, frame: number): DicomDataset {
  const own = header.sequence("PerFrameFunctionalGroupsSequence")[frame]?.sequence(group)[0];
  return own ?? header.sequence("SharedFunctionalGroupsSequence")[0]?.sequence(group)[0] ?? header;
}
