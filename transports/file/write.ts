/**
 * Storing files: all of the content goes to a temporary file first, which takes the final name at the end.
 *
 * @module
 */

import { readerOf, type Source } from "../../vfs/bytes/bytes.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { FileToPut, Info, PutOptions, PutOutcome } from "../../vfs/transport.ts";
import { CONCURRENCY, mapConcurrently } from "./concurrent.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";
import { infoOfStat } from "./info.ts";
import { makeBeside, type MakingOptions } from "./making.ts";
import { atHand, atName } from "./nearness.ts";
import { checkSize, openSource, pour } from "./pour.ts";
import {
  createFile,
  createFileNow,
  moveFile,
  moveFileExclusively,
  withParents,
} from "./publish.ts";
import { moveFileOnto } from "./replace.ts";
import { findTarget, isShort, type Target } from "./target.ts";
import { claimTemporary, claimTemporaryNow } from "./temporaries.ts";
import { takeTurns } from "./turns.ts";
import { makeDistinct, makeDistinctNow } from "./versions.ts";

/** The permission bits that a new file takes over; never set-uid, as the system drops it on a write. */
export const PERMISSIONS = 0o777;

/** What `putMany` is given: whatever is in memory at once. */
export const TOGETHER = {
  size: 1024 * 1024,
  files: 64,
  bytes: Infinity,
  asTheyCome: true,
};

/** Options of {@linkcode put}. */
export interface WriteOptions extends PutOptions, MakingOptions {}

/** Implements `put`. */
export function put(
  confinement: Confinement,
  location: Location,
  source: Source,
  options: WriteOptions,
): Promise<Info> {
  const { mode = "replace", signal } = options;
  return attempt("write", location, async () => {
    await takeTurns();
    throwIfAborted(signal, "write", location.href);
    const target = await findTarget(
      confinement,
      location,
      "write",
      mode === "create",
      isShort(source.size),
    );
    return mode === "append"
      ? await append(target, location, source, options)
      : await store(target, location, source, options);
  });
}

/** Implements `putMany`: without the layers' work for each, which takes as long as making a small file does. */
export async function* putMany(
  confinement: Confinement,
  files: readonly FileToPut[],
  options: WriteOptions,
): AsyncGenerator<readonly PutOutcome[]> {
  const store = async ({ location, source, mode, mtime }: FileToPut): Promise<PutOutcome> => {
    try {
      const stored = await put(confinement, location, source, { ...options, mode, mtime });
      return { location, stored };
    } catch (error) {
      if (isVfsError(error)) return { location, error };
      throw error;
    }
  };
  for (let at = 0; at < files.length; at += CONCURRENCY) {
    throwIfAborted(options.signal, "write", files[at]!.location.href);
    yield await mapConcurrently(files.slice(at, at + CONCURRENCY), store);
  }
}

function store(
  target: Target,
  location: Location,
  source: Source,
  options: WriteOptions,
): Promise<Info> {
  const { mode, ifMatch } = options;
  return makeBeside(target.path, options, async (temporary) => {
    const info = await fill(temporary, target, location, source, options);
    if (mode === "create") await moveFileExclusively(temporary, target.path);
    else if (ifMatch === undefined) await moveFile(temporary, target.path);
    else await moveFileOnto(temporary, target.path, ifMatch, location);
    return info;
  });
}

async function fill(
  temporary: string,
  target: Target,
  location: Location,
  source: Source,
  { signal, fsync, mtime }: WriteOptions,
): Promise<Info> {
  const url = location.href;
  const bits = target.old?.mode ?? undefined;
  const mode = bits === undefined ? undefined : bits & PERMISSIONS;
  const short = isShort(source.size) ? await openSource(source, signal, url) : undefined;
  try {
    if (short instanceof Uint8Array && !fsync) {
      checkSize(source, short.length, url);
      throwIfAborted(signal, "write", url);
      const now = () => fillNow(temporary, short, mode, mtime);
      const made = await withParents(temporary, () => atName(temporary, now, notNow));
      if (made) return made;
    }
    using file = await withParents(temporary, () => createFile(temporary, mode));
    await claimTemporary(temporary, file);
    // The mode given at opening was cut by the umask.
    if (mode !== undefined) await Deno.chmod(temporary, mode);
    const content = short ?? await openSource(source, signal, url);
    checkSize(source, await pour(content, source.size, temporary, file, signal, url), url);
    throwIfAborted(signal, "write", url);
    return await finish(temporary, file, fsync, mtime);
  } catch (error) {
    if (short) await readerOf(short).close(error);
    throw error;
  }
}

/** What is short and in memory needs no turn between its steps: all of them together take less than a thread's waking. */
function fillNow(
  temporary: string,
  bytes: Uint8Array,
  mode: number | undefined,
  mtime: Date | undefined,
): Info {
  using file = createFileNow(temporary, mode);
  claimTemporaryNow(file);
  if (mode !== undefined) Deno.chmodSync(temporary, mode);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  const setTime = (time: Date) => file.utimeSync(time, time);
  if (mtime) setTime(mtime);
  return makeDistinctNow(() => infoOfStat(file.statSync()), setTime);
}

const notNow = () => Promise.resolve(undefined);

async function append(
  target: Target,
  location: Location,
  source: Source,
  { signal, fsync, mtime }: WriteOptions,
): Promise<Info> {
  const { path, old } = target;
  using file = await withParents(
    path,
    () => Deno.open(path, { append: true, create: true }),
  );
  const { size } = await file.stat();
  try {
    const { href: url } = location;
    const content = await openSource(source, signal, url);
    checkSize(source, await pour(content, source.size, path, file, signal, url), url);
    throwIfAborted(signal, "write", location.href);
    return await finish(path, file, fsync, mtime);
  } catch (error) {
    if (old) await file.truncate(size);
    else await Deno.remove(path);
    throw error;
  }
}

async function finish(
  path: string,
  file: Deno.FsFile,
  fsync: boolean,
  mtime: Date | undefined,
): Promise<Info> {
  const setTime = (time: Date) =>
    atHand(path, () => file.utimeSync(time, time), () => file.utime(time, time));
  if (mtime) await setTime(mtime);
  const info = await makeDistinct(
    async () => infoOfStat(await atHand(path, () => file.statSync(), () => file.stat())),
    setTime,
  );
  if (fsync) await file.sync();
  return info;
}
