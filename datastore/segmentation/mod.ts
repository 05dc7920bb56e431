/**
 * Masks as NIfTI to DICOM segmentations and back.
 *
 * @module
 */

export type { Code } from "./codes.ts";
export {
  type GridDifferences,
  GridMismatch,
  SegmentationError,
  type SegmentationProblem,
} from "./errors.ts";
export type { SeriesGeometry, Slice, SourceImage } from "./geometry.ts";
export type { Grid } from "./grid.ts";
export { type LabelFormat, labelFormat } from "./label_format.ts";
export { type LabelInfo, segmentsOfLabelInfo } from "./label_info.ts";
export { type Mask, type ReadMaskOptions, readNifti } from "./nifti.ts";
export { niftiToSeg, type NiftiToSegOptions } from "./nifti_to_seg.ts";
export type { Labels } from "./nifti_voxels.ts";
export type { SegDescription } from "./seg_dataset.ts";
export { readSeg, segToNifti, type SegToNiftiOptions } from "./seg_to_nifti.ts";
export type { Segment, SegmentAlgorithm } from "./segment.ts";
export { geometryOfSeries } from "./series.ts";
export { segmentsOf, type StoredSegment } from "./stored_segments.ts";
export type { Vector } from "./vector.ts";
export { writeNifti, type WriteNiftiOptions } from "./write_nifti.ts";
