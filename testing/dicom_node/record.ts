/**
 * What is indexed of a file, in comparable spelling.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import type { Info } from "../../vfs/transport.ts";
import { ATTRIBUTES } from "./attributes.ts";

/** What the index keeps of one file. */
export interface InstanceRecord {
  /** Values by keyword, several of one attribute joined by `\`; absent where empty. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Transfer syntax of the dataset. */
  readonly transferSyntaxUID: string;
  /** The file. */
  readonly file: FileRecord;
}

/** What tells a file from what becomes of it. */
export interface FileVersion {
  /** Bytes. */
  readonly size?: number | null;
  /** Last change, in milliseconds since the epoch. */
  readonly mtime?: number | null;
  /** Strong validator. */
  readonly etag?: string | null;
}

/** A file as it was when it was read. */
export interface FileRecord extends FileVersion {
  /** Path below the root, its segments percent-encoded. */
  readonly path: string;
  /** Byte offset of the dataset; undefined for what is no DICOM file. */
  readonly datasetOffset?: number;
}

/** What a transport tells of a file. */
export function versionOf({ size, mtime, etag }: Info): FileVersion {
  return { size, mtime: mtime?.getTime(), etag };
}

/** Whether a file is what it was; undefined where that cannot be told. */
export function isSame(then: FileVersion, now: FileVersion): boolean | undefined {
  const isEqual = (key: keyof FileVersion) =>
    then[key] == null || now[key] == null ? undefined : then[key] === now[key];
  return isEqual("size") === false ? false : isEqual("etag") ?? isEqual("mtime");
}

const NONE: readonly string[] = [];
/** All that can be told: one that grows by each value takes six times its memory. */
const EMPTY: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  ATTRIBUTES.map(({ keyword }) => [keyword, undefined]),
);

/** The values of a header that are indexed. */
export function valuesOf(header: DicomHeader): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = { ...EMPTY };
  for (const { keyword, tag, vr } of ATTRIBUTES) {
    const texts = header.element(tag)?.texts ?? NONE;
    const text = texts.length === 1 ? texts[0]! : texts.join("\\");
    if (text !== "") values[keyword] = normalized(vr, text);
  }
  return values;
}

/** A value in the one spelling of its VR that can be compared: dates and times of ACR-NEMA had separators. */
export function normalized(vr: string, text: string): string {
  if (vr === "DA") return text.replaceAll(".", "");
  if (vr === "TM") return text.replaceAll(":", "");
  if (vr === "IS" && /^[+-]?\d+$/.test(text)) return String(Number(text));
  return text;
}

/** The component groups of a name as they are compared: any case, no empty components at the end. */
export function foldedGroups(name: string): [string, string, string] {
  const groups = name.split("=").map(folded);
  return [groups[0] ?? "", groups[1] ?? "", groups[2] ?? ""];
}

function folded(group: string): string {
  return group.normalize("NFKC").toLowerCase().replace(/\s*\^\s*/g, "^").replace(/[\s^]+$/, "");
}
