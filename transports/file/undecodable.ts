/**
 * Names on disk that are not UTF-8. Deno lists them with U+FFFD in place of what it cannot decode, and cannot
 * open them.
 *
 * @module
 */

import { join } from "@std/path";
import { nativePath } from "../../vfs/location/file_path.ts";
import type { Location } from "../../vfs/location/location.ts";

/** True when a missing `location` is in fact listed, under a name that only looks like the one on disk. */
export async function findUndecodable(location: Location): Promise<boolean> {
  for (let at: Location | undefined = location; at; at = at.parent()) {
    const parent = at.parent();
    if (parent && mayBeUndecodable(at.name)) {
      return await isListed(nativePath(parent), at.name);
    }
  }
  return false;
}

/** True for a name that may stand for another one on disk. */
export function mayBeUndecodable(name: string): boolean {
  return name.includes("\uFFFD");
}

async function isListed(directory: string, name: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (entry.name === name) return !(await canBeRead(join(directory, name)));
    }
  } catch {
    // The error that made us look is the one to tell.
  }
  return false;
}

async function canBeRead(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
