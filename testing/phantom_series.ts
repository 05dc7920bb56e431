/**
 * The series that the phantom's examinations consist of.
 *
 * @module
 */

import type { DatasetInput } from "./dicom_writer.ts";
import { type Plane, TISSUE, type Vector } from "./phantom_head.ts";

/** What makes the images of one series differ from those of another. */
export interface PhantomSeries {
  /** `CT`, `MR` or `OT`. */
  readonly modality: string;
  /** SOP class of the images. */
  readonly sopClassUID: string;
  /** SeriesNumber. */
  readonly number: number;
  /** SeriesDescription. */
  readonly description: string;
  /** The cuts, in the order of the instances; the same for every time. */
  readonly planes: readonly Plane[];
  /** Times at which all cuts are taken, in seconds after the contrast agent came. */
  readonly times: readonly number[];
  /** Stored value by tissue, `seconds` after the contrast agent came. */
  readonly signal: (seconds: number) => readonly number[];
  /** Standard deviation or so of the noise, in stored values. */
  readonly noise: number;
  /** How the pixels become instances: one each, all in one, or one in colour. */
  readonly kind: "single" | "multiframe" | "colour";
  /** Attributes that all instances of the series have. */
  readonly attributes: DatasetInput;
}

const SIZE = 128;
const SPACING = 2;

/** SOP classes of the phantom, PS3.4 §B.5. */
const SOP_CLASS = {
  ct: "1.2.840.10008.5.1.4.1.1.2",
  mr: "1.2.840.10008.5.1.4.1.1.4",
  secondary: "1.2.840.10008.5.1.4.1.1.7",
  multiframeWord: "1.2.840.10008.5.1.4.1.1.7.3",
} as const;

const AXIAL: readonly [Vector, Vector] = [[1, 0, 0], [0, 1, 0]];
const CORONAL: readonly [Vector, Vector] = [[1, 0, 0], [0, 0, -1]];
const SAGITTAL: readonly [Vector, Vector] = [[0, 1, 0], [0, 0, -1]];
// Tilted about the axis from right to left, as along the line of the two commissures.
const TILT = 12 * Math.PI / 180;
const TILTED: readonly [Vector, Vector] = [[1, 0, 0], [0, Math.cos(TILT), Math.sin(TILT)]];

/** Planes with a common middle axis, `distances` mm along their normal from the centre. */
function stack(
  [row, column]: readonly [Vector, Vector],
  distances: readonly number[],
): Plane[] {
  const normal: Vector = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ];
  const half = (SIZE - 1) / 2 * SPACING;
  return distances.map((distance) => ({
    position: [0, 1, 2].map((i) =>
      normal[i]! * distance - half * (row[i]! + column[i]!)
    ) as unknown as Vector,
    row,
    column,
    spacing: SPACING,
    size: SIZE,
  }));
}

function slices(count: number, thickness: number, first: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i * thickness);
}

// Hounsfield units + 1024, in the order of TISSUE.
const CT = [24, 944, 1924, 1062, 1054, 1032, 1040, 1066, 1086, 4000];
const T1 = [4, 900, 60, 430, 580, 140, 180, 300, 350, 1200];

/** T1 contrast with an agent that fills the vessel at once and the lesion slowly. */
function enhanced(seconds: number): number[] {
  const signal = [...T1];
  signal[TISSUE.vessel]! += Math.round(800 * Math.exp(-seconds / 60));
  signal[TISSUE.lesion]! += Math.round(600 * (1 - Math.exp(-seconds / 20)));
  return signal;
}

const CT_ATTRIBUTES: DatasetInput = {
  KVP: 120,
  XRayTubeCurrent: 200,
  ExposureTime: 1000,
  ConvolutionKernel: "H30s",
  GantryDetectorTilt: 0,
  RescaleIntercept: -1024,
  RescaleSlope: 1,
  RescaleType: "HU",
  BitsStored: 12,
  HighBit: 11,
};

const MR_ATTRIBUTES: DatasetInput = {
  ScanningSequence: "GR",
  SequenceVariant: "SP",
  ScanOptions: "",
  MRAcquisitionType: "2D",
  RepetitionTime: 250,
  EchoTime: 2.5,
  EchoTrainLength: 1,
  FlipAngle: 70,
  MagneticFieldStrength: 3,
  ImagingFrequency: 123.2,
  ImagedNucleus: "1H",
  NumberOfAverages: 1,
  BitsStored: 16,
  HighBit: 15,
};

const MR_WINDOW: DatasetInput = { WindowCenter: 500, WindowWidth: 1000 };

/** The series of a CT examination of the head. */
export const CT_SERIES: readonly PhantomSeries[] = [
  {
    modality: "CT",
    sopClassUID: SOP_CLASS.ct,
    number: 1,
    description: "LOCALIZER",
    planes: stack(SAGITTAL, [0]),
    times: [0],
    signal: () => CT,
    noise: 20,
    kind: "single",
    attributes: {
      ...CT_ATTRIBUTES,
      ImageType: ["ORIGINAL", "PRIMARY", "LOCALIZER"],
      RescaleType: undefined,
      SliceThickness: 2,
      WindowCenter: 200,
      WindowWidth: 1500,
    },
  },
  {
    modality: "CT",
    sopClassUID: SOP_CLASS.ct,
    number: 2,
    description: "AXIAL",
    planes: stack(AXIAL, slices(16, 8, -56)),
    times: [0],
    signal: () => CT,
    noise: 6,
    kind: "single",
    attributes: {
      ...CT_ATTRIBUTES,
      ImageType: ["ORIGINAL", "PRIMARY", "AXIAL"],
      SliceThickness: 8,
      SpacingBetweenSlices: 8,
      WindowCenter: [40, 300],
      WindowWidth: [120, 1500],
      WindowCenterWidthExplanation: ["BRAIN", "BONE"],
    },
  },
  {
    modality: "OT",
    sopClassUID: SOP_CLASS.secondary,
    number: 3,
    description: "TISSUES",
    planes: stack(AXIAL, [16]),
    times: [0],
    signal: () => T1,
    noise: 0,
    kind: "colour",
    attributes: {
      ImageType: ["DERIVED", "SECONDARY"],
      PatientOrientation: ["L", "P"],
      ConversionType: "WSD",
      BurnedInAnnotation: "NO",
    },
  },
];

/** The series of an MR examination of the head. */
export const MR_SERIES: readonly PhantomSeries[] = [
  {
    modality: "MR",
    sopClassUID: SOP_CLASS.mr,
    number: 1,
    description: "LOCALIZER",
    planes: [AXIAL, CORONAL, SAGITTAL].flatMap((view) => stack(view, [0])),
    times: [0],
    signal: () => T1,
    noise: 25,
    kind: "single",
    attributes: {
      ...MR_ATTRIBUTES,
      ...MR_WINDOW,
      ImageType: ["ORIGINAL", "PRIMARY", "OTHER"],
      SliceThickness: 8,
    },
  },
  {
    modality: "MR",
    sopClassUID: SOP_CLASS.mr,
    number: 2,
    description: "T1",
    planes: stack(TILTED, slices(16, 8, -56)),
    times: [0],
    signal: () => T1,
    noise: 12,
    kind: "single",
    attributes: {
      ...MR_ATTRIBUTES,
      ...MR_WINDOW,
      ImageType: ["ORIGINAL", "PRIMARY", "OTHER"],
      SliceThickness: 6.4,
      SpacingBetweenSlices: 8,
    },
  },
  {
    modality: "MR",
    sopClassUID: SOP_CLASS.mr,
    number: 3,
    description: "DYNAMIC",
    planes: stack(AXIAL, slices(6, 8, 0)),
    times: [0, 10, 20, 40],
    signal: enhanced,
    noise: 20,
    kind: "single",
    attributes: {
      ...MR_ATTRIBUTES,
      ...MR_WINDOW,
      ImageType: ["ORIGINAL", "PRIMARY", "OTHER"],
      SliceThickness: 8,
      SpacingBetweenSlices: 8,
      ContrastBolusAgent: "PHANTOM",
      NumberOfTemporalPositions: 4,
    },
  },
  {
    modality: "OT",
    sopClassUID: SOP_CLASS.multiframeWord,
    number: 4,
    description: "CINE",
    planes: stack(AXIAL, [16]),
    times: slices(12, 5, 0),
    signal: enhanced,
    noise: 10,
    kind: "multiframe",
    attributes: {
      ...MR_WINDOW,
      ImageType: ["DERIVED", "SECONDARY"],
      PatientOrientation: ["L", "P"],
      ConversionType: "WSD",
      BurnedInAnnotation: "NO",
      PresentationLUTShape: "IDENTITY",
      RescaleIntercept: 0,
      RescaleSlope: 1,
      RescaleType: "US",
      BitsStored: 16,
      HighBit: 15,
      FrameTime: 200,
      CineRate: 5,
      FrameIncrementPointer: 0x00181063,
    },
  },
];
