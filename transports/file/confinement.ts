/**
 * Keeps every operation inside the roots: by the text of the path first, then by where its links really lead.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "@std/path";
import { VfsError } from "../../vfs/errors.ts";
import { isWithin, nativePath } from "../../vfs/location/file_path.ts";
import type { Location } from "../../vfs/location/location.ts";
import { codeOf, isMissing } from "../../vfs/system_errors.ts";

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** Turns locations into the paths to work on. Without a root it costs nothing. */
export class Confinement {
  readonly #roots: readonly string[];
  #realRoots: Promise<string[]> | undefined;

  /** Confines to all of `roots`, which are absolute native paths; the root of the system confines nothing. */
  constructor(roots: readonly string[]) {
    this.#roots = roots.filter((root) => root !== "/");
  }

  /** The path that `location` leads to, all links followed; what is missing is where it would be made. */
  async follow(location: Location, op: string): Promise<string> {
    const path = nativePath(location);
    if (this.#roots.length === 0) return path;
    this.#checkText(path, location, op);
    return await this.#checkReal(await realTarget(path), location, op);
  }

  /** The path of the entry itself: a link is not followed, those above it are. */
  async entry(location: Location, op: string): Promise<string> {
    const path = nativePath(location);
    if (this.#roots.length === 0) return path;
    this.#checkText(path, location, op);
    if (this.#roots.includes(path)) return await this.follow(location, op);
    const parent = await realTarget(dirname(path));
    await this.#checkReal(parent, location, op);
    return join(parent, basename(path));
  }

  /** As {@linkcode Confinement.entry}, for operations that take the entry away. @throws `PermissionDenied` for a root */
  async entryToReplace(location: Location, op: string): Promise<string> {
    const path = await this.entry(location, op);
    const isRoot = dirname(path) === path || this.#roots.includes(path) ||
      (await this.#real()).includes(path);
    if (!isRoot) return path;
    throw new VfsError("PermissionDenied", {
      op,
      url: location.href,
      reason: "the root itself stays",
    });
  }

  /** The stat of what the link at `path` leads to, or `undefined` when that is missing or out of reach. */
  async statOfTarget(path: string): Promise<Deno.FileInfo | undefined> {
    try {
      if (this.#roots.length === 0) return await Deno.stat(path);
      const target = await Deno.realPath(path);
      return await this.#isInside(target) ? await Deno.stat(target) : undefined;
    } catch {
      // A listing tells of a link whether or not it leads anywhere.
      return undefined;
    }
  }

  #checkText(path: string, location: Location, op: string): void {
    if (!this.#roots.every((root) => isWithin(root, path))) {
      throw outside(location, op);
    }
  }

  async #checkReal(
    path: string,
    location: Location,
    op: string,
  ): Promise<string> {
    if (await this.#isInside(path)) return path;
    throw outside(location, op);
  }

  async #isInside(path: string): Promise<boolean> {
    return (await this.#real()).every((root) => isWithin(root, path));
  }

  #real(): Promise<string[]> {
    this.#realRoots ??= this.#resolveRoots();
    return this.#realRoots;
  }

  async #resolveRoots(): Promise<string[]> {
    try {
      return await Promise.all(this.#roots.map((r) => Deno.realPath(r)));
    } catch (error) {
      this.#realRoots = undefined;
      throw error;
    }
  }
}

/** Where `path` leads, all links followed; also when the last of them, or folders above it, are missing. */
export async function realTarget(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    try {
      return await Deno.realPath(at);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const parent = await realTarget(dirname(at));
    const here = join(parent, basename(at));
    const link = await linkAt(here);
    if (link === undefined) return here;
    at = resolve(parent, link);
  }
  throw new Deno.errors.FilesystemLoop(`Too many links from "${path}"`);
}

async function linkAt(path: string): Promise<string | undefined> {
  try {
    // It may have been made since, as no link; what is said of reading such a one is not the same everywhere.
    return (await Deno.lstat(path)).isSymlink ? await Deno.readLink(path) : undefined;
  } catch (error) {
    if (isMissing(error) || codeOf(error) === "EINVAL") return undefined;
    throw error;
  }
}

function outside(location: Location, op: string): VfsError {
  return new VfsError("PermissionDenied", {
    op,
    url: location.href,
    reason: "it leads outside the root",
  });
}
