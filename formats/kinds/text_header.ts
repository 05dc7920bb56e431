/**
 * One line about formats with headers of text: NRRD and MetaImage.
 *
 * @module
 */

import { counted, latin1, printable } from "../text.ts";

/** Describes an NRRD file by its text header (teem.sourceforge.net/nrrd). */
export function describeNrrd(bytes: Uint8Array): string {
  const fields = readFields(bytes, /^([^:]+):=?\s*(.*)$/);
  const segments = [...fields.keys()]
    .filter((key) => /^segment\d+_id$/.test(key)).length;
  return join([
    segments > 0 ? "NRRD segmentation" : "NRRD",
    shape(fields.get("sizes")),
    fields.get("type"),
    segments > 0 ? counted(segments, "segment") : undefined,
  ]);
}

/** Describes a MetaImage file by its text header (itk.org, MetaIO). */
export function describeMetaImage(bytes: Uint8Array): string {
  const fields = readFields(bytes, /^([^=]+?)\s*=\s*(.*)$/);
  const spacing = fields.get("elementspacing") ?? fields.get("elementsize");
  return join([
    "MetaImage",
    shape(fields.get("dimsize")),
    fields.get("elementtype")?.replace(/^MET_/, "").toLowerCase(),
    spacing && `${shape(spacing)} mm`,
  ]);
}

function readFields(bytes: Uint8Array, line: RegExp): Map<string, string> {
  const fields = new Map<string, string>();
  for (const text of latin1(bytes).split(/\r?\n/)) {
    // The header ends at an empty line, or where the voxels begin.
    if (text === "") break;
    const [, key, value] = line.exec(text) ?? [];
    if (key !== undefined && value !== undefined) {
      fields.set(key.toLowerCase(), value.trim());
    }
    if (key === "ElementDataFile") break;
  }
  return fields;
}

function shape(sizes: string | undefined): string | undefined {
  return sizes?.split(/\s+/).join("x");
}

function join(parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).map((part) => printable(part!)).join(" ");
}
