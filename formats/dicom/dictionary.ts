/**
 * The dictionary of PS3.6: tags, keywords, VRs.
 *
 * @module
 */

import data from "./dictionary_data.json" with { type: "json" };
import { isPrivate, isPrivateCreator, parseTag, tagString } from "./tag.ts";

/** What PS3.6 says about one attribute. */
export interface DictionaryEntry {
  /** Tag as a number. */
  readonly tag: number;
  /** VR; `xs` stands for "US or SS". */
  readonly vr: string;
  /** Value multiplicity as PS3.6 writes it, `1-n`. */
  readonly vm: string;
  /** Keyword, `PatientName`. */
  readonly keyword: string;
}

// JSON, since a module of this size takes longer to import.
const DICTIONARY_INDEX: string = data.index;
const DICTIONARY_KEYWORDS: string = data.keywords;
const RECORD = 14;
const COUNT = DICTIONARY_INDEX.length / RECORD;

// Only hits are kept, so neither map outgrows the dictionary.
const vrs = new Map<number, string>();
const tags = new Map<string, number>();

/** Finds the last record whose text from `at` on is not above `wanted`. */
function search(wanted: string, at: number): number {
  let low = 0;
  let high = COUNT;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const start = middle * RECORD + at;
    const text = DICTIONARY_INDEX.slice(start, start + wanted.length);
    if (text <= wanted) low = middle;
    else high = middle;
  }
  return low * RECORD;
}

function recordOf(tag: number): number | undefined {
  const digits = tagString(tag);
  const record = search(digits, 0);
  return DICTIONARY_INDEX.startsWith(digits, record) ? record : undefined;
}

/** The tag under which repeating groups 50xx and 60xx are listed. */
function listedTag(tag: number): number {
  const family = tag >>> 24;
  return family === 0x50 || family === 0x60 ? (tag & 0xFF00FFFF) >>> 0 : tag;
}

function standardVr(tag: number): string | undefined {
  const known = vrs.get(tag);
  if (known) return known;
  const record = recordOf(listedTag(tag));
  if (record === undefined) return undefined;
  const vr = DICTIONARY_INDEX.slice(record + 8, record + 10);
  vrs.set(tag, vr);
  return vr;
}

/** Looks a standard attribute up by tag; repeating groups 50xx and 60xx too. */
export function entryByTag(tag: number): DictionaryEntry | undefined {
  const record = isPrivate(tag) ? undefined : recordOf(listedTag(tag));
  if (record === undefined) return undefined;
  const at = parseInt(DICTIONARY_INDEX.slice(record + 10, record + 14), 36) + 1;
  const text = DICTIONARY_KEYWORDS.slice(at, DICTIONARY_KEYWORDS.indexOf(",", at));
  const [keyword = "", vm = "1"] = text.split(" ");
  const vr = DICTIONARY_INDEX.slice(record + 8, record + 10);
  return { tag, vr, vm, keyword };
}

/** Looks the tag of a standard attribute up by its keyword. */
export function tagByKeyword(keyword: string): number | undefined {
  const known = tags.get(keyword);
  if (known !== undefined || !/^[A-Za-z0-9]+$/.test(keyword)) return known;
  let at = DICTIONARY_KEYWORDS.indexOf(`,${keyword},`);
  if (at < 0) at = DICTIONARY_KEYWORDS.indexOf(`,${keyword} `);
  if (at < 0) return undefined;
  const record = search(at.toString(36).padStart(4, "0"), 10);
  const tag = parseInt(DICTIONARY_INDEX.slice(record, record + 8), 16);
  tags.set(keyword, tag);
  return tag;
}

/**
 * The VR that implicit VR data of this tag has: `UN` when nobody can know,
 * `xs` where PixelRepresentation decides between US and SS.
 */
export function implicitVr(tag: number): string {
  if (isPrivateCreator(tag)) return "LO";
  if ((tag & 0xFFFF) === 0) return "UL";
  return isPrivate(tag) ? "UN" : standardVr(tag) ?? "UN";
}

/**
 * Turns a keyword or a tag in any usual spelling into a tag number.
 *
 * @throws {TypeError} for a name that is neither.
 */
export function tagOf(name: string | number): number {
  if (typeof name === "number") return name;
  const tag = tags.get(name) ?? parseTag(name) ?? tagByKeyword(name);
  if (tag === undefined) {
    throw new TypeError(`Unknown DICOM attribute "${name}"`);
  }
  return tag;
}
