import type { Vfs } from "../../vfs/vfs.ts";
import type { WalkOptions } from "../../vfs/walk.ts";

/** What a walk gives: where, directories, files. */
export type Steps = [string, string[], string[]][];

/** Walks, without what `prune` matches. */
export async function steps(
  vfs: Vfs,
  top: string,
  options?: WalkOptions,
  prune?: RegExp,
): Promise<Steps> {
  const found: Steps = [];
  for await (const [root, dirs, files] of vfs.walk(top, options)) {
    if (prune) dirs.splice(0, dirs.length, ...dirs.filter(({ name }) => !prune.test(name)));
    found.push([root, dirs.map(String), files.map(String)]);
  }
  return found;
}
