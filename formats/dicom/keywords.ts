/**
 * How attributes are named.
 *
 * @module
 */

/** Keywords that programs ask for most, offered by editors. */
export type CommonKeyword =
  | "AccessionNumber"
  | "AcquisitionDate"
  | "AcquisitionNumber"
  | "AcquisitionTime"
  | "BitsAllocated"
  | "BitsStored"
  | "BodyPartExamined"
  | "Columns"
  | "ContentDate"
  | "ContentTime"
  | "DirectoryRecordSequence"
  | "EchoTime"
  | "FrameOfReferenceUID"
  | "HighBit"
  | "ImageOrientationPatient"
  | "ImagePositionPatient"
  | "ImageType"
  | "InstanceNumber"
  | "InstitutionName"
  | "Manufacturer"
  | "ManufacturerModelName"
  | "Modality"
  | "NumberOfFrames"
  | "PatientBirthDate"
  | "PatientID"
  | "PatientName"
  | "PatientSex"
  | "PhotometricInterpretation"
  | "PixelRepresentation"
  | "PixelSpacing"
  | "ProtocolName"
  | "ReferencedSeriesSequence"
  | "ReferencedSOPInstanceUID"
  | "ReferencedSOPSequence"
  | "RepetitionTime"
  | "RescaleIntercept"
  | "RescaleSlope"
  | "Rows"
  | "SamplesPerPixel"
  | "SegmentSequence"
  | "SeriesDate"
  | "SeriesDescription"
  | "SeriesInstanceUID"
  | "SeriesNumber"
  | "SeriesTime"
  | "SliceThickness"
  | "SOPClassUID"
  | "SOPInstanceUID"
  | "SpecificCharacterSet"
  | "StructureSetLabel"
  | "StudyDate"
  | "StudyDescription"
  | "StudyID"
  | "StudyInstanceUID"
  | "StudyTime"
  | "TransferSyntaxUID"
  | "WindowCenter"
  | "WindowWidth";

/** A keyword of PS3.6, or a tag as `00100010`, `(0010,0010)` or a number. */
export type AttributeName =
  | CommonKeyword
  | (string & Record<never, never>)
  | number;
