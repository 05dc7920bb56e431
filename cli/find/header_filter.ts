/**
 * Tests of DICOM headers.
 *
 * @module
 */

import type { AttributeName, DicomHeader } from "../../formats/mod.ts";
import { NamePattern } from "../../vfs/patterns/name_pattern.ts";
import { parseAttribute } from "../attribute.ts";
import { wrong } from "../command.ts";

/** Options of `find` that a DICOM header answers. */
export interface HeaderTestOptions {
  /** Glob of Modality. */
  readonly modality?: string;
  /** Glob of PatientID or PatientName. */
  readonly patient?: string;
  /** First and last StudyDate. */
  readonly studyDate?: DateRange;
  /** Glob of what names a series. */
  readonly series?: string;
  /** Glob of what names a study. */
  readonly study?: string;
  /** Glob of AccessionNumber. */
  readonly accession?: string;
  /** Globs of any attributes. */
  readonly tag?: readonly TagTest[];
}

/** Days as DICOM writes them, both included. */
export interface DateRange {
  /** First day. */
  readonly first: string;
  /** Last day. */
  readonly last: string;
}

/** An attribute and the glob of its value. */
export interface TagTest {
  /** Keyword or tag. */
  readonly name: string;
  /** Glob. */
  readonly glob: string;
}

/** The part of a header that tests look at. */
export type HeaderValues = Pick<DicomHeader, "strings">;

/** A test of headers. */
export interface HeaderTest {
  /** The attributes that it looks at. */
  readonly attributes: readonly AttributeName[];
  /** Whether a header passes. */
  passes(header: HeaderValues): boolean;
}

type Test = (header: HeaderValues) => boolean;

const ATTRIBUTES = {
  modality: ["Modality"],
  patient: ["PatientID", "PatientName"],
  series: ["SeriesDescription", "SeriesNumber", "SeriesInstanceUID"],
  study: ["StudyDescription", "StudyID", "StudyInstanceUID"],
  accession: ["AccessionNumber"],
} as const;

/** Makes the test; `undefined` when none was asked for. @throws {UsageError} for an unknown attribute */
export async function headerTest(options: HeaderTestOptions): Promise<HeaderTest | undefined> {
  const tests: Test[] = [];
  const attributes: AttributeName[] = [];
  const add = (names: readonly AttributeName[], test: Test) => {
    attributes.push(...names);
    tests.push(test);
  };
  for (const [name, names] of Object.entries(ATTRIBUTES)) {
    const glob = options[name as keyof typeof ATTRIBUTES];
    if (glob !== undefined) add(names, valueTest(names, glob));
  }
  for (const { name, glob } of options.tag ?? []) {
    const names = [await parseAttribute(name)];
    add(names, valueTest(names, glob));
  }
  const { studyDate } = options;
  if (studyDate) {
    add(["StudyDate"], (header) => isWithin(header.strings("StudyDate")[0], studyDate));
  }
  if (tests.length === 0) return undefined;
  return { attributes, passes: (header) => tests.every((test) => test(header)) };
}

/** Passes when any value of any of the attributes matches; of a name also one of its spellings alone. */
function valueTest(attributes: readonly AttributeName[], glob: string): Test {
  const pattern = wildcard(glob);
  return (header) =>
    attributes.some((name) => {
      const values = header.strings(name);
      if (values.length === 0) values.push("");
      return values.some((value) =>
        [value, ...value.split("=")].some((text) => pattern.match(text.toLowerCase()))
      );
    });
}

/** The wildcards of DICOM (PS3.4 §C.2.2.2.4), which know no brackets; case does not count. */
function wildcard(glob: string): NamePattern {
  return new NamePattern(glob.toLowerCase().replace(/[\\[\]]/g, "\\$&"));
}

function isWithin(date: string | undefined, { first, last }: DateRange): boolean {
  // ACR-NEMA wrote dots between the parts.
  const day = date?.replaceAll(".", "");
  return day !== undefined && day >= first && day <= last;
}

/** Parses `--study-date`. */
export function parseDates(text: string): DateRange {
  const [, count, unit] = /^([0-9]{1,5})([dw])$/.exec(text) ?? [];
  if (count !== undefined) {
    return { first: daysAgo(Number(count) * (unit === "w" ? 7 : 1)), last: "99999999" };
  }
  const plain = text.replace(/([0-9]{4})-([0-9]{2})-([0-9]{2})/g, "$1$2$3").replace("..", "-");
  const [, first, dash, last] = /^([0-9]{8})?(-)?([0-9]{8})?$/.exec(plain) ?? [];
  if (first && dash) return { first, last: last ?? "99999999" };
  if (first && !last) return { first, last: first };
  if (dash && last) return { first: "00000000", last };
  throw wrong(
    "It must be a day such as 20190131, a range such as 20190101-20191231, 20190101- or 2019-01-01..2019-12-31, or the last 7d.",
  );
}

/** A day of this place's calendar, as DICOM writes it. */
function daysAgo(days: number): string {
  const now = new Date();
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
  const parts = [day.getFullYear(), day.getMonth() + 1, day.getDate()];
  return parts.map((part, i) => String(part).padStart(i === 0 ? 4 : 2, "0")).join("");
}

/** Parses `--tag`. */
export function parseTagTest(text: string): TagTest {
  const at = text.indexOf("=");
  if (at < 1) throw wrong('It must be "Keyword=value", such as Modality=MR.');
  return { name: text.slice(0, at), glob: text.slice(at + 1) };
}
