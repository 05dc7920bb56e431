/**
 * Tags as numbers and as text.
 *
 * @module
 */

/** Tags that the scanner and the one-line descriptions know by number. */
export const TAG = {
  FileMetaInformationGroupLength: 0x00020000,
  MediaStorageSOPClassUID: 0x00020002,
  MediaStorageSOPInstanceUID: 0x00020003,
  TransferSyntaxUID: 0x00020010,
  DirectoryRecordSequence: 0x00041220,
  DirectoryRecordType: 0x00041430,
  SpecificCharacterSet: 0x00080005,
  SOPClassUID: 0x00080016,
  SOPInstanceUID: 0x00080018,
  TimezoneOffsetFromUTC: 0x00080201,
  PixelRepresentation: 0x00280103,
  Item: 0xFFFEE000,
  ItemDelimitationItem: 0xFFFEE00D,
  SequenceDelimitationItem: 0xFFFEE0DD,
} as const;

/** Writes a tag as eight upper-case hexadecimal digits, `00100010`. */
export function tagString(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, "0");
}

/** Writes a tag as people do, `(0010,0010)`. */
export function tagLabel(tag: number): string {
  const digits = tagString(tag);
  return `(${digits.slice(0, 4)},${digits.slice(4)})`;
}

/** Reads `00100010`, `(0010,0010)` or `0010,0010`; undefined for anything else. */
export function parseTag(text: string): number | undefined {
  const match = /^\(?([0-9a-f]{4}),?([0-9a-f]{4})\)?$/i.exec(text);
  return match ? parseInt(match[1]! + match[2]!, 16) : undefined;
}

/** Whether a tag belongs to a private (odd) group (PS3.5 §7.8). */
export function isPrivate(tag: number): boolean {
  return (tag & 0x10000) !== 0;
}

/** Whether a tag reserves a private block, (gggg,0010) to (gggg,00FF). */
export function isPrivateCreator(tag: number): boolean {
  const element = tag & 0xFFFF;
  return isPrivate(tag) && element >= 0x10 && element <= 0xFF;
}

/** Whether a tag is PixelData, FloatPixelData or DoubleFloatPixelData. */
export function isPixelData(tag: number): boolean {
  return tag === 0x7FE00010 || tag === 0x7FE00008 || tag === 0x7FE00009;
}
