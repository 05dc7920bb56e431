import { type DatasetInput, writeDicomFile } from "../../../testing/dicom_writer.ts";

/** A segmentation of 4 x 3 pixels to make, as other programs write it. */
export interface SegInput {
  readonly type?: "BINARY" | "FRACTIONAL" | "LABELMAP";
  readonly bits?: 1 | 8 | 16;
  /** Number of the segment and height of the slice, by frame. */
  readonly frames?: readonly (readonly [segment: number, z: number])[];
  /** Pixels of all frames, one after the other. */
  readonly pixels?: readonly number[];
  readonly segments?: readonly DatasetInput[];
  /** SpacingBetweenSlices. */
  readonly distance?: number;
  readonly attributes?: DatasetInput;
  readonly transferSyntaxUID?: string;
}

export const COLUMNS = 4;
export const ROWS = 3;

/** One item of the SegmentSequence. */
export function segmentItem(number: number): DatasetInput {
  return {
    SegmentNumber: number,
    SegmentLabel: `Segment ${number}`,
    SegmentAlgorithmType: "MANUAL",
  };
}

/** Writes it. */
export function segBytes(input: SegInput = {}): Uint8Array<ArrayBuffer> {
  const { type = "BINARY", frames = [[1, 0]], segments = [segmentItem(1), segmentItem(2)] } = input;
  const bits = input.bits ?? (type === "BINARY" ? 1 : 8);
  const pixels = input.pixels ?? Array.from({ length: COLUMNS * ROWS * frames.length }, () => 1);
  return writeDicomFile({
    SOPClassUID: `1.2.840.10008.5.1.4.1.1.66.${type === "LABELMAP" ? 7 : 4}`,
    SOPInstanceUID: "2.25.77",
    Modality: "SEG",
    FrameOfReferenceUID: "2.25.3",
    NumberOfFrames: frames.length,
    Rows: ROWS,
    Columns: COLUMNS,
    BitsAllocated: bits,
    SegmentationType: type,
    MaximumFractionalValue: type === "FRACTIONAL" ? 100 : undefined,
    SegmentSequence: segments,
    SharedFunctionalGroupsSequence: [{
      PixelMeasuresSequence: [{
        PixelSpacing: [1, 1],
        SliceThickness: 1,
        SpacingBetweenSlices: input.distance,
      }],
      PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
    }],
    PerFrameFunctionalGroupsSequence: frames.map(([segment, z]) => ({
      PlanePositionSequence: [{ ImagePositionPatient: [0, 0, z] }],
      ...(type === "LABELMAP"
        ? {}
        : { SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }] }),
    })),
    PixelData: packed(pixels, bits),
    ...input.attributes,
  }, { transferSyntaxUID: input.transferSyntaxUID });
}

function packed(pixels: readonly number[], bits: 1 | 8 | 16): Uint8Array {
  if (bits === 16) return new Uint8Array(Uint16Array.from(pixels).buffer);
  if (bits === 8) return Uint8Array.from(pixels);
  const bytes = new Uint8Array(Math.ceil(pixels.length / 8));
  pixels.forEach((pixel, i) => bytes[i >> 3]! |= pixel << (i & 7));
  return bytes;
}
