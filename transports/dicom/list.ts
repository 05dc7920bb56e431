/**
 * Directories: patients, studies, series and instances, and the views beside them.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { ListedEntry } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Place } from "./place.ts";
import { notFound } from "./client.ts";
import { labelOf } from "./describe.ts";
import type { Filters } from "./filters.ts";
import { infoOf, type QueryLevel, type Row, textOf } from "./model.ts";
import { encodeName } from "./names.ts";
import { placeOf, studyKeysOf } from "./resolve.ts";
import { instanceAt } from "./stat.ts";
import { daysOf, monthsOf, type Years, yearsOf } from "./views.ts";

/** What a listing needs besides its place. */
export interface Listing {
  /** What is to be listed of patients, studies and series. */
  readonly filters: Filters;
  /** The URL's query, for the entries. */
  readonly query: string;
  /** The years of the view by date. */
  readonly years: Years;
}

/** The entries of the directory at `address`, in pages as they come. @throws `NotFound`, `NotADirectory` */
export async function* entriesOf(
  catalogue: Catalogue,
  address: Address,
  listing: Listing,
  ask: Ask,
): AsyncGenerator<readonly ListedEntry[]> {
  const inherit = listing.query === "" ? {} : { query: listing.query };
  for await (const page of pagesOf(catalogue, address, listing, ask)) {
    yield page.map((entry) => entry.kind === "file" ? entry : { ...entry, ...inherit });
  }
}

async function* pagesOf(
  catalogue: Catalogue,
  address: Address,
  { filters, years }: Listing,
  ask: Ask,
): AsyncGenerator<readonly ListedEntry[]> {
  const { level, scope } = address;
  switch (level) {
    case "archive":
      return yield* rows("PATIENT", catalogue.patients(filters, ask));
    case "studies":
      return yield* rows("STUDY", catalogue.studies({}, filters, ask));
    case "years":
      return yield directories(yearsOf(years));
    case "year":
      return yield directories(monthsOf(scope.date!, years));
    case "month":
      return yield directories(await daysOf(catalogue, scope.date!, filters, ask));
    case "accessions":
      return yield* accessions(catalogue, filters, ask);
    case "patient":
    case "day":
    case "accession":
      return yield* studiesIn(catalogue, address, filters, ask);
    case "study":
      return yield* seriesOf(catalogue, await placeOf(catalogue, address, ask), filters, ask);
    case "series":
      return yield* images(catalogue, await placeOf(catalogue, address, ask), ask);
    case "instance":
      await instanceAt(catalogue, await placeOf(catalogue, address, ask), ask);
      throw new VfsError("NotADirectory", { op: ask.op, url: ask.url });
    case "nothing":
      throw notFound(ask);
  }
}

async function* studiesIn(
  catalogue: Catalogue,
  { level, scope }: Address,
  filters: Filters,
  ask: Ask,
): AsyncGenerator<readonly ListedEntry[]> {
  const wanted = await studyKeysOf(catalogue, scope, ask);
  let isEmpty = true;
  for await (const page of rows("STUDY", catalogue.studies(wanted, filters, ask))) {
    isEmpty = false;
    yield page;
  }
  // Days are all there; a patient may be there without studies, or without those that are asked for.
  if (!isEmpty || level === "day") return;
  const { PatientID } = wanted;
  const found = PatientID === undefined
    ? await catalogue.study(wanted, ask)
    : await catalogue.patient(PatientID, ask);
  if (!found) throw notFound(ask);
}

async function* seriesOf(
  catalogue: Catalogue,
  place: Place,
  filters: Filters,
  ask: Ask,
): AsyncGenerator<readonly ListedEntry[]> {
  let isEmpty = true;
  for await (const page of rows("SERIES", catalogue.series(place, filters, ask))) {
    isEmpty = false;
    yield page;
  }
  if (!isEmpty) return;
  const { patient: PatientID, study: StudyInstanceUID } = place;
  if (!await catalogue.study({ PatientID, StudyInstanceUID }, ask)) throw notFound(ask);
}

async function* images(
  catalogue: Catalogue,
  place: Place,
  ask: Ask,
): AsyncGenerator<readonly ListedEntry[]> {
  let isEmpty = true;
  const series = { ...place, series: place.series! };
  for await (const page of rows("IMAGE", catalogue.images(series, ask))) {
    isEmpty = false;
    yield page;
  }
  if (isEmpty && !await catalogue.one("SERIES", place, ask)) throw notFound(ask);
}

async function* accessions(
  catalogue: Catalogue,
  filters: Filters,
  ask: Ask,
): AsyncGenerator<readonly ListedEntry[]> {
  const seen = new Set<string>();
  for await (const page of catalogue.studies({}, filters, ask)) {
    const numbers = new Set(page.map((row) => textOf(row, "AccessionNumber")));
    const fresh = [...numbers].filter((number) => number !== "" && !seen.has(number));
    for (const number of fresh) seen.add(number);
    if (fresh.length > 0) yield directories(fresh.map(encodeName));
  }
}

async function* rows(
  level: QueryLevel,
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly ListedEntry[]> {
  for await (const page of pages) yield page.map((row) => entryOf(level, row));
}

function entryOf(level: QueryLevel, row: Row): ListedEntry {
  const info = infoOf(level, row);
  const label = labelOf(level, row);
  const name = level === "PATIENT" ? encodeName(row.id) : row.id;
  return { name, kind: info.kind, info, ...(label !== "" && { label }) };
}

function directories(names: readonly string[]): ListedEntry[] {
  return names.map((name) => ({ name, kind: "directory" }));
}
