/**
 * From names in a URL to identifiers of the archive.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Address, Scope } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Place } from "./place.ts";
import type { StudyKeys } from "./study_keys.ts";
import { notFound } from "./client.ts";
import { Filters } from "./filters.ts";
import { type Row, textOf } from "./model.ts";
import { isMeant, isUID, type Name } from "./names.ts";

/** What a study above or at `address` must have. @throws `NotFound` when a wildcard means no patient */
export async function studyKeysOf(
  catalogue: Catalogue,
  { patient, date, accession }: Scope,
  ask: Ask,
): Promise<StudyKeys> {
  if (patient) return { PatientID: await patientOf(catalogue, patient, ask) };
  if (accession !== undefined) return { AccessionNumber: accession };
  return date === undefined ? {} : { StudyDate: date };
}

async function patientOf(catalogue: Catalogue, name: Name, ask: Ask): Promise<string> {
  if (!name.glob) return name.text;
  const patients = catalogue.patients(Filters.NONE, ask, name.text);
  return (await only(patients, ({ id }) => isMeant(name, id), "patients", ask)).id;
}

/**
 * The UIDs of a study, series or instance. That the study is where the address has it is made sure here, or by the keys
 * of whatever is asked below it; UIDs are taken as they are, whether or not they are there.
 *
 * @throws `NotFound`; `InvalidArgument` when a wildcard or number means several
 */
export async function placeOf(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<Place> {
  const { scope, study, series, instance } = address;
  const wanted = await studyKeysOf(catalogue, scope, ask);
  const at: Place = { patient: wanted.PatientID, study: await studyOf() };
  if (series === undefined) return at;
  const uid = isSurelyUID(series) ? series.text : await seriesOf(catalogue, at, series, ask);
  return { ...at, series: uid, instance };

  async function studyOf(): Promise<string> {
    const { text, glob } = study!;
    if (!glob && isUID(text)) {
      // With its patient in the keys, whatever is asked below a study holds of that patient's only.
      const isKey = wanted.PatientID !== undefined &&
        await catalogue.model({ patient: wanted.PatientID }, ask) === "patient";
      const isFree = Object.keys(wanted).length === 0;
      if ((isKey || isFree) && isSurelyUID(study!)) return text;
      const found = await catalogue.study({ ...wanted, StudyInstanceUID: text }, ask);
      if (found) return found.id;
    }
    const isNamed = (row: Row) =>
      isMeant(study!, row.id) || isMeant(study!, textOf(row, "AccessionNumber"));
    // Numbers are looked up; wildcards are compared here, since a UID has none for an archive.
    const keys = glob || wanted.AccessionNumber !== undefined
      ? wanted
      : { ...wanted, AccessionNumber: text };
    const studies = catalogue.studies(keys, Filters.NONE, ask);
    return (await only(studies, isNamed, "studies", ask)).id;
  }
}

/** Every UID begins like this (ITU-T X.660 §7.6); few numbers do. */
function isSurelyUID({ text, glob }: Name): boolean {
  return !glob && isUID(text) && /^[012]\.[0-9]/.test(text);
}

async function seriesOf(
  catalogue: Catalogue,
  place: Place,
  name: Name,
  ask: Ask,
): Promise<string> {
  const all: Row[] = [];
  for await (const page of catalogue.series(place, Filters.NONE, ask)) all.push(...page);
  const exact = all.find(({ id }) => id === name.text);
  if (exact) return exact.id;
  const isNamed = (row: Row) => {
    if (isMeant(name, row.id)) return true;
    const number = textOf(row, "SeriesNumber");
    return name.glob ? isMeant(name, number) : number !== "" && number === `${Number(name.text)}`;
  };
  return (await only([all], isNamed, "series", ask)).id;
}

/** The one row that fits. @throws `NotFound`, `InvalidArgument` */
async function only(
  pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  fits: (row: Row) => boolean,
  what: string,
  ask: Ask,
): Promise<Row> {
  let found: Row | undefined;
  for await (const page of pages) {
    for (const row of page.filter(fits)) {
      if (found && found.id !== row.id) {
        const { op, url } = ask;
        const reason = `several ${what} fit, such as ${found.id} and ${row.id}`;
        throw new VfsError("InvalidArgument", { op, url, reason });
      }
      found = row;
    }
  }
  if (found === undefined) throw notFound(ask);
  return found;
}
