import { type DicomHeader, parseDicomHeader } from "../../../formats/mod.ts";
import { type DatasetInput, writeDicomFile } from "../../../testing/dicom_writer.ts";
import { cross, plus, times, unit, type Vector } from "../../../datastore/segmentation/vector.ts";

/** A series to make. */
export interface SeriesInput {
  readonly columns?: number;
  readonly rows?: number;
  readonly slices?: number;
  /** Direction of rows. */
  readonly row?: Vector;
  /** Direction of columns; made perpendicular to the rows. */
  readonly column?: Vector;
  /** PixelSpacing: between rows, between columns. */
  readonly spacing?: readonly [number, number];
  /** From slice to slice; along the normal where left out. */
  readonly step?: Vector;
  readonly origin?: Vector;
  /** Attributes of all images. */
  readonly attributes?: DatasetInput;
}

const CT = "1.2.840.10008.5.1.4.1.1.2";

/** Makes the images of a series of small planes without pixels, sorted along `step`. */
export function seriesFiles(input: SeriesInput = {}): Uint8Array<ArrayBuffer>[] {
  const { columns = 11, rows = 7, slices = 5, spacing = [0.75, 0.5], origin = [-20, 13, 400] } =
    input;
  const row = unit(input.row ?? [1, 0, 0]);
  const normal = unit(cross(row, input.column ?? [0, 1, 0]));
  const column = cross(normal, row);
  const step = input.step ?? times(normal, 2.5);
  return Array.from({ length: slices }, (_, slice) =>
    writeDicomFile({
      SpecificCharacterSet: "ISO_IR 192",
      SOPClassUID: CT,
      SOPInstanceUID: `2.25.100${slice}`,
      Modality: "CT",
      StudyDate: "20190207",
      StudyTime: "091500",
      AccessionNumber: "A1",
      StudyID: "1",
      ReferringPhysicianName: "",
      PatientName: "Фантомов^Иван",
      PatientID: "P1",
      PatientBirthDate: "19700101",
      PatientSex: "O",
      StudyInstanceUID: "2.25.1",
      SeriesInstanceUID: "2.25.2",
      SeriesNumber: 3,
      InstanceNumber: slice + 1,
      FrameOfReferenceUID: "2.25.3",
      PositionReferenceIndicator: "",
      Rows: rows,
      Columns: columns,
      PixelSpacing: spacing,
      SliceThickness: 2,
      ImageOrientationPatient: [...row, ...column],
      ImagePositionPatient: plus(origin, times(step, slice)),
      ...input.attributes,
    }));
}

/** The headers of such a series. */
export function seriesHeaders(input?: SeriesInput): DicomHeader[] {
  return seriesFiles(input).map((bytes) => parseDicomHeader(bytes));
}

/** An enhanced image: one instance with all slices as frames, the upper ones first. */
export function enhanced(frames: number, described = frames): DicomHeader {
  return parseDicomHeader(writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.2.1",
    SOPInstanceUID: "2.25.5",
    StudyInstanceUID: "2.25.1",
    SeriesInstanceUID: "2.25.2",
    FrameOfReferenceUID: "2.25.3",
    PatientID: "P1",
    Rows: 7,
    Columns: 11,
    NumberOfFrames: frames,
    SharedFunctionalGroupsSequence: [{
      PixelMeasuresSequence: [{ PixelSpacing: [0.75, 0.5], SliceThickness: 2 }],
      PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
    }],
    PerFrameFunctionalGroupsSequence: Array.from({ length: described }, (_, frame) => ({
      PlanePositionSequence: [{ ImagePositionPatient: [-20, 13, 400 - 2.5 * frame] }],
    })),
  }));
}
