/**
 * Files that are handed in: their bytes, and whether they are what their names say.
 *
 * @module
 */

import { VfsError } from "../vfs/errors.ts";
import { parseLocation } from "../vfs/location/location.ts";
import type { OpOptions } from "../vfs/options.ts";
import type { Vfs } from "../vfs/vfs.ts";
import type { DatastoreFile } from "./datastore.ts";
import { type LabelFormat, labelFormat } from "./segmentation/label_format.ts";

/** A file in memory. */
export interface ReadFile {
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Ending of its name with the dot, in lower case: `.nii.gz`. */
  readonly extension: string;
  /** What it is. */
  readonly format: LabelFormat;
}

/** Endings of two parts, and what else counts as one ending. */
const COMPOUND = /\.(nii|mgh|tar|seg\.nrrd|seg\.nii)\.gz$|\.seg\.(nrrd|nii|dcm)$/;
const PLAIN = /\.[a-z0-9]{1,10}$/;

/** The ending of a file's name, in lower case, `.nii.gz` and `.seg.nrrd` as one; empty when there is none. */
export function extensionOf(name: string): string {
  const lower = name.toLowerCase();
  return (COMPOUND.exec(lower) ?? PLAIN.exec(lower))?.[0] ?? "";
}

/** What files with these endings are; others may be anything. */
const FORMATS: readonly (readonly [ending: RegExp, formats: readonly LabelFormat[]])[] = [
  [/\.nii$/, ["nii"]],
  [/\.nii\.gz$/, ["nii.gz"]],
  [/\.seg\.nrrd$/, ["seg.nrrd"]],
  [/\.nrrd$/, ["nrrd", "seg.nrrd"]],
  [/\.dcm$/, ["dcm", "dcm-seg"]],
  [/\.json$/, ["json"]],
];

/** Whether a file is called like a label of a known format. */
export function isLabelName(name: string): boolean {
  return FORMATS.some(([ending]) => ending.test(name));
}

/** The ending that goes with a file's bytes, whatever its name says; undefined when they tell nothing. */
export async function sniffedExtension(bytes: Uint8Array): Promise<string | undefined> {
  const format = await labelFormat(bytes);
  if (format === "unknown") return undefined;
  return format === "dcm-seg" ? ".dcm" : `.${format}`;
}

/**
 * Reads a label that is handed in.
 *
 * @throws `InvalidArgument` when it is empty, or of another format than its name says; `NotFound` when it is missing
 */
export async function readLabelFile(
  vfs: Vfs,
  file: DatastoreFile,
  op: string,
  { signal }: OpOptions,
): Promise<ReadFile> {
  const isBytes = typeof file === "object" && "bytes" in file;
  const place = isBytes ? undefined : parseLocation(file).location;
  const url = place?.href ?? "a file in memory";
  const bytes = isBytes ? file.bytes : await vfs.readFile(file, { signal });
  const extension = isBytes ? checkedExtension(file.extension, op) : extensionOf(place!.name);
  const refuse = (reason: string) => new VfsError("InvalidArgument", { op, url, reason });
  if (bytes.length === 0) throw refuse("the file is empty");
  const format = await labelFormat(bytes);
  const told = FORMATS.find(([ending]) => ending.test(extension))?.[1];
  if (told && !told.includes(format)) {
    throw refuse(`its name ends with ${extension}, and its content is ${format}`);
  }
  return { bytes, extension, format };
}

/** The extension that goes with bytes, as part of a name. @throws `InvalidArgument` */
export function checkedExtension(extension: string, op: string): string {
  const lower = extension.toLowerCase();
  if (/^(\.[a-z0-9]{1,10}){0,3}$/.test(lower)) return lower;
  const reason = `${JSON.stringify(extension)} is no extension such as ".nii.gz"`;
  throw new VfsError("InvalidArgument", { op, url: "a file in memory", reason });
}
