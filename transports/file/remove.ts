/**
 * Removing files and directories. Links are removed, never what they lead to.
 *
 * @module
 */

import { join } from "@std/path";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { codeOf, isMissing } from "../../vfs/system_errors.ts";
import type { RecursiveOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { mapConcurrently } from "./concurrent.ts";
import { attempt } from "./errors.ts";
import { lstatIfThere } from "./target.ts";
import { sweepableAge, sweepTemporaries } from "./temporaries.ts";
import { mayBeUndecodable } from "./undecodable.ts";

/** Implements `remove`. */
export function remove(
  confinement: Confinement,
  location: Location,
  { signal, recursive = false }: RecursiveOptions,
): Promise<void> {
  return attempt("remove", location, async () => {
    throwIfAborted(signal, "remove", location.href);
    const path = await confinement.entryToReplace(location, "remove");
    const { isDirectory } = await Deno.lstat(path);
    const check = () => throwIfAborted(signal, "remove", location.href);
    if (recursive && isDirectory) await removeTree(path, check);
    else await removeOne(path, isDirectory);
  });
}

/** Removes a file, or a directory in which there is at most what killed programs left, which no listing shows. */
async function removeOne(path: string, isDirectory: boolean): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    const isSwept = isDirectory && codeOf(error) === "ENOTEMPTY" &&
      (await sweepTemporaries(path, await sweepableAge(path))).length > 0;
    if (!isSwept) throw error;
    await Deno.remove(path);
  }
}

/**
 * Removes the directory at `path` and all below it. `Deno.remove` does it in one call too, but cannot be
 * stopped; here `check` is called before each entry and stops it by throwing.
 */
export async function removeTree(
  path: string,
  check: () => void,
): Promise<void> {
  const files: string[] = [];
  const directories: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    check();
    if (mayBeUndecodable(entry.name)) {
      // Only the system can remove what it cannot name to us.
      return await Deno.remove(path, { recursive: true });
    }
    (entry.isDirectory ? directories : files).push(join(path, entry.name));
  }
  await mapConcurrently(files, async (file) => {
    check();
    await removeIfThere(file);
  });
  for (const directory of directories) {
    // Until its turn came, others may have put a link in its place, and what that leads to stays.
    if ((await lstatIfThere(directory))?.isDirectory) await removeTree(directory, check);
    else await removeIfThere(directory);
  }
  check();
  await removeIfThere(path);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
