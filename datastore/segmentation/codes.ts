/**
 * The coded terms that segmentations use.
 *
 * @module
 */

/** A coded term, PS3.3 §8.8. */
export interface Code {
  /** CodeValue, `10200004`; up to 16 characters. */
  readonly value: string;
  /** CodingSchemeDesignator, `SCT`. */
  readonly scheme: string;
  /** CodeMeaning, `Liver`. */
  readonly meaning: string;
}

/** Tissue: as little as can be said of a segment, PS3.16 CID 7150. */
export const TISSUE: Code = { value: "85756007", scheme: "SCT", meaning: "Tissue" };

/** Why an image is referred to, PS3.16 CID 7202. */
export const SOURCE_IMAGE: Code = {
  value: "121322",
  scheme: "DCM",
  meaning: "Source image for image processing operation",
};

/** What was done to it, PS3.16 CID 7203. */
export const SEGMENTATION: Code = { value: "113076", scheme: "DCM", meaning: "Segmentation" };
