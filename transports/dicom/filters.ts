/**
 * Filters by attributes, as a URL's query or as options: `?Modality=MR&StudyDate=20240101-20240131`.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";
import { withoutTail } from "../../formats/text.ts";
import { FunctionNotSupported, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { NamePattern } from "../../vfs/patterns/name_pattern.ts";
import type { QueryLevel } from "./model.ts";

/** A span of days, both included; a side left out is open. */
export interface DateRange {
  /** First day, in UTC. */
  readonly from?: Date;
  /** Last day, in UTC. */
  readonly to?: Date;
}

/**
 * What to match by DICOM keyword: text with the wildcards `*` and `?`, a day, or a span of days. Of patients and
 * studies those are listed that have matching series.
 */
export interface DicomFilters {
  /** PatientID, with wildcards. */
  readonly PatientID?: string;
  /** PatientName, with wildcards, such as `Doe^*`. */
  readonly PatientName?: string;
  /** Day of birth. */
  readonly PatientBirthDate?: string | Date | DateRange;
  /** `F`, `M` or `O`. */
  readonly PatientSex?: string;
  /** Day of the study, or a span of days. */
  readonly StudyDate?: string | Date | DateRange;
  /** Time of the study, `HHMMSS-HHMMSS`. */
  readonly StudyTime?: string;
  /** AccessionNumber, with wildcards. */
  readonly AccessionNumber?: string;
  /** StudyID, with wildcards. */
  readonly StudyID?: string;
  /** StudyDescription, with wildcards. */
  readonly StudyDescription?: string;
  /** Modality of a series, such as `MR`. */
  readonly Modality?: string;
  /** Number of a series. */
  readonly SeriesNumber?: string;
  /** SeriesDescription, with wildcards. */
  readonly SeriesDescription?: string;
  /** BodyPartExamined. */
  readonly BodyPartExamined?: string;
}

type Keyword = keyof DicomFilters;

const LEVEL_OF: Readonly<Record<Keyword, "PATIENT" | "STUDY" | "SERIES">> = {
  PatientID: "PATIENT",
  PatientName: "PATIENT",
  PatientBirthDate: "PATIENT",
  PatientSex: "PATIENT",
  StudyDate: "STUDY",
  StudyTime: "STUDY",
  AccessionNumber: "STUDY",
  StudyID: "STUDY",
  StudyDescription: "STUDY",
  Modality: "SERIES",
  SeriesNumber: "SERIES",
  SeriesDescription: "SERIES",
  BodyPartExamined: "SERIES",
};

const ALIASES: Readonly<Record<string, Keyword>> = {
  patient: "PatientID",
  name: "PatientName",
  date: "StudyDate",
  accession: "AccessionNumber",
  description: "StudyDescription",
  series: "SeriesDescription",
  number: "SeriesNumber",
};

const KEYWORDS = new Map<string, Keyword>([
  ...(Object.keys(LEVEL_OF) as Keyword[]).map((name) => [name.toLowerCase(), name] as const),
  ...Object.entries(ALIASES),
]);

/** Values by keyword, as an archive is asked. */
export type Keys = Readonly<Record<string, string>>;

/** What is asked at each level. */
export class Filters {
  /** Filters that match all. */
  static readonly NONE: Filters = new Filters({});
  readonly #all: Readonly<Partial<Record<Keyword, string>>>;

  private constructor(all: Readonly<Partial<Record<Keyword, string>>>) {
    this.#all = all;
  }

  /** Reads options. */
  static of(filters: DicomFilters): Filters {
    const entries = (Object.entries(filters) as [Keyword, string | Date | DateRange][])
      .map(([keyword, value]) => [keyword, textOf(keyword, value)] as const);
    return new Filters(Object.fromEntries(entries));
  }

  /** These, and those of the query of `location`, which count where both are. @throws `NotSupported` for other keys */
  with(location: Location, op: string): Filters {
    const { query, scheme, href } = location;
    if (query === "") return this;
    const all: Partial<Record<Keyword, string>> = { ...this.#all };
    for (const part of query.split("&")) {
      const [name = "", ...rest] = part.split("=");
      const keyword = KEYWORDS.get(decode(name, location, op).toLowerCase());
      if (keyword === undefined) {
        const known = [...new Set(KEYWORDS.values())].join(", ");
        throw new FunctionNotSupported(scheme, op, href, `the query "${name}", there are ${known}`);
      }
      all[keyword] = textOf(keyword, decode(rest.join("="), location, op));
    }
    return new Filters(all);
  }

  /** The keys of one level. */
  at(level: "PATIENT" | "STUDY" | "SERIES"): Keys {
    const entries = Object.entries(this.#all)
      .filter(([keyword, value]) => LEVEL_OF[keyword as Keyword] === level && value !== "");
    return Object.fromEntries(entries);
  }

  /** Whether anything is asked at one of these levels. */
  has(...levels: ("PATIENT" | "STUDY" | "SERIES")[]): boolean {
    return levels.some((level) => Object.keys(this.at(level)).length > 0);
  }
}

function decode(text: string, { href }: Location, op: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    const reason = 'a "%" in the query is not followed by UTF-8 in hexadecimal';
    throw new VfsError("InvalidUrl", { op, url: href, reason });
  }
}

function textOf(keyword: Keyword, value: string | Date | DateRange): string {
  if (value instanceof Date) return dayText(value);
  if (typeof value === "object") {
    return `${value.from ? dayText(value.from) : ""}-${value.to ? dayText(value.to) : ""}`;
  }
  if (!keyword.endsWith("Date")) return value;
  return value.replace(/(\d{4})-(\d{2})-(\d{2})/g, "$1$2$3").replace("..", "-");
}

/** A day as DICOM writes it. */
function dayText(day: Date): string {
  return day.toISOString().slice(0, 10).replaceAll("-", "");
}

/**
 * Whether an answer is what was asked: servers ignore keys that they do not know, and then answer everything.
 * What an answer does not tell is believed.
 */
export function isMatch(keys: Keys, level: QueryLevel, answer: DicomHeader): boolean {
  return Object.entries(keys).every(([keyword, wanted]) => {
    // Of a study's key for modalities all values count.
    const texts = answer.strings(keyword).filter((text) => text !== "");
    if (texts.length === 0 || wanted === "") return true;
    if (/(Date|Time)$/.test(keyword)) return texts.some((text) => isWithin(wanted, text));
    if (level === "IMAGE" || keyword.endsWith("UID")) {
      return texts.some((text) => wanted.split("\\").includes(text));
    }
    if (keyword === "SeriesNumber") return Number(texts[0]) === Number(wanted);
    const glob = new NamePattern(wanted.toLowerCase().replace(/[\\[\]]/g, "\\$&"));
    return texts.some((text) =>
      glob.match(text.toLowerCase()) ||
      // Each representation of a name by itself, and without empty components at its end.
      text.toLowerCase().split("=").some((part) => glob.match(withoutTail(part, /\^/)))
    );
  });
}

function isWithin(wanted: string, text: string): boolean {
  const digits = (each: string) => each.replaceAll(/[.:]/g, "");
  const [from = "", to] = digits(wanted).split("-");
  const value = digits(text);
  if (to === undefined) return value.startsWith(from);
  return value >= from && (to === "" || value.slice(0, to.length) <= to);
}
