/**
 * Files of a resource: on the disk, and in the catalog that knows of them.
 *
 * @module
 */

import type { Archive, CatalogEntry, DiskFile, Resource } from "./types.ts";
import type { Blobs, StoredBlob } from "../storage/blobs.ts";

/** What an upload says about a file. */
export type EntryProperties = Partial<
  Pick<CatalogEntry, "format" | "content" | "tags" | "description" | "uid" | "instanceNumber">
>;

/** The file of a resource on the disk. */
export function onDisk(archive: Archive, resource: Resource, path: string): DiskFile | undefined {
  return archive.disk.get(resource.folder)?.get(path);
}

/** The file that XNAT takes for an entry: one that is gone it looks for with `.gz` after its name (`CatalogUtils.getFile`). */
export function servedFor(
  archive: Archive,
  resource: Resource,
  path: string,
): { path: string; file: DiskFile } | undefined {
  for (const each of path.endsWith(".gz") ? [path] : [path, `${path}.gz`]) {
    const file = onDisk(archive, resource, each);
    if (file) return { path: each, file };
  }
}

/** Puts bytes on the disk; those that were there before are gone. */
export async function putOnDisk(
  archive: Archive,
  blobs: Blobs,
  resource: Resource,
  path: string,
  stored: StoredBlob,
  now: number,
): Promise<void> {
  const files = archive.disk.get(resource.folder) ?? new Map<string, DiskFile>();
  archive.disk.set(resource.folder, files);
  const before = files.get(path);
  files.set(path, { ...stored, modified: now });
  if (before) await blobs.release(before.blob);
}

/** Notes a file of the disk in the catalog. */
export function catalogue(
  resource: Resource,
  path: string,
  file: DiskFile,
  login: string,
  now: number,
  properties: EntryProperties = {},
): void {
  const before = resource.entries.get(path);
  resource.entries.set(path, {
    path,
    format: properties.format ?? before?.format ?? "",
    content: properties.content ?? before?.content ?? "",
    tags: properties.tags ?? before?.tags ?? "",
    description: properties.description ?? before?.description ?? "",
    digest: file.digest,
    size: file.size,
    createdTime: now,
    createdBy: login,
    uid: properties.uid ?? before?.uid,
    instanceNumber: properties.instanceNumber ?? before?.instanceNumber,
  });
  resource.version++;
}

/** Counts a resource's files anew. */
export function computeStats(resource: Resource): void {
  let size = 0;
  for (const entry of resource.entries.values()) size += entry.size ?? 0;
  resource.stats = { count: resource.entries.size, size };
}

/**
 * Entries that a path means in a DELETE: all that **start** with it; with `*` at its end also those that match it as
 * a regular expression, in which that `*` stands for `.*` (CatalogUtils.findCatEntriesWithinPath).
 */
export function matchingEntries(resource: Resource, path: string): CatalogEntry[] {
  const pattern = path.endsWith("*") ? expression(path.slice(0, -1)) : undefined;
  return [...resource.entries.values()].filter((entry) =>
    entry.path.startsWith(path) || pattern?.test(entry.path)
  );
}

/** @throws {SyntaxError} as Java does, which ends as 500 */
function expression(start: string): RegExp {
  return new RegExp(`^(?:${start}.*)$`, "u");
}

/** Takes entries out of the catalog, and their files off the disk unless told otherwise. */
export async function removeEntries(
  archive: Archive,
  blobs: Blobs,
  resource: Resource,
  entries: readonly CatalogEntry[],
  removeFiles: boolean,
): Promise<void> {
  const files = archive.disk.get(resource.folder);
  for (const { path } of entries) {
    resource.entries.delete(path);
    const file = files?.get(path);
    if (removeFiles && file) {
      files!.delete(path);
      await blobs.release(file.blob);
    }
  }
  resource.version++;
}

/** Removes all files of a folder from the disk. */
export async function removeFolder(archive: Archive, blobs: Blobs, folder: string): Promise<void> {
  const files = archive.disk.get(folder);
  if (!files) return;
  archive.disk.delete(folder);
  for (const file of files.values()) await blobs.release(file.blob);
}

/** What a catalog refresh does. */
export interface RefreshOptions {
  append: boolean;
  delete: boolean;
  checksum: boolean;
  populateStats: boolean;
}

/** Brings a catalog and the disk together again. */
export function refresh(
  archive: Archive,
  resource: Resource,
  options: RefreshOptions,
  login: string,
  now: number,
): void {
  const files = archive.disk.get(resource.folder) ?? new Map<string, DiskFile>();
  if (options.append) {
    for (const [path, file] of files) {
      if (!resource.entries.has(path)) catalogue(resource, path, file, login, now);
    }
  }
  if (options.delete) {
    for (const path of [...resource.entries.keys()]) {
      if (!files.has(path)) resource.entries.delete(path);
    }
  }
  if (options.checksum) {
    for (const [path, entry] of resource.entries) {
      const file = files.get(path);
      if (file) Object.assign(entry, { digest: file.digest, size: file.size });
    }
  }
  if (options.populateStats) computeStats(resource);
  resource.version++;
}
