/**
 * One line for people about a DICOM file or DICOMDIR.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { FormatError } from "../errors.ts";
import { counted, printable, withoutTail } from "../text.ts";
import { detailsOf } from "./describe_details.ts";
import type { DicomHeader } from "./header.ts";
import { readDicomHeader } from "./read_header.ts";
import { TAG, tagLabel } from "./tag.ts";

// One line needs no more; long headers, as of RT structure sets with their
// contours and of large multi-frame images, have all of it near the start.
const MAX_HEADER_BYTES = 1024 * 1024;

/** Describes a DICOM file in one line: modality, image, series, date, patient. */
export async function describeDicom(source: ByteSource): Promise<string> {
  return await describe(source, MAX_HEADER_BYTES, describeHeader);
}

/** Describes a DICOMDIR by counting its directory records (PS3.3 §F.5). */
export async function describeDicomDir(source: ByteSource): Promise<string> {
  return await describe(source, undefined, describeDirectory);
}

async function describe(
  source: ByteSource,
  maxHeaderBytes: number | undefined,
  line: (header: DicomHeader) => string,
): Promise<string> {
  try {
    const header = await readDicomHeader(source, { maxHeaderBytes });
    return `${line(header)}${damageNote(header)}`;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return `DICOM (${error.message})`;
  }
}

function damageNote({ damage }: DicomHeader): string {
  if (!damage || damage.code === "limit") return "";
  const what = damage.code === "truncated" ? "truncated" : "damaged";
  return ` (${what} at byte ${damage.position})`;
}

/** Describes a header in one line, safe to show on a terminal. */
export function describeHeader(header: DicomHeader): string {
  const modality = header.string("Modality");
  const series = header.string("SeriesNumber");
  const words = [
    modality || "DICOM",
    ...imageParts(header),
    ...detailsOf(header),
    series && `#${series}`,
    header.string("SeriesDescription"),
    dateText(header),
    nameText(header),
  ].filter((part) => part !== undefined && part !== "")
    .map((part) => printable(part!.replace(/ {2,}/g, " ")));
  return words.length > 1 ? words.join(" ") : `${words[0]}${elementsText(header)}`;
}

/** What is there, for a dataset that says nothing of an image, a series or a patient. */
function elementsText({ elements }: DicomHeader): string {
  const names = elements.slice(0, 3).map(({ keyword, tagNumber }) =>
    keyword ?? tagLabel(tagNumber)
  );
  const list = elements.length > 3 ? [...names, "…"] : names;
  const count = counted(elements.length, "element");
  return list.length === 0 ? `, ${count}` : `, ${count}: ${list.join(" ")}`;
}

function imageParts(header: DicomHeader): (string | undefined)[] {
  const rows = header.number("Rows");
  const columns = header.number("Columns");
  if (rows === undefined || columns === undefined) return [];
  const frames = header.number("NumberOfFrames") ?? 1;
  const stored = header.number("BitsStored");
  const allocated = header.number("BitsAllocated");
  const bits = stored === undefined || stored === allocated ? allocated : `${stored}/${allocated}`;
  return [
    `${rows}x${columns}`,
    frames === 1 ? undefined : counted(frames, "frame"),
    bits === undefined ? undefined : `${bits}-bit`,
  ];
}

function dateText(header: DicomHeader): string | undefined {
  for (const name of ["StudyDate", "SeriesDate", "ContentDate"]) {
    const date = header.date(name);
    if (date) return date.toISOString().slice(0, 10);
  }
  return undefined;
}

/** The patient's name without empty groups at its end, unless it has delimiters only. */
function nameText(header: DicomHeader): string | undefined {
  const name = withoutTail(header.string("PatientName") ?? "", /[=^\s]/);
  return name && /[^\s^=]/.test(name) ? name : undefined;
}

function describeDirectory(header: DicomHeader): string {
  const counts = new Map<string, number>();
  for (const record of header.sequence(TAG.DirectoryRecordSequence)) {
    const type = record.string(TAG.DirectoryRecordType) ?? "";
    const isLevel = ["PATIENT", "STUDY", "SERIES"].includes(type);
    const level = isLevel ? type : record.has("ReferencedFileID") ? "INSTANCE" : "OTHER";
    counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  const count = (level: string): number => counts.get(level) ?? 0;
  return "DICOMDIR " + [
    counted(count("PATIENT"), "patient"),
    counted(count("STUDY"), "study", "studies"),
    counted(count("SERIES"), "series", "series"),
    counted(count("INSTANCE"), "instance"),
  ].join(", ");
}
