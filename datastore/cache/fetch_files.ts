/**
 * Fetching the files of an entry, or those that are not there yet.
 *
 * @module
 */

import { digester } from "../../vfs/bytes/digest.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import { inCell } from "../../vfs/notebook.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { forEachBounded } from "../../vfs/concurrency/pool.ts";
import { Tally } from "../../vfs/copy/transfer.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { Filling } from "./cache_folder.ts";

/** A file to keep. */
export interface CachedFile {
  /** Its name in the cache. */
  readonly name: string;
  /** Where it comes from. */
  readonly url: string;
  /** Bytes. */
  readonly size?: number;
  /** MD5 in lower-case hexadecimal. */
  readonly md5?: string;
}

const AT_ONCE = 8;

/** How fetching is told. */
export interface FetchingOptions {
  /** In the cell of a notebook, when it takes long. @default {true} */
  readonly progress?: boolean;
}

/** The folder that holds `files`, as they are at their places. */
export async function fetching(
  vfs: Vfs,
  files: readonly CachedFile[],
  { progress = true }: FetchingOptions = {},
): Promise<Filling> {
  return {
    fingerprint: await fingerprintOf(files),
    async fill(folder, options) {
      const bytes = await inCell(`fetch ${placeOf(files)}`, progress, (cell) => {
        const tally = new Tally({ onProgress: (now) => cell?.transferred(now) });
        return fetchFiles(vfs, files, folder, tally, options);
      });
      return { bytes, files: files.length };
    },
  };
}

/** Where the files come from. */
function placeOf([first]: readonly CachedFile[]): string {
  return first ? parseLocation(first.url).location.parent()?.href ?? first.url : "nothing";
}

/** What tells one version of files from another. */
async function fingerprintOf(files: readonly CachedFile[]): Promise<string> {
  const lines = files.map(({ name, size, md5 }) => JSON.stringify([name, size, md5])).sort();
  const digest = await digester(["sha256"]);
  digest!.update(new TextEncoder().encode(lines.join("\n")));
  return digest!.digests().sha256!;
}

/**
 * Fetches `files` into `folder`, each in whole and checked against its digest. What is there of an earlier try is kept if
 * its digest is right; what does not belong there is removed. Tells how many bytes are there.
 */
async function fetchFiles(
  vfs: Vfs,
  files: readonly CachedFile[],
  folder: Location,
  tally: Tally,
  { signal }: OpOptions,
): Promise<number> {
  for (const { size } of files) tally.found(size);
  tally.listed();
  const names = new Set(files.map(({ name }) => name));
  for await (const { name, location } of vfs.readDir(folder, { signal })) {
    if (!names.has(name)) await vfs.remove(location, { signal, recursive: true });
  }
  let bytes = 0;
  async function* each() {
    yield* files;
  }
  await forEachBounded(each(), AT_ONCE, async (file) => {
    const to = folder.child(file.name);
    const there = await sizeIfSame(vfs, file, to, { signal });
    const got = there ?? await fetchFile(vfs, file, to, { signal });
    bytes += got;
    tally.moved(got, file.url);
    tally.settle({ from: file.url, result: "done" });
  });
  // It tells the end, too.
  tally.report();
  return bytes;
}

/** Fetches one file. A copy would ask for size and time besides. */
async function fetchFile(
  vfs: Vfs,
  { url, md5 }: CachedFile,
  to: Location,
  options: OpOptions,
): Promise<number> {
  await using file = await vfs.open(url, options);
  // A driver that knows the digest compares it.
  const isChecked = md5 === undefined || file.info.digests?.md5 === md5;
  const content = isChecked ? file.readable : checked(file.readable, md5, file.url);
  // A disk tells the size.
  return (await vfs.writeFile(to, content, options)).size!;
}

/** The bytes of `stream`. @throws `Corrupt` at their end unless they have the digest */
function checked(
  stream: ReadableStream<Uint8Array>,
  md5: string,
  url: string,
): ReadableStream<Uint8Array> {
  return ReadableStream.from((async function* () {
    const digest = await digester(["md5"]);
    for await (const chunk of stream) {
      digest!.update(chunk);
      yield chunk;
    }
    const difference = digest!.difference({ md5 });
    if (difference !== undefined) {
      throw new VfsError("Corrupt", { op: "fetch", url, reason: `the content has ${difference}` });
    }
  })());
}

/** The size of what is at `to` if it is surely the same. */
async function sizeIfSame(
  vfs: Vfs,
  { size, md5 }: CachedFile,
  to: Location,
  options: OpOptions,
): Promise<number | undefined> {
  if (md5 === undefined) return undefined;
  try {
    const { size: there } = await vfs.stat(to, options);
    if (there === undefined || (size !== undefined && there !== size)) return undefined;
    const digest = await digester(["md5"]);
    await using file = await vfs.open(to, options);
    for await (const chunk of file.readable) digest!.update(chunk);
    return digest!.digests().md5 === md5 ? there : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
