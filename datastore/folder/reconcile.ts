/**
 * Bringing an index in line with the files that are there.
 *
 * @module
 */

import { followed } from "../../vfs/entry.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { isTag } from "../tag.ts";
import { type FolderIndex, isImageId, namesOf } from "./index_file.ts";

/** A file by the id that its name gives. */
interface FoundFile {
  readonly id: string;
  readonly ext: string;
  readonly name: string;
}

/** What a store's files are called. */
export interface Naming {
  /** Endings of images and labels; of several that fit, the last one counts. */
  readonly extensions: readonly string[];
  /** Seconds since 1970, for what is new. */
  readonly now: number;
}

/** Label files of 3D Slicer; their images are called without `.seg`. */
const SEG_NRRD = ".seg.nrrd";

/**
 * Drops what has no file, and adds what has no entry; tells whether anything changed.
 *
 * @throws `NotFound` where a whole folder in which files should be is missing or empty, as when a share is not mounted
 */
export async function reconcile(
  vfs: Vfs,
  root: Location,
  index: FolderIndex,
  naming: Naming,
  options: OpOptions,
): Promise<boolean> {
  const images = root.join(...namesOf(index.images_dir));
  const labels = root.join(...namesOf(index.labels_dir));
  let isChanged = await reconcileImages(vfs, images, index, naming, options);
  const known = new Set(Object.values(index.objects).flatMap(({ labels }) => Object.keys(labels)));
  const { directories } = await listing(vfs, labels, known.size > 0, options);
  const tags = directories.filter((name) => known.has(name) || isTag(name));
  const folders = new Map<string, Set<string>>();
  for (const tag of tags) {
    const { files } = await listing(vfs, labels.child(tag), false, options);
    folders.set(tag, new Set(files));
    const found = files.flatMap((name) => labelFile(name, index, naming.extensions) ?? []);
    for (const { id, ext, name } of found) {
      const object = index.objects[id]!;
      if (object.labels[tag]) continue;
      object.labels[tag] = { ext, info: { ts: naming.now, name } };
      isChanged = true;
    }
  }
  for (const [id, object] of Object.entries(index.objects)) {
    for (const [tag, { ext }] of Object.entries(object.labels)) {
      const isThere = id.includes("/")
        ? await exists(vfs, labels, [tag, ...`${id}${ext}`.split("/")], options)
        : folders.get(tag)?.has(id + ext);
      if (isThere) continue;
      delete object.labels[tag];
      isChanged = true;
    }
  }
  return isChanged;
}

async function reconcileImages(
  vfs: Vfs,
  images: Location,
  index: FolderIndex,
  { extensions, now }: Naming,
  options: OpOptions,
): Promise<boolean> {
  const isNeeded = Object.keys(index.objects).length > 0;
  const { files } = await listing(vfs, images, isNeeded, options);
  const names = new Set(files);
  let isChanged = false;
  for (const [id, { image }] of Object.entries(index.objects)) {
    const isThere = id.includes("/")
      ? await exists(vfs, images, `${id}${image.ext}`.split("/"), options)
      : names.has(id + image.ext);
    if (isThere && isImageId(id)) continue;
    delete index.objects[id];
    isChanged = true;
  }
  for (const name of files) {
    const found = fileIn(name, extensions);
    if (!found || Object.hasOwn(index.objects, found.id)) continue;
    const { id, ext } = found;
    index.objects[id] = { image: { ext, info: { ts: now, name } }, labels: {} };
    isChanged = true;
  }
  return isChanged;
}

/** The id that a file's name gives. */
export function fileIn(name: string, extensions: readonly string[]): FoundFile | undefined {
  const ext = extensions.findLast((each) => name.toLowerCase().endsWith(each));
  const id = ext === undefined ? "" : name.slice(0, -ext.length);
  return id === "" || id.startsWith(".") ? undefined : { id, ext: name.slice(id.length), name };
}

function labelFile(
  name: string,
  { objects }: FolderIndex,
  extensions: readonly string[],
): FoundFile | undefined {
  const isSeg = name.toLowerCase().endsWith(SEG_NRRD);
  const candidates = [isSeg ? fileIn(name, [SEG_NRRD]) : undefined, fileIn(name, extensions)];
  return candidates.find((found) => found && Object.hasOwn(objects, found.id));
}

async function listing(
  vfs: Vfs,
  folder: Location,
  isNeeded: boolean,
  options: OpOptions,
): Promise<{ files: string[]; directories: string[] }> {
  const files: string[] = [];
  const directories: string[] = [];
  let isEmpty = true;
  let cause: unknown;
  try {
    for await (const entry of vfs.readDir(folder, options)) {
      isEmpty = false;
      const kind = followed(entry);
      if (kind === "file") files.push(entry.name);
      else if (kind === "directory") directories.push(entry.name);
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
    cause = error;
  }
  if (isEmpty && isNeeded) {
    const reason =
      "the index names files in this folder, and there is nothing at all: is a share " +
      "not mounted? If they are gone for good, put any file there";
    throw new VfsError("NotFound", { op: "list", url: folder.href, reason, cause });
  }
  return { files: files.sort(), directories: directories.sort() };
}

async function exists(
  vfs: Vfs,
  folder: Location,
  names: readonly string[],
  options: OpOptions,
): Promise<boolean> {
  return names.every(isImageId) && await vfs.isFile(folder.join(...names), options);
}
