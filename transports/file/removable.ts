/**
 * Whether the system lets something be removed from a folder.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { isGranted } from "../../vfs/platform.ts";
import { toVfsError } from "../../vfs/system_errors.ts";
import type { CallOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { atName, inFolder } from "./nearness.ts";
import { createFile } from "./publish.ts";
import { discardTemporary, releaseTemporary, reserveTemporary } from "./temporaries.ts";

/** For so long, in milliseconds, a folder from which something could be removed is taken for one. */
const KEPT = 10_000;

/** The last folder from which something could be removed: many files of one may be asked about. */
let last: { readonly folder: string; readonly until: number } | undefined;

/** Implements `checkRemoval`. */
export async function checkRemoval(
  confinement: Confinement,
  location: Location,
  { signal }: CallOptions,
): Promise<void> {
  throwIfAborted(signal, "remove", location.href);
  const path = await confinement.entryToReplace(location, "remove");
  // Where Deno asks people, it does so before anything is copied.
  const needed = { name: "write", path } as const;
  if (!isGranted(needed) && (await Deno.permissions.request(needed)).state !== "granted") {
    throw toVfsError(new Deno.errors.NotCapable(), "remove", location);
  }
  await tryRemoval(dirname(path), location);
}

/**
 * Fails where the system lets nothing be removed from `folder`, which `location` is in: only what makes and removes a file is
 * told what permissions and mounts say.
 */
export async function tryRemoval(folder: string, location: Location): Promise<void> {
  const identity = await identityOf(folder);
  if (last && identity === last.folder && performance.now() < last.until) return;
  // Deno may permit to remove the one file and to make no other: nobody is asked for that.
  if (!isGranted({ name: "write", path: folder })) return;
  const temporary = reserveTemporary(join(folder, "removable"));
  try {
    (await createFile(temporary)).close();
    // Where files may be put and stay, as in a folder for deliveries, it is this that fails.
    await atName(temporary, () => Deno.removeSync(temporary), () => Deno.remove(temporary));
    releaseTemporary(temporary);
    if (identity !== undefined) last = { folder: identity, until: performance.now() + KEPT };
  } catch (error) {
    await discardTemporary(temporary);
    const failure = toVfsError(error, "remove", location);
    // What else keeps a file from being made keeps none from being removed.
    if (failure.kind === "PermissionDenied") throw failure;
  }
}

/** What tells a folder and who may do what in it; `undefined` where that cannot be seen. */
async function identityOf(folder: string): Promise<string | undefined> {
  if (!isGranted({ name: "read", path: folder })) return undefined;
  try {
    const { dev, ino, mode, uid, gid } = await inFolder(
      folder,
      () => Deno.statSync(folder),
      () => Deno.stat(folder),
    );
    return [folder, dev, ino, mode, uid, gid].join(" ");
  } catch {
    // What is wrong with it is told to who tries.
    return undefined;
  }
}
