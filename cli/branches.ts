/**
 * A walk as the lines of a drawn tree.
 *
 * @module
 */

import type { Entry } from "../vfs/entry.ts";
import { sortByName } from "../vfs/location/names.ts";
import type { WalkStep } from "../vfs/walk.ts";

/** One line of the tree. */
export interface Branch {
  /** What is there. */
  readonly entry: Entry;
  /** The lines before its name. */
  readonly prefix: string;
  /** 1 in the top itself. */
  readonly depth: number;
  /** Characters that the files of its directory have for their names, so that what follows is aligned. */
  readonly width: number;
}

/** Longer names push what follows to the right. */
const MAX_WIDTH = 40;

interface Level {
  readonly entries: readonly Entry[];
  readonly indent: string;
  readonly width: number;
  next: number;
}

/**
 * Puts the entries of a walk in the order of a drawn tree, as soon as each is known: what is in a directory comes
 * right after its own line. A directory that the walk left out has nothing below it.
 */
export async function* branches(steps: AsyncIterable<WalkStep>): AsyncGenerator<Branch> {
  const levels: Level[] = [];
  let indent = "";
  for await (const [root, dirs, files] of steps) {
    // Lines up to the directory that this step is about.
    if (levels.length > 0) indent = yield* drawUntil(root);
    const entries = sortByName([...dirs, ...files]);
    const longest = entries.reduce((most, { name }) => Math.max(most, name.length), 0);
    const width = Math.min(MAX_WIDTH, longest);
    levels.push({ entries, indent, width, next: 0 });
  }
  yield* drawUntil(undefined);

  function* drawUntil(url: string | undefined): Generator<Branch, string> {
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const entry = level.entries[level.next++];
      if (entry === undefined) {
        levels.pop();
        continue;
      }
      const isLast = level.next === level.entries.length;
      yield {
        entry,
        prefix: `${level.indent}${isLast ? "└── " : "├── "}`,
        depth: levels.length,
        width: level.width,
      };
      if (entry.url === url) return `${level.indent}${isLast ? "    " : "│   "}`;
    }
    return "";
  }
}
