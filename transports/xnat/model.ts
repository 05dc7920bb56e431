/**
 * What an archive holds, made of the rows of its tables.
 *
 * @module
 */

import { isShowable } from "./address.ts";
import type { Row } from "./client.ts";

/** Something that has an id and a label, and a name in our URLs: the label where it can be one. */
export interface Named {
  /** Accession id; a project's or a scan's id; a resource's number. */
  readonly id: string;
  /** Label for people; may be empty. */
  readonly label: string;
  /** One segment of a URL. */
  readonly name: string;
  /** What the table told, by XNAT's keywords. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A subject. */
export interface Subject extends Named {
  /** Resources of its own, when the list of subjects told. */
  readonly resources?: readonly Resource[];
}

/** An experiment: a session, or what is none. */
export interface Experiment extends Named {
  /** Accession id of the subject. */
  readonly subjectId: string;
  /** Label of the subject in the project at hand. */
  readonly subjectLabel: string;
}

/** A resource of whatever object. */
export interface Resource extends Named {
  /** `resources`, `scans`, `assessors` or `reconstructions`. */
  readonly category: string;
  /** Id of the scan, assessor or reconstruction that it hangs on; empty on the object itself. */
  readonly ownerId: string;
  /** Another one of the same object has its number for a label: what names either means both (`getResourceIdsWhereClause`). */
  readonly isMistakable?: boolean;
}

/** A file in a resource. */
export interface File {
  /** Names below the resource. */
  readonly path: readonly string[];
  /** Bytes, when the catalog tells. */
  readonly size?: number;
  /** MD5 in lower-case hexadecimal, when the catalog tells. */
  readonly md5?: string;
  /** Format, content, tags. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Where the server says that it is. */
  readonly place: FilePlace;
}

/** Where a file's resource hangs, as the file's URI tells; one object for all files of a list that are in it. */
export interface FilePlace {
  /** Accession id or label of the experiment. */
  readonly experiment?: string;
  /** Scan id. */
  readonly scan?: string;
  /** Assessor id. */
  readonly assessor?: string;
  /** Reconstruction id. */
  readonly reconstruction?: string;
  /** Number of the resource. */
  readonly resource: string;
}

/** Whether an experiment can have scans. */
export function isSession({ attributes: { xsiType = "" } }: Experiment): boolean {
  return xsiType === "" || /session/i.test(xsiType);
}

/** What is told of `keys` in a row, without what is empty. */
export function attributesOf(
  row: Row,
  keys: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, name] of Object.entries(keys)) {
    const value = row[key];
    if (value !== undefined && value.trim() !== "") found[name] = value.trim();
  }
  return found;
}

/** The same attributes under the same names. */
export function same(...keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, key]));
}

/** Each object once: joins and odd servers give rows several times. */
export function once<T extends { readonly id: string }>(objects: readonly T[]): T[] {
  const seen = new Set<string>();
  return objects.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** Gives each object its name: the label, unless it cannot be a name or two have it; then the id. */
export function named<T extends Omit<Named, "name">>(
  objects: readonly T[],
  isUsable: (label: string) => boolean = isShowable,
): (T & { readonly name: string })[] {
  const uses = new Map<string, number>();
  const unique = once(objects);
  for (const { id, label } of unique) {
    uses.set(label, (uses.get(label) ?? 0) + 1);
    if (id !== label) uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  return unique.map((each) => {
    const { id, label } = each;
    return { ...each, name: isUsable(label) && uses.get(label) === 1 ? label : id };
  });
}

/** The one that `name` means: by its name, then by its id, then by its label. */
export function pick<T extends Named>(objects: readonly T[], name: string): T | undefined {
  return objects.find((each) => each.name === name) ??
    objects.find((each) => each.id === name) ??
    objects.find((each) => each.label === name);
}
