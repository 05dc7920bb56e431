/**
 * Tests of files by their headers, of which no more are read than are needed.
 *
 * @module
 */

import type { AttributeName, DicomHeader } from "../../formats/mod.ts";
import type { Entry } from "../../vfs/entry.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { isArchive } from "./archive_query.ts";
import type { HeaderTest, HeaderValues } from "./header_filter.ts";

/** Attributes that are the same in all files of a series (PS3.3 §A.1.2). */
const OF_SERIES: ReadonlySet<AttributeName> = new Set([
  "PatientID",
  "PatientName",
  "StudyDate",
  "StudyDescription",
  "StudyID",
  "StudyInstanceUID",
  "AccessionNumber",
  "Modality",
  "SeriesDescription",
  "SeriesNumber",
  "SeriesInstanceUID",
]);

/**
 * How an XNAT's importer names files: StudyInstanceUID, SeriesNumber, InstanceNumber and a hash. A scan may hold files of
 * several series, where sessions were merged, and what is told of it may be of another one, or edited, or older than
 * what an anonymization made of the files; what a file is called is not.
 */
const IMPORTED = /^([0-2](?:\.[0-9]+)+-[0-9]+)-[0-9]+-[0-9a-z]+\.dcm$/;

/** Series whose answer is remembered; walks come series by series. */
const MOST = 1000;

/** What a test is made of. */
export interface FileTestOptions {
  /** Reads. */
  readonly vfs: Vfs;
  /** What headers are asked. */
  readonly test: HeaderTest;
  /** Aborts. */
  readonly signal: AbortSignal;
  /** Told of each header that was read. */
  readonly onHeader?: (entry: Entry, header: DicomHeader) => void;
}

/** Tests files; once for all of a series where it is sure that they are of one. */
export class FileTest {
  readonly #options: FileTestOptions;
  readonly #isOfSeries: boolean;
  readonly #answers = new Map<string, Promise<boolean>>();

  /** Makes the test. */
  constructor(options: FileTestOptions) {
    this.#options = options;
    this.#isOfSeries = options.test.attributes.every((name) => OF_SERIES.has(name));
  }

  /** Whether a file passes. @throws `NotSupported` for what is no DICOM file */
  async passes(entry: Entry): Promise<boolean> {
    const series = this.#isOfSeries ? seriesOf(entry) : undefined;
    if (series === undefined) return await this.#byHeader(entry);
    const known = this.#answers.get(series);
    if (known) {
      const answer = await known.catch(() => undefined);
      return answer ?? await this.#byHeader(entry);
    }
    const answer = isArchive(entry) ? this.#byArchive(entry) : this.#byHeader(entry);
    if (this.#answers.size >= MOST) this.#answers.delete(this.#answers.keys().next().value!);
    this.#answers.set(series, answer);
    return await answer;
  }

  /** Whether what an archive tells of a directory of its passes; what it does not tell does not. */
  async passesDirectory(entry: Entry): Promise<boolean> {
    return isArchive(entry) && (await this.#told(entry.location))?.passes === true;
  }

  async #byHeader(entry: Entry): Promise<boolean> {
    const { vfs, test, signal, onHeader } = this.#options;
    const header = await vfs.readDicomHeader(entry.location, { signal });
    onHeader?.(entry, header);
    return test.passes(header);
  }

  /** By what an archive tells of the series and of its study, and by a header where it does not. */
  async #byArchive(entry: Entry): Promise<boolean> {
    const told = await this.#told(entry.location.parent()!);
    return told ? told.passes : await this.#byHeader(entry);
  }

  /** What the test says to what an archive tells of a place and of what it is in, where it tells all that is asked. */
  async #told(place: Location): Promise<{ readonly passes: boolean } | undefined> {
    const { vfs, test, signal } = this.#options;
    const infos = await Promise.all(
      [place, place.parent()!].map((each) => vfs.stat(each, { signal })),
    );
    const told = Object.assign({}, ...infos.map(({ attributes }) => attributes));
    const isTold = test.attributes.every((name) => told[name] !== undefined);
    return isTold ? { passes: test.passes(new Told(told)) } : undefined;
  }
}

/** What tells the series of a file from others, where that is sure. */
function seriesOf(entry: Entry): string | undefined {
  const { location: { scheme, segments }, name, info } = entry;
  const parent = entry.location.parent()?.href;
  if (isArchive(entry)) return segments.length > 3 ? parent : undefined;
  if (scheme !== "xnat" && scheme !== "xnat+http") return undefined;
  const [, series] = IMPORTED.exec(name) ?? [];
  const isImported = series !== undefined && info?.attributes?.format === "DICOM";
  return isImported ? `${parent}/${series}` : undefined;
}

/** What an archive tells, as a header would. */
class Told implements HeaderValues {
  readonly #attributes: Readonly<Record<string, unknown>>;

  constructor(attributes: Readonly<Record<string, unknown>>) {
    this.#attributes = attributes;
  }

  strings(name: AttributeName): string[] {
    const value = this.#attributes[name];
    if (value === null || value === undefined) return [];
    if (value instanceof Date) return [value.toISOString().slice(0, 10).replaceAll("-", "")];
    return [String(value)];
  }
}

/** Whether an error tells that a file is none of DICOM's. */
export function isOtherFile(error: unknown): boolean {
  return isVfsError(error) && error.kind === "NotSupported";
}

/** The place that a location is in, the innermost. */
export function placeAround<T extends { readonly location: Location }>(
  places: readonly T[],
  location: Location,
): T | undefined {
  return places.filter((place) => place.location.contains(location))
    .toSorted((a, b) => b.location.segments.length - a.location.segments.length)[0];
}
