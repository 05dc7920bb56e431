/**
 * The attributes of a segmentation, without its frames.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { IMPLEMENTATION_VERSION_NAME } from "../../formats/dicom/implementation.ts";
import { type Code, SEGMENTATION, SOURCE_IMAGE, TISSUE } from "./codes.ts";
import { LABEL_VALUE, type Natural } from "./dcmjs.ts";
import type { Frame } from "./frames.ts";
import type { SeriesGeometry } from "./geometry.ts";
import type { Segment } from "./segment.ts";
import { cross, dot, length, unit } from "./vector.ts";

/** Segmentation Storage, PS3.4 §B.5. */
export const SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4";

/** What a segmentation says about itself. */
export interface SegDescription {
  /** SeriesDescription; `Segmentation`. */
  readonly seriesDescription?: string;
  /** SeriesNumber; 1000. */
  readonly seriesNumber?: number;
  /** ContentLabel: up to 16 of `A-Z0-9_ `; `SEGMENTATION`. */
  readonly contentLabel?: string;
  /** ContentDescription. */
  readonly contentDescription?: string;
  /** ContentCreatorName, `Family^Given`. */
  readonly contentCreatorName?: string;
}

/** All that goes into the dataset. */
export interface SegContent extends SegDescription {
  /** The series that is segmented. */
  readonly series: SeriesGeometry;
  /** What the segments mean. */
  readonly segments: readonly Segment[];
  /** The frames, in the order of the pixel data. */
  readonly frames: readonly Frame[];
  /** Makes UIDs. */
  readonly uid: () => string;
  /** When it was made. */
  readonly now: Date;
  /** Turns red, green and blue into RecommendedDisplayCIELabValue. */
  readonly cielab: (rgb: readonly number[]) => readonly number[];
}

// Type 2: there even when empty.
const COPIED_ALWAYS = ["PatientName", "PatientID", "PatientBirthDate", "PatientSex"]
  .concat(["StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"])
  .concat(["PositionReferenceIndicator"]);
const COPIED = ["IssuerOfPatientID", "PatientAge", "PatientSize", "PatientWeight"]
  .concat(["PatientIdentityRemoved", "DeidentificationMethod", "StudyDescription"])
  .concat(["BodyPartExamined", "Laterality", "TimezoneOffsetFromUTC"]);

/** The dataset without per-frame functional groups and pixel data, PS3.3 §A.51. */
export function segDataset(content: SegContent): Natural {
  const { series, segments, frames, uid, now } = content;
  const { header } = series;
  const [date, time] = clock(now, header.string("TimezoneOffsetFromUTC"));
  const dimensions = uid();
  return {
    // Characters of any character set become UTF-8.
    SpecificCharacterSet: "ISO_IR 192",
    SOPClassUID: SEGMENTATION_STORAGE,
    SOPInstanceUID: uid(),
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    ...copied(header),
    StudyInstanceUID: series.studyInstanceUID,
    Modality: "SEG",
    SeriesInstanceUID: uid(),
    SeriesNumber: content.seriesNumber ?? 1000,
    SeriesDescription: content.seriesDescription ?? "Segmentation",
    SeriesDate: date,
    SeriesTime: time,
    FrameOfReferenceUID: series.frameOfReferenceUID,
    Manufacturer: "medvfs",
    ManufacturerModelName: "medvfs",
    DeviceSerialNumber: "0",
    SoftwareVersions: IMPLEMENTATION_VERSION_NAME,
    ContentDate: date,
    ContentTime: time,
    InstanceNumber: 1,
    ImageType: ["DERIVED", "PRIMARY"],
    ContentLabel: content.contentLabel ?? "SEGMENTATION",
    ContentDescription: content.contentDescription ?? "",
    ContentCreatorName: content.contentCreatorName ?? "",
    ...lossy(header),
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    Rows: series.shape[1],
    Columns: series.shape[0],
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    NumberOfFrames: frames.length,
    SegmentationType: "BINARY",
    SegmentsOverlap: "NO",
    SegmentSequence: segments.map((segment, i) => segmentItem(segment, i + 1, content)),
    ReferencedSeriesSequence: [referencedSeries(series)],
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: dimensions }],
    DimensionIndexSequence: [
      dimension(dimensions, 0x0062000B, 0x0062000A, "ReferencedSegmentNumber"),
      dimension(dimensions, 0x00200032, 0x00209113, "ImagePositionPatient"),
    ],
    SharedFunctionalGroupsSequence: [sharedGroups(series)],
  };
}

/** The functional groups of one frame, PS3.3 §A.51.5. */
export function frameGroups(frame: Frame, { slices }: SeriesGeometry): Natural {
  const { position, sopClassUID, sopInstanceUID, frame: sourceFrame } = slices[frame.slice]!;
  return {
    FrameContentSequence: [{ DimensionIndexValues: [frame.segment + 1, frame.slice + 1] }],
    PlanePositionSequence: [{ ImagePositionPatient: position.map(decimal) }],
    SegmentIdentificationSequence: [{ ReferencedSegmentNumber: frame.segment + 1 }],
    DerivationImageSequence: [{
      DerivationCodeSequence: [codeItem(SEGMENTATION)],
      SourceImageSequence: [{
        ReferencedSOPClassUID: sopClassUID,
        ReferencedSOPInstanceUID: sopInstanceUID,
        ReferencedFrameNumber: sourceFrame,
        SpatialLocationsPreserved: "YES",
        PurposeOfReferenceCodeSequence: [codeItem(SOURCE_IMAGE)],
      }],
    }],
  };
}

function copied(header: DicomHeader): Natural {
  const text = (name: string) => header.strings(name).join("\\");
  return Object.fromEntries([
    ...COPIED_ALWAYS.map((name) => [name, text(name)]),
    ...COPIED.flatMap((name) => text(name) === "" ? [] : [[name, text(name)]]),
  ]);
}

/** A segmentation of lossy images is lossy too, PS3.3 §C.7.6.1.1.5. */
function lossy(header: DicomHeader): Natural {
  if (header.string("LossyImageCompression") !== "01") return { LossyImageCompression: "00" };
  const rest = ["LossyImageCompressionRatio", "LossyImageCompressionMethod"]
    .flatMap((name) => header.has(name) ? [[name, header.strings(name)]] : []);
  return { LossyImageCompression: "01", ...Object.fromEntries(rest) };
}

function segmentItem(segment: Segment, number: number, { cielab }: SegContent): Natural {
  const { algorithm, anatomicRegion, color } = segment;
  return {
    SegmentNumber: number,
    SegmentLabel: segment.label,
    SegmentDescription: segment.description,
    SegmentAlgorithmType: algorithm.type,
    SegmentAlgorithmName: algorithm.type === "MANUAL" ? undefined : algorithm.name,
    SegmentedPropertyCategoryCodeSequence: [codeItem(segment.category ?? TISSUE)],
    SegmentedPropertyTypeCodeSequence: [codeItem(segment.type ?? TISSUE)],
    AnatomicRegionSequence: anatomicRegion && [codeItem(anatomicRegion)],
    RecommendedDisplayCIELabValue: color && cielab(color),
    // Segments are numbered from 1 on; the mask's values need not be.
    LabelValueCreator: LABEL_VALUE.creator,
    LabelValue: segment.value,
  };
}

function codeItem({ value, scheme, meaning }: Code): Natural {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}

function referencedSeries({ seriesInstanceUID, slices }: SeriesGeometry): Natural {
  const classes = new Map(slices.map((slice) => [slice.sopInstanceUID, slice.sopClassUID]));
  return {
    SeriesInstanceUID: seriesInstanceUID,
    ReferencedInstanceSequence: [...classes].map(([instance, sopClass]) => ({
      ReferencedSOPClassUID: sopClass,
      ReferencedSOPInstanceUID: instance,
    })),
  };
}

function dimension(organization: string, pointer: number, group: number, label: string): Natural {
  return {
    DimensionOrganizationUID: organization,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: group,
    DimensionDescriptionLabel: label,
  };
}

function sharedGroups({ axes, knowsSliceDistance, header }: SeriesGeometry): Natural {
  const [row, column, slice] = axes;
  const distance = knowsSliceDistance ? decimal(dot(slice, unit(cross(row, column)))) : undefined;
  return {
    PixelMeasuresSequence: [{
      PixelSpacing: [column, row].map((axis) => decimal(length(axis))),
      SliceThickness: header.string("SliceThickness") ?? distance,
      SpacingBetweenSlices: distance,
    }],
    PlaneOrientationSequence: [{
      ImageOrientationPatient: [row, column].flatMap((axis) =>
        axis.map((part) => decimal(part / length(axis)))
      ),
    }],
  };
}

/** A DS has 16 characters at most (PS3.5 §6.2). */
export function decimal(value: number): string {
  for (let digits = 16;; digits--) {
    const text = String(Number(value.toPrecision(digits)) + 0);
    if (text.length <= 16) return text;
  }
}

/** Date and time of day as DA and TM: at the offset of the images, such as `+0200`, else local. */
function clock(now: Date, offset = ""): [string, string] {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(offset) ?? [];
  const ahead = sign === undefined
    ? -now.getTimezoneOffset()
    : Number(`${sign}1`) * (60 * Number(hours) + Number(minutes));
  const digits = new Date(now.getTime() + ahead * 60_000).toISOString().replace(/[-:TZ]/g, "");
  return [digits.slice(0, 8), digits.slice(8)];
}
