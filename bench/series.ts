import { writeDicomFile } from "../testing/dicom_writer.ts";

const SIDE = 512;
const PER_FOLDER = 250;

/** Writes `count` CT instances of 512x512, with a header as scanners write it, into folders of 250. */
export async function makeSeries(top: string, count: number): Promise<void> {
  const pixels = crypto.getRandomValues(new Uint16Array(32768));
  const image = new Uint16Array(SIDE * SIDE);
  for (let at = 0; at < image.length; at += pixels.length) image.set(pixels, at);
  for (let n = 0; n < count; n++) {
    const folder = `${top}/${Math.floor(n / PER_FOLDER)}`;
    if (n % PER_FOLDER === 0) await Deno.mkdir(folder, { recursive: true });
    const series = `2.25.4711.${Math.floor(n / PER_FOLDER)}`;
    const file = writeDicomFile({
      ...HEADER,
      SOPInstanceUID: `${series}.${n}`,
      SeriesInstanceUID: series,
      InstanceNumber: n,
      PixelData: image,
    });
    await Deno.writeFile(`${folder}/${n}.dcm`, file);
  }
}

const code = (CodeValue: string, CodeMeaning: string) => [
  { CodeValue, CodingSchemeDesignator: "SCT", CodeMeaning },
];

const HEADER = {
  SpecificCharacterSet: "ISO_IR 192",
  ImageType: ["ORIGINAL", "PRIMARY", "AXIAL"],
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
  StudyDate: "20190207",
  SeriesDate: "20190207",
  AcquisitionDate: "20190207",
  ContentDate: "20190207",
  StudyTime: "140516.000",
  SeriesTime: "140517.000",
  AcquisitionTime: "140518.000",
  ContentTime: "140519.000",
  AccessionNumber: "ACC1",
  Modality: "CT",
  Manufacturer: "Bench",
  InstitutionName: "Bench Hospital",
  ReferringPhysicianName: "Referrer^Ann",
  StationName: "CT1",
  StudyDescription: "Head and neck",
  ProcedureCodeSequence: code("24727-0", "CT of head"),
  SeriesDescription: "Axial 1 mm",
  ManufacturerModelName: "Model 1",
  ReferencedStudySequence: [{
    ReferencedSOPClassUID: "1.2.840.10008.3.1.2.3.1",
    ReferencedSOPInstanceUID: "2.25.1",
  }],
  PatientName: "Müller^Jürgen",
  PatientID: "BENCH1",
  PatientBirthDate: "19500101",
  PatientSex: "M",
  PatientAge: "069Y",
  PatientWeight: "80",
  ContrastBolusAgent: "none",
  BodyPartExamined: "HEAD",
  ScanOptions: "AXIAL",
  SliceThickness: "1",
  KVP: "120",
  DataCollectionDiameter: "500",
  DeviceSerialNumber: "123",
  SoftwareVersions: "1.0",
  ProtocolName: "Head",
  ReconstructionDiameter: "250",
  DistanceSourceToDetector: "1000",
  DistanceSourceToPatient: "500",
  GantryDetectorTilt: "0",
  TableHeight: "100",
  RotationDirection: "CW",
  ExposureTime: "1000",
  XRayTubeCurrent: "200",
  Exposure: "200",
  FilterType: "BODY",
  FocalSpots: "0.7",
  ConvolutionKernel: "H30",
  PatientPosition: "HFS",
  StudyInstanceUID: "2.25.4711",
  StudyID: "1",
  SeriesNumber: 3,
  AcquisitionNumber: 1,
  ImagePositionPatient: ["-125", "-125", "10"],
  ImageOrientationPatient: ["1", "0", "0", "0", "1", "0"],
  FrameOfReferenceUID: "2.25.4712",
  PositionReferenceIndicator: "OM",
  SliceLocation: "10",
  SamplesPerPixel: 1,
  PhotometricInterpretation: "MONOCHROME2",
  Rows: SIDE,
  Columns: SIDE,
  PixelSpacing: ["0.488", "0.488"],
  BitsAllocated: 16,
  BitsStored: 12,
  HighBit: 11,
  PixelRepresentation: 0,
  WindowCenter: "40",
  WindowWidth: "400",
  RescaleIntercept: "-1024",
  RescaleSlope: "1",
  RequestedProcedureCodeSequence: code("24727-0", "CT of head"),
} as const;
