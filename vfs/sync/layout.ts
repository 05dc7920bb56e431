/**
 * Templates of paths, such as `{PatientID}/{SeriesNumber}-{SeriesDescription}/{InstanceNumber}.dcm`.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import { safeName } from "../location/safe_name.ts";

/** A template that was parsed. */
export interface Layout {
  /** The attributes that it names, by keyword. */
  readonly keywords: readonly string[];
  /** The path for an instance; what has no value is `unknown`. All names are safe on every system. */
  pathOf(valueOf: (keyword: string) => string | undefined): string[];
}

/** What stands for an attribute that has no value. */
const MISSING = "unknown";
const FIELD = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Parses a template. @throws `InvalidArgument` for a field that is no keyword of DICOM, or a path that is none */
export async function parseLayout(template: string): Promise<Layout> {
  const { tagByKeyword } = await import("../../formats/mod.ts");
  const refuse = (reason: string) =>
    new VfsError("InvalidArgument", { op: "lay out", url: template, reason });
  const names = template.split("/");
  if (names.some((name) => name === "" || name === "." || name === "..")) {
    throw refuse("a name in it is empty or made of dots");
  }
  if (/[{}]/.test(template.replace(FIELD, ""))) {
    throw refuse('a field must be a keyword in braces, such as "{PatientID}"');
  }
  const keywords = [...new Set([...template.matchAll(FIELD)].map(([, keyword]) => keyword!))];
  for (const keyword of keywords) {
    if (tagByKeyword(keyword) === undefined) throw refuse(`"${keyword}" is no keyword of DICOM`);
  }
  return {
    keywords,
    pathOf: (valueOf) =>
      names.map((name) =>
        safeName(name.replace(FIELD, (_, keyword) => {
          const value = valueOf(keyword)?.trim() ?? "";
          // A value is never more than a part of one name.
          return value === "" ? MISSING : value.replaceAll("/", "_");
        }))
      ),
  };
}
