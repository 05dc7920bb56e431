/**
 * What a file is, on any byte driver.
 *
 * This folder knows bytes only. A file comes in as a {@linkcode ByteSource},
 * which reads ranges, or as bytes in memory:
 *
 * - {@linkcode sniff} tells the format by content,
 * - {@linkcode describeFile} describes a file in one line for people,
 * - {@linkcode readDicomHeader} reads a DICOM header without its pixel data:
 *   bounded in bytes, depth and count, tolerant of damage, values decoded at
 *   first access, names in all character sets of DICOM,
 * - {@linkcode dumpLines} writes such a header as text,
 * - {@linkcode readFileMeta} finds what storing a file needs to know, and
 *   {@linkcode encodeFileMeta} makes a file of a bare dataset.
 *
 * Errors are {@linkcode FormatError}s. Importing this module loads nothing
 * heavy; the data dictionary is searched in place.
 *
 * @module
 */
export { type ByteSource, bytesSource } from "./byte_source.ts";
export { describeFile } from "./describe.ts";
export { FormatError, type FormatErrorKind } from "./errors.ts";
export { type FileFormat, type FormatName, sniff } from "./sniff.ts";
export { printable } from "./text.ts";
export { CharacterSets, type TextKind } from "./dicom/character_sets.ts";
export { DicomDataset, type HeaderContext } from "./dicom/dataset.ts";
export { describeHeader } from "./dicom/describe.ts";
export { type DictionaryEntry, entryByTag, tagByKeyword } from "./dicom/dictionary.ts";
export { dumpLines, type DumpOptions } from "./dicom/dump.ts";
export { DicomElement } from "./dicom/element.ts";
export type { Encoding } from "./dicom/encoding.ts";
export {
  encodeFileMeta,
  type FileMeta,
  type FileMetaFields,
  readFileMeta,
  type ReadFileMetaOptions,
} from "./dicom/file_meta.ts";
export { DicomHeader } from "./dicom/header.ts";
export type { DicomJson, DicomJsonAttribute, DicomJsonValue } from "./dicom/json.ts";
export type { AttributeName, CommonKeyword } from "./dicom/keywords.ts";
export { type NameComponents, PersonName } from "./dicom/person_name.ts";
export { isDicom, parseDicomHeader, readDicomHeader } from "./dicom/read_header.ts";
export type { ReadHeaderOptions } from "./dicom/header_job.ts";
export type { PixelDataLocation } from "./dicom/scanner.ts";
export type { DicomScalar, DicomValue } from "./dicom/values.ts";
export type { HeaderWarning, HeaderWarningCode, WarningLog } from "./dicom/warnings.ts";
