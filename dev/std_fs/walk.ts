import { basename, fromFileUrl, join, normalize } from "@std/path";

/** One directory entry with its path. */
export interface WalkEntry extends Deno.DirEntry {
  /** The path, beginning with the root that was given. */
  path: string;
}

/** Which entries {@linkcode walk} yields, and where it goes. */
export interface WalkOptions {
  /** Levels below the root, 0 for the root only; default: all. */
  maxDepth?: number;
  /** Yield files; default true. */
  includeFiles?: boolean;
  /** Yield directories, the root too; default true. */
  includeDirs?: boolean;
  /** Yield links that are not followed; default true. */
  includeSymlinks?: boolean;
  /** Go on behind links; default false. */
  followSymlinks?: boolean;
  /** Yield the real path of a followed link; default true. */
  canonicalize?: boolean;
  /** Yield only paths that end with one of these, with or without a leading dot. */
  exts?: string[];
  /** Yield only paths that match one of these. */
  match?: RegExp[];
  /** Neither yield nor enter paths that match one of these. */
  skip?: RegExp[];
}

/**
 * Yields the root and everything below it, depth first, in the order of the directories.
 *
 * @throws Whatever `Deno.readDir` throws, at any depth.
 */
export async function* walk(
  root: string | URL,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const {
    maxDepth = Infinity,
    includeFiles = true,
    includeDirs = true,
    includeSymlinks = true,
    followSymlinks = false,
    canonicalize = true,
    ...filters
  } = options;
  if (maxDepth < 0) return;
  const top = root instanceof URL ? fromFileUrl(root) : root;
  if (includeDirs && isWanted(top, filters)) {
    const path = normalize(top);
    const { isFile, isDirectory, isSymlink } = await Deno.stat(path);
    yield { path, name: basename(path), isFile, isDirectory, isSymlink };
  }
  if (maxDepth < 1 || !isWanted(top, { skip: filters.skip })) return;

  for await (const entry of Deno.readDir(top)) {
    let path = join(top, entry.name);
    let { isDirectory } = entry;
    if (entry.isSymlink && !followSymlinks) {
      if (includeSymlinks && isWanted(path, filters)) yield { path, ...entry };
      continue;
    }
    if (entry.isSymlink) {
      const target = await Deno.realPath(path);
      if (canonicalize) path = target;
      isDirectory = (await Deno.lstat(target)).isDirectory;
    }
    if (isDirectory) {
      // As in @std/fs 1.0.24, `canonicalize` does not reach the levels below.
      yield* walk(path, {
        ...options,
        maxDepth: maxDepth - 1,
        canonicalize: true,
      });
    } else if (includeFiles && isWanted(path, filters)) {
      yield { path, ...entry };
    }
  }
}

function isWanted(
  path: string,
  { exts, match, skip }: Pick<WalkOptions, "exts" | "match" | "skip">,
): boolean {
  if (exts && !exts.some((e) => path.endsWith(e[0] === "." ? e : `.${e}`))) {
    return false;
  }
  if (match && !match.some((pattern) => path.match(pattern))) return false;
  return !skip?.some((pattern) => path.match(pattern));
}
