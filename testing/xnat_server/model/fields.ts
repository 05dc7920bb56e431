/**
 * Reads and sets fields by shortcut and by xpath.
 *
 * @module
 */

import { fieldOf, type Kind, lineage, shortcut, typeOf } from "./schema.ts";

/** An xpath such as `xnat:mrScanData/type`, taken apart. */
export interface XPath {
  readonly type: string;
  readonly path: string;
}

/** Takes an xpath apart; undefined for a name that is none. */
export function parseXPath(name: string): XPath | undefined {
  const slash = name.indexOf("/");
  if (slash < 0) return;
  const type = typeOf(name.slice(0, slash));
  // The type of a part says nothing here that its path does not.
  const path = name.slice(slash + 1).replaceAll(/\[@xsi:type=[^\]]*\]/g, "");
  return type && { type: type.name, path };
}

/**
 * The fields that parameters set on an object of a type. Unknown fields and those of other types are
 * left out without a word, as the server does.
 */
export function fieldsFrom(
  kind: Kind,
  xsiType: string,
  parameters: Iterable<readonly [string, string]>,
): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [key, value] of parameters) {
    const path = targetPath(kind, xsiType, key);
    if (path) fields[path] = normalised(path, value);
  }
  return fields;
}

function targetPath(kind: Kind, xsiType: string, key: string): string | undefined {
  const xpath = parseXPath(key);
  if (!xpath) return shortcut(kind, key);
  const family = lineage(xsiType).map((type) => type.name);
  if (family.includes(xpath.type)) return fieldOf(xsiType, xpath.path);
}

/** Dates are kept as ISO dates, whichever way they came. */
function normalised(path: string, value: string): string {
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(value);
  if (!american || !/(^|\/)(date|dob)$/.test(path)) return value;
  const [, month, day, year] = american;
  return `${year}-${month!.padStart(2, "0")}-${day!.padStart(2, "0")}`;
}

/** A timestamp as database columns print it, in UTC: `2021-03-18 11:36:15.236`. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace(/(\.\d+?)0*Z$/, "$1");
}
