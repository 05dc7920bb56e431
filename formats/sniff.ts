/**
 * What a file is, told by its first bytes.
 *
 * @module
 */

import { type ByteSource, bytesSource } from "./byte_source.ts";
import { isDicom, parseDicomHeader } from "./dicom/read_header.ts";
import { TAG } from "./dicom/tag.ts";
import { InflateSource } from "./inflate.ts";
import { isNifti } from "./kinds/nifti.ts";
import { latin1 } from "./text.ts";

/** The formats that are told apart. */
export type FormatName =
  | "dicom"
  | "dicomdir"
  | "nifti"
  | "nrrd"
  | "metaimage"
  | "zip"
  | "gzip"
  | "tar"
  | "png"
  | "jpeg"
  | "jpeg2000"
  | "pdf"
  | "json"
  | "text"
  | "empty"
  | "unknown";

/** What a file is. */
export interface FileFormat {
  /** The format, of the content when it is compressed as a whole. */
  readonly format: FormatName;
  /** Media type of the file as it is. */
  readonly mediaType: string;
  /** How the whole file is compressed. */
  readonly compression?: "gzip";
}

const MEDIA_TYPES: Readonly<Record<FormatName, string>> = {
  dicom: "application/dicom",
  dicomdir: "application/dicom",
  nifti: "application/x-nifti",
  nrrd: "application/x-nrrd",
  metaimage: "application/x-metaimage",
  zip: "application/zip",
  gzip: "application/gzip",
  tar: "application/x-tar",
  png: "image/png",
  jpeg: "image/jpeg",
  jpeg2000: "image/jp2",
  pdf: "application/pdf",
  json: "application/json",
  text: "text/plain",
  empty: "application/x-empty",
  unknown: "application/octet-stream",
};

/** Bytes that are looked at. */
const SLICE = 1024;
const INFLATED_SLICE = 1024;
const MEDIA_DIRECTORY = "1.2.840.10008.1.3.10";

/**
 * Tells what a file is by its content, from its first KiB.
 *
 * @example
 * ```ts
 * import { sniff } from "@medvfs/vfs/formats";
 *
 * const { format } = await sniff(new TextEncoder().encode("%PDF-1.7"));
 * console.assert(format === "pdf");
 * ```
 */
export async function sniff(
  source: ByteSource | Uint8Array,
): Promise<FileFormat> {
  const bytes = source instanceof Uint8Array ? bytesSource(source) : source;
  const slice = await bytes.read(0, SLICE);
  const format = sniffBytes(slice);
  if (format !== "gzip") return { format, mediaType: MEDIA_TYPES[format] };
  const mediaType = MEDIA_TYPES.gzip;
  const inner = sniffBytes(await gunzipSlice(bytes, INFLATED_SLICE));
  return inner === "nifti" || inner === "tar"
    ? { format: inner, mediaType, compression: "gzip" }
    : { format, mediaType };
}

/** Inflates the first bytes of a gzip file; fewer when it is damaged. */
export async function gunzipSlice(
  source: ByteSource,
  length: number,
): Promise<Uint8Array> {
  const inflating = await InflateSource.open(source, 0, "gzip", length);
  return await inflating.read(0, length);
}

/** Tells what starts with these bytes, 1 KiB of it or all. */
export function sniffBytes(bytes: Uint8Array): FormatName {
  if (bytes.length === 0) return "empty";
  // DICOM first: its preamble can hold another format's magic (PS3.10 §7.1).
  if (isDicom(bytes)) return isDirectory(bytes) ? "dicomdir" : "dicom";
  if (isNifti(bytes)) return "nifti";
  return MAGIC.find(([, isIt]) => isIt(bytes))?.[0] ?? sniffText(bytes);
}

function isDirectory(bytes: Uint8Array): boolean {
  const header = parseDicomHeader(bytes, { until: TAG.MediaStorageSOPClassUID });
  return header.string(TAG.MediaStorageSOPClassUID) === MEDIA_DIRECTORY;
}

type Magic = readonly [FormatName, (bytes: Uint8Array) => boolean];

const MAGIC: readonly Magic[] = [
  ["gzip", magic(0, 0x1F, 0x8B, 0x08)],
  ["zip", magic(0, 0x50, 0x4B, 0x03, 0x04)],
  ["zip", magic(0, 0x50, 0x4B, 0x05, 0x06)],
  ["tar", magic(257, 0x75, 0x73, 0x74, 0x61, 0x72)],
  ["png", magic(0, 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A)],
  ["jpeg", magic(0, 0xFF, 0xD8, 0xFF)],
  ["jpeg2000", magic(0, 0xFF, 0x4F, 0xFF, 0x51)],
  ["jpeg2000", magic(4, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A)],
  ["pdf", magic(0, 0x25, 0x50, 0x44, 0x46, 0x2D)],
  ["nrrd", (bytes) => /^NRRD000\d\r?\n/.test(latin1(bytes.subarray(0, 16)))],
  ["metaimage", (bytes) => {
    const text = latin1(bytes);
    return /^\s*(ObjectType|NDims|Comment)\s*=/.test(text) &&
      /^\s*(NDims|DimSize)\s*=/m.test(text);
  }],
];

function magic(at: number, ...expected: number[]): Magic[1] {
  return (bytes) => expected.every((byte, index) => bytes[at + index] === byte);
}

function sniffText(bytes: Uint8Array): FormatName {
  let text: string;
  try {
    // A character that is cut off at the end of the slice is no fault.
    text = new TextDecoder("utf-8", { fatal: true })
      .decode(bytes, { stream: bytes.length >= SLICE });
  } catch {
    return "unknown"; // not UTF-8
  }
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0006\u000E-\u001A\u001C-\u001F\u007F]/.test(text)) {
    return "unknown";
  }
  return /^\s*(\{\s*["}]|\[\s*(["{[\]\d-]|true|false|null))/.test(text) ? "json" : "text";
}
