/**
 * Directories: what hangs on an object, and what lies in a resource.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import { isName } from "../../vfs/location/names.ts";
import type { Info, ListedEntry } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import { type Address, ASSESSORS, INPUTS, RECONSTRUCTIONS, RESOURCES } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { experimentsKey, inputsOwner } from "./owners.ts";
import { type Experiment, type File, isSession, type Named } from "./model.ts";
import { scansAt } from "./quality.ts";
import { missing } from "./names.ts";
import { isOf, locate, type Place, resourcesAt, strangers } from "./resolve.ts";

/** The entries of the directory at `address`. @throws `NotFound`, `NotADirectory` */
export async function entriesOf(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<ListedEntry[]> {
  const { level, project = "" } = address;
  if (level === "root") return directories(await catalogue.projects(ask));
  if (level === "subject") return await ofSubject(catalogue, address, ask);
  const place = await locate(catalogue, address, ask);
  switch (level) {
    case "project": {
      const [subjects, resources] = await Promise.all([
        catalogue.subjects(project, ask),
        resourcesAt(catalogue, place, ask),
      ]);
      const others = await strangers(catalogue, project, subjects, ask);
      return [...dotted(resources.length > 0, RESOURCES), ...directories([...subjects, ...others])];
    }
    case "experiment":
      return await ofExperiment(catalogue, place, ask);
    case "assessors":
      return directories(await catalogue.assessors(project, place.experiment!.id, ask));
    case "reconstructions":
      return directories(await catalogue.reconstructions(project, place.experiment!.id, ask));
    case "assessor":
    case "reconstruction": {
      const [outputs, inputs] = await Promise.all([
        resourcesAt(catalogue, place, ask),
        catalogue.resources(inputsOwner(place.owner!), ask),
      ]);
      return [...dotted(inputs.length > 0, INPUTS), ...directories(outputs)];
    }
    case "resource":
    case "file":
      return await ofResource(catalogue, place, ask);
    default:
      return directories(await resourcesAt(catalogue, place, ask));
  }
}

async function ofSubject(
  catalogue: Catalogue,
  address: Address,
  ask: Ask,
): Promise<ListedEntry[]> {
  const { project = "", subject = "" } = address;
  const [place, experiments] = await Promise.all([
    locate(catalogue, address, ask),
    catalogue.memo.peek<Experiment[]>(experimentsKey(project, subject)) ??
      catalogue.experiments(project, undefined, ask),
  ]);
  const { id } = place.subject!;
  const own = experiments.filter((each) => isOf(each, id) || isOf(each, subject));
  // The list of subjects tells which have resources, if the server joins them.
  const resources = place.subject!.resources ?? await resourcesAt(catalogue, place, ask);
  return [...dotted(resources.length > 0, RESOURCES), ...directories(own)];
}

async function ofExperiment(
  catalogue: Catalogue,
  { address, experiment }: Place,
  ask: Ask,
): Promise<ListedEntry[]> {
  const { project = "" } = address;
  const { id } = experiment!;
  const [scans, assessors, resources] = await Promise.all([
    isSession(experiment!) ? scansAt(catalogue, address, id, ask) : [],
    isSession(experiment!) ? catalogue.assessors(project, id, ask) : [],
    catalogue.allResources(project, id, ask, isSession(experiment!)),
  ]);
  const has = (wanted: string) => resources.some(({ category }) => category === wanted);
  return [
    ...dotted(has("resources"), RESOURCES),
    ...dotted(assessors.length > 0, ASSESSORS),
    ...dotted(has("reconstructions"), RECONSTRUCTIONS),
    ...directories(scans),
  ];
}

/** What a resource means that is listed while the list of its files is refused. */
const UNREADABLE =
  "the server shows this resource and not its files: it was removed meanwhile, or its " +
  "catalog cannot be read; an administrator can look at that file, or refresh it";

async function ofResource(
  catalogue: Catalogue,
  { owner, resource, path }: Place,
  ask: Ask,
): Promise<ListedEntry[]> {
  const files = await catalogue.files(owner!, resource!.id, ask).catch((error) => {
    if (!isNotFound(error)) throw error;
    throw missing(ask, UNREADABLE);
  });
  const entries = entriesBelow(files, path, ask);
  if (entries.length > 0 || path.length === 0) return entries;
  if (files.some((file) => isAt(file, path))) {
    throw new VfsError("NotADirectory", { op: ask.op, url: ask.url });
  }
  throw missing(ask);
}

/** The entries of the folder `path` of a resource; folders are there as long as files are in them. */
function entriesBelow(
  files: readonly File[],
  path: readonly string[],
  ask: Ask,
): ListedEntry[] {
  const entries = new Map<string, ListedEntry>();
  for (const file of files) {
    if (file.path.length <= path.length || !isBelow(file, path)) continue;
    const name = file.path[path.length]!;
    // Also those between: what is shown leads to all that is in the catalog.
    for (const each of file.path) if (!isName(each)) throw badName(each, ask);
    if (file.path.length > path.length + 1) entries.set(name, { name, kind: "directory" });
    else if (!entries.has(name)) entries.set(name, { name, kind: "file", info: infoOfFile(file) });
  }
  return [...entries.values()];
}

function badName(name: string, ask: Ask): VfsError {
  return broken(ask, `the server has a file with ${JSON.stringify(name)} in its path`);
}

function isBelow(file: File, path: readonly string[]): boolean {
  return path.every((name, i) => name === file.path[i]);
}

function isAt(file: File, path: readonly string[]): boolean {
  return file.path.length === path.length && isBelow(file, path);
}

/** The file at `path` of a resource; `directory` when it is a folder there. */
export function fileAt(
  files: readonly File[],
  path: readonly string[],
): File | "directory" | undefined {
  return byPath(files).get(path.join("/")) ??
    (files.some((file) => isBelow(file, path)) ? "directory" : undefined);
}

const indexes = new WeakMap<readonly File[], ReadonlyMap<string, File>>();

/** The files of a list by their paths; where two have the same, the first. */
function byPath(files: readonly File[]): ReadonlyMap<string, File> {
  const known = indexes.get(files);
  if (known) return known;
  const index = new Map<string, File>();
  for (const file of files) {
    const path = file.path.join("/");
    if (!index.has(path)) index.set(path, file);
  }
  indexes.set(files, index);
  return index;
}

/** What the list of files tells of one. */
export function infoOfFile({ size, md5, attributes }: File): Info {
  return { kind: "file", size, ...(md5 && { digests: { md5 } }), attributes };
}

/** What lists tell of an object. */
export function infoOfObject({ attributes }: Named): Info {
  return { kind: "directory", attributes };
}

function directories(objects: readonly Named[]): ListedEntry[] {
  return objects.map((each) => {
    const label = each.label === "" || each.label === each.name ? {} : { label: each.label };
    const { ID, type, series_description } = each.attributes;
    const others = [ID, type, series_description].filter((text): text is string => !!text);
    const aliases = others.filter((text) => text !== each.name && isName(text));
    return {
      name: each.name,
      kind: "directory",
      info: infoOfObject(each),
      ...label,
      ...(aliases.length > 0 && { aliases }),
    };
  });
}

function dotted(isThere: boolean, name: string): ListedEntry[] {
  return isThere ? [{ name, kind: "directory" }] : [];
}
