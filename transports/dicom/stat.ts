/**
 * What is at a place, and a line about it.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Info } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Place } from "./place.ts";
import { notFound } from "./client.ts";
import { labelOf } from "./describe.ts";
import { infoOf, numberOf, type Row } from "./model.ts";
import { placeOf, studyKeysOf } from "./resolve.ts";

/** Implements `stat`. @throws `NotFound` */
export async function stat(catalogue: Catalogue, address: Address, ask: Ask): Promise<Info> {
  const { level, scope } = address;
  switch (level) {
    case "archive":
    case "accessions":
    case "studies":
    case "years":
    case "year":
    case "month":
    case "day":
      // That it answers at all is what there is to know.
      await catalogue.client.models(ask);
      return { kind: "directory" };
    case "patient": {
      const { PatientID = "" } = await studyKeysOf(catalogue, scope, ask);
      return infoOf("PATIENT", found(await catalogue.patient(PatientID, ask), ask));
    }
    case "accession":
      found(await catalogue.study(await studyKeysOf(catalogue, scope, ask), ask), ask);
      return { kind: "directory" };
    case "study":
      return infoOf("STUDY", await studyAt(catalogue, address, ask));
    case "series":
      return infoOf("SERIES", (await seriesAt(catalogue, address, ask)).row);
    case "instance":
      return infoOf(
        "IMAGE",
        await instanceAt(catalogue, await placeOf(catalogue, address, ask), ask),
      );
    case "nothing":
      throw notFound(ask);
  }
}

/** Implements `describe`; what it leaves undefined is described by its content. @throws `NotFound` */
export async function describe(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<string | undefined> {
  const { level, scope, called } = address;
  switch (level) {
    case "archive":
      await catalogue.client.models(ask);
      return called;
    case "studies":
      return "all studies";
    case "accessions":
      return "studies by accession number";
    case "patient": {
      const { PatientID = "" } = await studyKeysOf(catalogue, scope, ask);
      const row = found(await catalogue.patient(PatientID, ask), ask);
      return [PatientID, labelOf("PATIENT", row)].filter(Boolean).join(" ");
    }
    case "study":
      return labelOf("STUDY", await studyAt(catalogue, address, ask)) || undefined;
    case "series":
      return await describeSeries(catalogue, address, ask);
    case "instance": {
      const row = found(await catalogue.sized(await placeOf(catalogue, address, ask), ask), ask);
      return numberOf(row, "Rows") === undefined ? undefined : labelOf("IMAGE", row);
    }
    case "nothing":
      throw notFound(ask);
    default:
      return undefined;
  }
}

/** `#14: 9 MR fl3d_dynamic`, counting where the archive does not. */
async function describeSeries(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<string | undefined> {
  const { row, place } = await seriesAt(catalogue, address, ask);
  if (numberOf(row, "NumberOfSeriesRelatedInstances") !== undefined) return labelOf("SERIES", row);
  let count = 0;
  for await (const page of catalogue.images(place, ask)) count += page.length;
  const attributes = { ...row.attributes, NumberOfSeriesRelatedInstances: count };
  return labelOf("SERIES", { ...row, attributes });
}

async function studyAt(catalogue: Catalogue, address: Address, ask: Ask): Promise<Row> {
  const wanted = await studyKeysOf(catalogue, address.scope, ask);
  const { study } = await placeOf(catalogue, address, ask);
  return found(await catalogue.study({ ...wanted, StudyInstanceUID: study }, ask), ask);
}

async function seriesAt(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<{ row: Row; place: Place & { readonly series: string } }> {
  const place = await placeOf(catalogue, address, ask);
  const row = found(await catalogue.one("SERIES", place, ask), ask);
  return { row, place: { ...place, series: row.id } };
}

/** The instance at a place. @throws `NotFound` */
export async function instanceAt(catalogue: Catalogue, place: Place, ask: Ask): Promise<Row> {
  return found(await catalogue.one("IMAGE", place, ask), ask);
}

function found(row: Row | undefined, ask: Ask): Row {
  if (row === undefined) throw notFound(ask);
  return row;
}
