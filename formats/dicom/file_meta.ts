/**
 * File meta information: what comes before the dataset, read and written.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { FormatError } from "../errors.ts";
import { encodingOf, isDeflated, syntaxOf } from "./encoding.ts";
import type { DicomHeader } from "./header.ts";
import { readDicomHeader } from "./read_header.ts";
import { TAG } from "./tag.ts";
import type { HeaderWarning } from "./warnings.ts";

/** What file meta information says of a dataset (PS3.10 §7.1). */
export interface FileMetaFields {
  /** SOP class, (0002,0002). */
  readonly sopClassUID: string;
  /** SOP instance, (0002,0003). */
  readonly sopInstanceUID: string;
  /** How the dataset is encoded, (0002,0010). */
  readonly transferSyntaxUID: string;
  /** Who writes the file, (0002,0012). */
  readonly implementationClassUID: string;
  /** Its version, (0002,0013); 16 characters at most. */
  readonly implementationVersionName?: string;
  /** AE title that the dataset came from, (0002,0016). */
  readonly sourceAET?: string;
}

const PREAMBLE = 128;
/** `DICM` and (0002,0000), whose value follows. */
const MAGIC = [0x44, 0x49, 0x43, 0x4D, 2, 0, 0, 0, 0x55, 0x4C, 4, 0];
/** (0002,0001). */
const VERSION = [2, 0, 1, 0, 0x4F, 0x42, 0, 0, 2, 0, 0, 0, 0, 1];
const LENGTH_AT = PREAMBLE + MAGIC.length;
const VALUES_START = LENGTH_AT + 4;

/** An element of text. */
type TextElement = readonly [element: number, vr: "UI" | "SH" | "AE", text: string];

/**
 * What comes before the dataset in a DICOM file: preamble, `DICM` and group 0002 (PS3.10 §7.1).
 *
 * @throws {FormatError} `Corrupt` for what is no UID, version name or AE title.
 *
 * @example
 * ```ts
 * import { encodeFileMeta, readFileMeta } from "@medvfs/vfs/formats";
 *
 * const head = encodeFileMeta({
 *   sopClassUID: "1.2.840.10008.5.1.4.1.1.7",
 *   sopInstanceUID: "2.25.1",
 *   transferSyntaxUID: "1.2.840.10008.1.2.1",
 *   implementationClassUID: "2.25.2",
 * });
 * const dataset = [8, 0, 5, 0, 67, 83, 10, 0, ...new TextEncoder().encode("ISO_IR 192")];
 * const file = Uint8Array.from([...head, ...dataset]);
 * console.assert((await readFileMeta(file)).datasetOffset === head.length);
 * ```
 */
export function encodeFileMeta(fields: FileMetaFields): Uint8Array<ArrayBuffer> {
  const { implementationVersionName: version, sourceAET } = fields;
  const elements: TextElement[] = [
    uidElement(0x0002, fields.sopClassUID, "SOP class"),
    uidElement(0x0003, fields.sopInstanceUID, "SOP instance"),
    uidElement(0x0010, fields.transferSyntaxUID, "transfer syntax"),
    uidElement(0x0012, fields.implementationClassUID, "implementation class"),
  ];
  if (version !== undefined) elements.push(textElement(0x0013, "SH", version));
  if (sourceAET !== undefined) elements.push(textElement(0x0016, "AE", sourceAET));
  const length = elements.reduce((sum, [, , text]) => sum + 8 + evenLength(text), VERSION.length);
  const file = new Uint8Array(VALUES_START + length);
  file.set(MAGIC, PREAMBLE);
  new DataView(file.buffer).setUint32(LENGTH_AT, length, true);
  file.set(VERSION, VALUES_START);
  let at = VALUES_START + VERSION.length;
  for (const element of elements) at = write(element, file, at);
  return file;
}

function uidElement(element: number, uid: string, what: string): TextElement {
  checkUid(uid, what);
  return [element, "UI", uid];
}

function textElement(element: number, vr: "SH" | "AE", text: string): TextElement {
  if (!/^[\x20-\x5B\x5D-\x7E]{1,16}$/.test(text)) {
    throw new FormatError("Corrupt", `"${text}" is no ${vr} of 1 to 16 characters`);
  }
  return [element, vr, text];
}

function evenLength(text: string): number {
  return text.length + text.length % 2;
}

/** Writes an element, and tells where it ends. The text is ASCII; a TextEncoder for it would take most of the time. */
function write([element, vr, text]: TextElement, out: Uint8Array, at: number): number {
  const length = evenLength(text);
  out[at] = 2;
  out[at + 2] = element;
  out[at + 4] = vr.charCodeAt(0);
  out[at + 5] = vr.charCodeAt(1);
  out[at + 6] = length;
  const start = at + 8;
  for (let i = 0; i < text.length; i++) out[start + i] = text.charCodeAt(i);
  if (length > text.length && vr !== "UI") out[start + text.length] = 0x20;
  return start + length;
}

function checkUid(uid: string, what: string, position?: number): void {
  if (/^[0-9.]{1,64}$/.test(uid)) return;
  throw new FormatError("Corrupt", `The UID of the ${what} is malformed`, position);
}

/** What a dataset is and where it starts, whatever the file says or leaves out. */
export interface FileMeta {
  /** SOP class, of the dataset where it has one. */
  readonly sopClassUID: string;
  /** SOP instance, of the dataset where it has one. */
  readonly sopInstanceUID: string;
  /** How the dataset is in fact encoded. */
  readonly transferSyntaxUID: string;
  /** Byte offset in the file of the dataset. */
  readonly datasetOffset: number;
  /** Whether the file has file meta information. */
  readonly hasMeta: boolean;
  /** The elements read; its `warnings` tell what is wrong with the file. */
  readonly header: DicomHeader;
}

/** Options of {@linkcode readFileMeta}. */
export interface ReadFileMetaOptions {
  /** Read the dataset to here, to have more of it in `header`; to SOPInstanceUID by default. */
  readonly until?: number;
  /** Most bytes to read, and to inflate; 4 MiB. */
  readonly maxHeaderBytes?: number;
  /** Take a header whose structure is damaged, as far as it can be read. One that is cut is refused in any case. */
  readonly lenient?: boolean;
}

const UNCOMPRESSED: ReadonlySet<string> = new Set([
  "1.2.840.10008.1.2",
  "1.2.840.10008.1.2.1",
  "1.2.840.10008.1.2.2",
]);

/**
 * Finds what storing a file needs to know: with and without preamble, with group 0002 absent, incomplete or of a
 * wrong length, deflated. The dataset decides where it and group 0002 differ, since receivers compare with it.
 *
 * @throws {FormatError} `NotSupported` when the file is not DICOM; `Corrupt` when it is cut, or tells no class,
 * instance or transfer syntax; `LimitExceeded`
 */
export async function readFileMeta(
  source: ByteSource | Uint8Array,
  options: ReadFileMetaOptions = {},
): Promise<FileMeta> {
  const header = await readDicomHeader(source, {
    strict: !options.lenient,
    until: Math.max(options.until ?? 0, TAG.SOPInstanceUID),
    maxHeaderBytes: options.maxHeaderBytes ?? 4 * 1024 * 1024,
  });
  const { datasetPosition } = header;
  const cut = cutIn(header);
  if (cut) throw new FormatError("Corrupt", cut.text, cut.position);
  if (header.elements.length === 0 && header.complete) {
    throw new FormatError("Corrupt", "There is no dataset", datasetPosition);
  }
  return {
    sopClassUID: uidOf(header, TAG.SOPClassUID, TAG.MediaStorageSOPClassUID, "SOP class"),
    sopInstanceUID: uidOf(
      header,
      TAG.SOPInstanceUID,
      TAG.MediaStorageSOPInstanceUID,
      "SOP instance",
    ),
    transferSyntaxUID: actualSyntax(header),
    datasetOffset: datasetPosition,
    hasMeta: header.meta.elements.length > 0,
    header,
  };
}

/** What tells that a header was not read to its end; undefined where it was, however damaged. */
export function cutIn({ warnings }: DicomHeader): HeaderWarning | undefined {
  return warnings.find(({ code }) => code === "truncated" || code === "limit");
}

function uidOf(header: DicomHeader, inDataset: number, inMeta: number, what: string): string {
  const uid = header.string(inDataset) ?? header.string(inMeta);
  if (uid === undefined) {
    throw new FormatError("Corrupt", `The ${what} is not given`, header.datasetPosition);
  }
  checkUid(uid, what, header.datasetPosition);
  return uid;
}

/** The transfer syntax stated, unless the bytes show another one. */
function actualSyntax(header: DicomHeader): string {
  const { transferSyntaxUID: stated = "", encoding, deflated, datasetPosition } = header;
  checkUid(stated, "transfer syntax", datasetPosition);
  if (!encoding) return stated;
  const expected = encodingOf(stated);
  const isSame = expected.explicit === encoding.explicit &&
    expected.littleEndian === encoding.littleEndian && isDeflated(stated) === deflated;
  if (isSame) return stated;
  if (!deflated && (UNCOMPRESSED.has(stated) || isDeflated(stated))) return syntaxOf(encoding);
  throw new FormatError(
    "Corrupt",
    `The dataset is not encoded as transfer syntax ${stated} has it`,
    datasetPosition,
  );
}
