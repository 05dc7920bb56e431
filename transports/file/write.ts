/**
 * Storing files: all of the content goes to a temporary file first, which takes the final name at the end.
 *
 * @module
 */

import type { Source } from "../../vfs/bytes/bytes.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { Info, PutOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";
import { infoOfStat } from "./info.ts";
import { makeBeside, type MakingOptions } from "./making.ts";
import { atHand } from "./nearness.ts";
import { pour } from "./pour.ts";
import { createFile, moveFile, moveFileExclusively, withParents } from "./publish.ts";
import { moveFileOnto } from "./replace.ts";
import { findTarget, isShort, type Target } from "./target.ts";
import { claimTemporary } from "./temporaries.ts";
import { makeDistinct } from "./versions.ts";

/** The permission bits that a new file takes over; never set-uid, as the system drops it on a write. */
export const PERMISSIONS = 0o777;

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
  const bits = target.old?.mode ?? undefined;
  const mode = bits === undefined ? undefined : bits & PERMISSIONS;
  using file = await withParents(temporary, () => createFile(temporary, mode));
  await claimTemporary(temporary, file);
  // The mode given at opening was cut by the umask.
  if (mode !== undefined) await Deno.chmod(temporary, mode);
  await pour(source, temporary, file, signal, location.href);
  throwIfAborted(signal, "write", location.href);
  return await finish(temporary, file, fsync, mtime);
}

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
    await pour(source, path, file, signal, location.href);
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
