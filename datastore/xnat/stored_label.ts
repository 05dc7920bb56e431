/**
 * How labels lie in the resource `AI` of a scan:
 *
 *     AI/final/0003-5f0c91ab.nii.gz          the label
 *     AI/final/0003-5f0c91ab.info.json       what is known of it; without this it is none
 *     AI/image.json                          what is known of the image
 *     AI/pat_S_exp_E_S_1_AI_model.nii.gz     a label that MONAI Label stored, without a tag
 *
 * Each saved label has a stem of its own, so that nothing is overwritten on the way; the greatest one counts.
 *
 * @module
 */

import { LabelTag } from "../datastore.ts";
import { isLabelName } from "../label_file.ts";
import { isTag } from "../tag.ts";

/** Name of the resource. */
export const RESOURCE = "AI";
/** Name of the file with what is known of the image. */
export const IMAGE_INFO = "image.json";
const RECORD = ".info.json";
/** After any number that somebody puts there a greater one must be a stem as well, so there is room. */
const STEM = /^(\d{4,100}-[0-9a-f]{8})(\..*)$/;
const LEGACY = /^pat_.*_AI_(.+)\.nii\.gz$/s;

/** A file in the resource. */
export interface StoredFile {
  /** Path below the resource. */
  readonly path: string;
  /** Bytes. */
  readonly size?: number;
  /** MD5 in lower-case hexadecimal. */
  readonly md5?: string;
  /** What XNAT calls its content: the model, for labels that MONAI Label stored. */
  readonly content?: string;
}

/** A label. */
export interface StoredLabel {
  /** Its tag. */
  readonly tag: string;
  /** Number and random part of its name; empty for one that MONAI Label stored. */
  readonly stem: string;
  /** The label itself. */
  readonly data: StoredFile;
  /** What is known of it. */
  readonly record?: StoredFile;
  /** Which model made it, for one that MONAI Label stored. */
  readonly legacyModel?: string;
}

/** The labels among `files` by tag. */
export function labelsIn(
  files: readonly StoredFile[],
  legacyTags: Readonly<Record<string, string>> = {},
): Map<string, StoredLabel> {
  const labels = new Map<string, StoredLabel>();
  const tags = new Set(files.flatMap(({ path }) => tagOf(path) ?? []));
  for (const tag of [...tags].sort()) {
    const latest = versionsOf(files, tag)[0];
    if (latest) labels.set(tag, latest);
  }
  addLegacy(labels, files, legacyTags);
  return labels;
}

/** All labels with a tag that are there, the latest first. */
export function versionsOf(files: readonly StoredFile[], tag: string): StoredLabel[] {
  const own = files.filter(({ path }) => tagOf(path) === tag);
  const byStem = Map.groupBy(own, ({ path }) => stemOf(path) ?? "");
  byStem.delete("");
  const versions = [...byStem].flatMap(([stem, pair]) => {
    const record = pair.find(({ path }) => path.endsWith(RECORD));
    const others = pair.filter(({ path }) => !path.endsWith(RECORD));
    // Somebody may have laid a note or a picture beside it, under its name.
    const data = others.find(({ path }) => isLabelName(path)) ?? others[0];
    return record && data ? [{ tag, stem, data, record }] : [];
  });
  return versions.sort((a, b) => compareStems(b.stem, a.stem));
}

/** The stems of all files with a tag, whether they make a label or not. */
export function stemsOf(files: readonly StoredFile[], tag: string): string[] {
  const own = files.filter(({ path }) => tagOf(path) === tag);
  const stems = own.flatMap(({ path }) => stemOf(path) ?? []);
  return [...new Set(stems)].sort(compareStems);
}

/** Whether a path is that of a file of the label with this tag and stem. */
export function isOf(path: string, tag: string, stem: string): boolean {
  return tagOf(path) === tag && stemOf(path) === stem;
}

/** A stem that is greater than all of `stems`. */
export function nextStem(stems: readonly string[]): string {
  const last = stems.toSorted(compareStems).at(-1) ?? "0-";
  const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
  return `${String(numberOf(last) + 1n).padStart(4, "0")}-${random}`;
}

/** Compares by number, then by text. */
export function compareStems(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

function numberOf(stem: string): bigint {
  return BigInt(stem.slice(0, stem.indexOf("-")));
}

/** Path of a label's file. */
export function dataPath(tag: string, stem: string, extension: string): string {
  return `${tag}/${stem}${extension === "" ? ".bin" : extension}`;
}

/** Path of what is known of a label. */
export function recordPath(tag: string, stem: string): string {
  return `${tag}/${stem}${RECORD}`;
}

/** Ending of a label's file. */
export function endingOf({ data, stem }: StoredLabel): string {
  return nameOf(data.path).slice(stem.length);
}

function tagOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length === 2 && isTag(parts[0]!) ? parts[0] : undefined;
}

function stemOf(path: string): string | undefined {
  return STEM.exec(nameOf(path))?.[1];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Labels of several models have a tag each, since nothing tells which one counts. */
function addLegacy(
  labels: Map<string, StoredLabel>,
  files: readonly StoredFile[],
  legacyTags: Readonly<Record<string, string>>,
): void {
  const taken = new Set<string>();
  for (const data of files.toSorted((a, b) => a.path < b.path ? -1 : 1)) {
    const named = LEGACY.exec(data.path)?.[1];
    if (named === undefined || data.path.includes("/")) continue;
    const model = data.content ?? named;
    const tag = Object.hasOwn(legacyTags, model) ? legacyTags[model]! : LabelTag.ORIGINAL;
    const another = `${tag}_${model.replace(/[^A-Za-z0-9._-]/g, "_")}`.slice(0, 64);
    const free = taken.has(tag) ? another : tag;
    taken.add(free);
    if (!labels.has(free)) labels.set(free, { tag: free, stem: "", data, legacyModel: model });
  }
}
