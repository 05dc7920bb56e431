/**
 * One line for people about an object of an archive.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { type File, isSession, type Named } from "./model.ts";
import { scansAt } from "./quality.ts";
import { isOf, locate, type Place, resourcesAt } from "./resolve.ts";
import { asOfNow, findFile } from "./stat.ts";

/**
 * Implements `describe`: `subA, 2 experiments`, `E_0001 2019-02-07 14:05:16, MR, 5 scans`, `2 fl3d 3 frames`,
 * `DICOM, DICOM, 179780`. Where an object is none of these, or is unknown, its entries are counted by the caller.
 */
export async function describe(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<string | undefined> {
  return await asOfNow(catalogue, address, async () => {
    const { level } = address;
    if (level === "root") return undefined;
    if (level === "file" || level === "resource") {
      const found = await findFile(catalogue, address, ask);
      if (found !== "directory") return ofFile(found.file);
    }
    return await ofObject(catalogue, await locate(catalogue, address, ask), ask);
  });
}

async function ofObject(
  catalogue: Catalogue,
  place: Place,
  ask: Ask,
): Promise<string | undefined> {
  const { address, subject, experiment, part, resource, owner, path } = place;
  const { level, project = "" } = address;
  if (level === "project") {
    const subjects = await catalogue.subjects(project, ask);
    return `${project}, ${count(subjects.length, "subject")}`;
  }
  if (level === "subject" && subject) {
    const all = await catalogue.experiments(project, undefined, ask);
    const own = all.filter((each) => isOf(each, subject.id) || isOf(each, subject.label));
    return `${subject.label || subject.id}, ${count(own.length, "experiment")}`;
  }
  if (level === "experiment" && experiment) {
    const { date, time, modality, xsiType } = experiment.attributes;
    const when = [date, time?.split(".", 1)[0]].filter((text) => text !== undefined);
    const scans = isSession(experiment)
      ? [count((await scansAt(catalogue, address, experiment.id, ask)).length, "scan")]
      : [];
    return [
      [experiment.id, ...when].join(" "),
      ...optional(modality ?? modalityOf(xsiType)),
      ...scans,
    ].join(", ");
  }
  if (level === "scan" && part) return ofScan(part);
  if (level === "assessor" && part) {
    const resources = await resourcesAt(catalogue, place, ask);
    const { label, id, attributes: { xsiType } } = part;
    return [label || id, ...optional(xsiType), count(resources.length, "resource")].join(", ");
  }
  if (level === "resource" && resource && owner && path.length === 0) {
    const files = await catalogue.files(owner, resource.id, ask);
    return ofResource(resource, files);
  }
  return undefined;
}

function ofScan({ id, attributes }: Named): string {
  const { series_description, type, frames } = attributes;
  const text = [id, ...optional(series_description ?? type)];
  if (frames !== undefined) text.push(count(Number(frames), "frame"));
  return text.join(" ");
}

function ofFile({ attributes, size }: File): string {
  const { format, resource_label: label } = attributes;
  return [...optional(format), ...optional(label), ...optional(size?.toString())].join(", ");
}

function ofResource({ label, id, attributes }: Named, files: readonly File[]): string {
  const size = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const parts = [label || id, ...optional(attributes.format)];
  return [...parts, count(files.length, "file"), `${size}`].join(", ");
}

/** `xnat:mrSessionData` is MR, where the server does not tell the modality. */
function modalityOf(xsiType = ""): string | undefined {
  return /^xnat:([a-z]{2,5})SessionData$/.exec(xsiType)?.[1]?.toUpperCase();
}

function optional(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : [text];
}

function count(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
}
