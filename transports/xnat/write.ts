/**
 * Storing files and making directories.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Source } from "../../vfs/bytes/bytes.ts";
import { FunctionNotSupported, isNotFound, isVfsError } from "../../vfs/errors.ts";
import type {
  FileToPut,
  Info,
  PutOptions,
  PutOutcome,
  RecursiveOptions,
} from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import { ensure, upTo } from "./ensure.ts";
import { fileAt } from "./list.ts";
import { locate, type Place } from "./resolve.ts";
import { store } from "./store.ts";
import { storeMany, unsentFiles } from "./store_many.ts";
import { failed, type ResourceAt, type Writing } from "./writing.ts";

/** Implements `put`. Objects that are missing are made, but for projects, as far as the driver may. */
export async function put(
  writing: Writing,
  address: Address,
  source: Source,
  { mode = "replace" }: PutOptions,
  ask: Ask,
): Promise<Info> {
  if (mode !== "replace") {
    // Without overwrite XNAT looks first and writes then, and of two that do so at once both may write.
    throw new FunctionNotSupported("xnat", "put", ask.url, `mode "${mode}"`);
  }
  const place = await placeFor(writing, address, ask).catch((error) => {
    throw isTemporary(error) ? writing.unseen.unsent(error, ask) : error;
  });
  return await store(writing, resourceOf(place, ask), place.path, source, ask);
}

/** A file, and what its URL says. */
interface FileAt extends FileToPut {
  readonly address: Address;
}

/** Implements `putMany`: the files of each resource go together. */
export async function* putMany(
  writing: Writing,
  files: readonly FileAt[],
  ask: Ask,
): AsyncGenerator<readonly PutOutcome[]> {
  const resources = Map.groupBy(
    files.filter(({ address }) => address.level === "file"),
    ({ address }) => JSON.stringify(upTo(address, "resource")),
  );
  for (const those of resources.values()) {
    const address = upTo(those[0]!.address, "resource");
    let place: Place;
    try {
      place = await ensure(writing, address, ask);
    } catch (error) {
      // Whatever keeps all from being stored for good is told of each that is tried alone.
      if (isTemporary(error)) yield unsentFiles(writing, those, error, ask);
      continue;
    }
    // It may be a file of another resource that has such a name.
    if (!place.resource || place.path.length > 0 || place.resource.isMistakable) continue;
    const at = resourceOf(place, ask);
    if (at.takesNoZips) continue;
    const paths = those.map((file) => ({ ...file, path: file.address.path }));
    yield* storeMany(writing, at, paths, ask);
  }
}

function isTemporary(error: unknown): boolean {
  return isVfsError(error) && error.status === "temporary";
}

/** Where a file goes. @throws `IsADirectory`, `NotSupported` where XNAT keeps no files */
async function placeFor(writing: Writing, address: Address, ask: Ask): Promise<Place> {
  if (address.level === "file") return await ensure(writing, address, ask);
  // The seed's URLs name a file of a scan without its resource.
  const place = await locate(writing.catalogue, address, ask).catch((error) => {
    if (!isNotFound(error)) throw error;
    const reason =
      "files are kept in resources: write PROJECT/SUBJECT/EXPERIMENT/SCAN/RESOURCE/NAME";
    throw failed("NotSupported", ask, reason, error);
  });
  if (place.path.length === 0) throw failed("IsADirectory", ask);
  return place;
}

/** The resource of a place, to change it. @throws `NotSupported` where XNAT would take another one for it */
export function resourceOf(
  { owner, resource, subject, experiment, part }: Place,
  ask: Ask,
): ResourceAt {
  if (resource!.isMistakable) {
    const reason =
      `another resource here has the label ${JSON.stringify(resource!.id)}, which is ` +
      "the number of this one, and XNAT would change that too; give it another label first";
    throw failed("NotSupported", ask, reason);
  }
  // Folders on the server are called by labels, whatever the URL says; those of sessions are below none of their subject.
  const folders = [experiment ?? subject, part, resource];
  const takesNoZips = folders.some((each) => /[^\0-\x7f]/.test(each?.label || each?.id || ""));
  return { owner: owner!, id: resource!.id, takesNoZips };
}

/**
 * Implements `mkdir`: projects, subjects, experiments, scans and resources. In a resource folders come to be with the
 * files in them, so there it makes the resource and sees that nothing is in the way.
 */
export async function mkdir(
  writing: Writing,
  address: Address,
  { recursive = false }: RecursiveOptions,
  ask: Ask,
): Promise<void> {
  const there = await kindAt(writing, address, ask);
  if (there === "file" || (there === "directory" && !recursive)) throw failed("AlreadyExists", ask);
  if (there === "directory") return;
  if (/^(assessor|reconstruction)s?$/.test(address.level) && address.resource === undefined) {
    throw failed("NotSupported", ask, "what assessors and reconstructions are, no URL tells");
  }
  if (address.level === "file") return await mkdirInResource(writing, address, recursive, ask);
  if (!recursive) {
    const parent = parentOf(address);
    if (parent && await kindAt(writing, parent, ask) === undefined) throw failed("NotFound", ask);
  }
  await ensure({ ...writing, create: writing.create || {} }, address, ask, true);
}

async function mkdirInResource(
  writing: Writing,
  address: Address,
  recursive: boolean,
  ask: Ask,
): Promise<void> {
  const resource = upTo(address, "resource");
  if (recursive) await ensure({ ...writing, create: writing.create || {} }, resource, ask, true);
  const { catalogue } = writing;
  const { owner, resource: found } = await locate(catalogue, resource, ask);
  const files = await catalogue.files(owner!, found!.id, ask);
  for (let length = 1; length < address.path.length; length++) {
    const above = fileAt(files, address.path.slice(0, length));
    if (above !== undefined && above !== "directory") throw failed("NotADirectory", ask);
  }
}

/** What is at an address now, if anything. */
async function kindAt(
  { catalogue }: Writing,
  address: Address,
  ask: Ask,
): Promise<"file" | "directory" | undefined> {
  try {
    const { owner, resource, path } = await locate(catalogue, address, ask);
    if (!resource || path.length === 0) return "directory";
    const found = fileAt(await catalogue.files(owner!, resource.id, ask), path);
    return found === undefined || found === "directory" ? found : "file";
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function parentOf(address: Address): Address | undefined {
  switch (address.level) {
    case "subject":
      return upTo(address, "project");
    case "experiment":
      return upTo(address, "subject");
    case "scan":
      return upTo(address, "experiment");
    case "resource":
      return {
        ...address,
        level: address.scan === undefined ? "resources" : "scan",
        resource: undefined,
      };
    default:
      return undefined;
  }
}
