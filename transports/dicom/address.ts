/**
 * Locations to places in an archive: `dicom://HOST[:PORT]/CALLED/PATIENT/STUDY/SERIES/INSTANCE`, and the views
 * `.by-date/YYYY/MM/DD/STUDY/…`, `.by-accession/NO/STUDY/…`, `.studies/STUDY/…` beside the patients. Pure functions.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { requireHost } from "../../vfs/location/require_host.ts";
import { decodeName, isUID, type Name, nameOf } from "./names.ts";

/** The view by study date. */
const BY_DATE = ".by-date";
/** The view by accession number. */
const BY_ACCESSION = ".by-accession";
/** The view of all studies. */
const STUDIES = ".studies";

/** What an {@linkcode Address} points at; `nothing` is what cannot be anywhere. */
export type Level =
  | "archive"
  | "patient"
  | "study"
  | "series"
  | "instance"
  | "years"
  | "year"
  | "month"
  | "day"
  | "accessions"
  | "accession"
  | "studies"
  | "nothing";

/** What the names above a study say of it. */
export interface Scope {
  /** PatientID. */
  readonly patient?: Name;
  /** StudyDate, `YYYY`, `YYYYMM` or `YYYYMMDD`. */
  readonly date?: string;
  /** AccessionNumber. */
  readonly accession?: string;
}

/** A place in an archive. */
export interface Address {
  /** What it is. */
  readonly level: Level;
  /** AE title of the archive. */
  readonly called: string;
  /** Where its study is looked for. */
  readonly scope: Scope;
  /** Study, by UID or accession number. */
  readonly study?: Name;
  /** Series, by UID or number. */
  readonly series?: Name;
  /** SOP instance UID. */
  readonly instance?: string;
}

/**
 * Tells which place `location` names.
 *
 * @throws `InvalidUrl` when it has no host or no called AE title
 */
export function addressOf(location: Location): Address {
  requireHost("open", location);
  const [called, ...names] = location.segments;
  if (called === undefined) {
    throw new VfsError("InvalidUrl", {
      op: "open",
      url: location.href,
      reason: `the called AE title is missing, write "${location.origin}/CALLED"`,
    });
  }
  const [first, ...below] = names;
  const at = (place: Omit<Address, "called">): Address => ({ called, ...place });
  switch (first) {
    case undefined:
      return at({ level: "archive", scope: {} });
    case BY_DATE:
      return at(inDates(below));
    case BY_ACCESSION: {
      const [number, ...rest] = below;
      if (number === undefined) return at({ level: "accessions", scope: {} });
      return at(inScope("accession", { accession: decodeName(number) }, rest));
    }
    case STUDIES:
      return at(inScope("studies", {}, below));
    default:
      // Names with a leading dot are ours; an identifier's is coded.
      if (first.startsWith(".")) return at(NOTHING);
      return at(inScope("patient", { patient: nameOf(first) }, below));
  }
}

type Place = Omit<Address, "called">;

const NOTHING: Place = { level: "nothing", scope: {} };

function inDates(names: readonly string[]): Place {
  const date = names.slice(0, 3).join("");
  const levels = ["years", "year", "month", "day"] as const;
  const level = levels[Math.min(names.length, 3)]!;
  const isProper = names.slice(0, 3).every((name, i) => name.length === (i === 0 ? 4 : 2));
  if (!isProper || !isDate(date)) return NOTHING;
  return inScope(level, { date }, names.slice(3));
}

/** True for digits that begin a date of the calendar. */
function isDate(digits: string): boolean {
  if (!/^\d*$/.test(digits)) return false;
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6) || "01", digits.slice(6)];
  const text = `${year || "2000"}-${month}-${day || "01"}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function inScope(
  level: Level,
  scope: Scope,
  [study, series, instance, ...rest]: readonly string[],
): Place {
  if (study === undefined) return { level, scope };
  const at = { scope, study: nameOf(study) };
  if (series === undefined) return { level: "study", ...at };
  const below = { ...at, series: nameOf(series) };
  if (instance === undefined) return { level: "series", ...below };
  const uid = instance.replace(/\.dcm$/i, "");
  if (rest.length > 0 || !isUID(uid)) return NOTHING;
  return { level: "instance", ...below, instance: uid };
}
