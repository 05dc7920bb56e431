/**
 * Walks as trees that fold.
 *
 * @module
 */

import { counted, printable } from "../formats/text.ts";
import * as everywhere from "../vfs/default.ts";
import type { Entry } from "../vfs/entry.ts";
import { Location } from "../vfs/location/location.ts";
import { inCell } from "../vfs/notebook.ts";
import type { Where } from "../vfs/options.ts";
import type { WalkStep } from "../vfs/walk.ts";
import type { ListOptions } from "./entries.ts";
import type { FromFiles } from "./picture.ts";
import { element, escapeHtml, Rich } from "./rich.ts";

const MOST_NODES = 1000;
/** What notebooks show without a click. */
const OPEN_LEVELS = 2;

/** A directory as far as the walk told of it. */
interface Branch {
  readonly dirs: readonly Entry[];
  readonly files: readonly Entry[];
}

/** Options of {@linkcode displayTree}. */
export interface TreeOptions extends ListOptions, FromFiles {}

/**
 * The directories and files of a walk, or below a place, as a tree that folds: the first 1000, and how many there are.
 *
 * @example
 * ```ts
 * import { walk, writeFile } from "@medvfs/vfs";
 * import { displayTree } from "@medvfs/vfs/display";
 *
 * await writeFile("memory:///grove/a/b.txt", "hello");
 * const tree = await displayTree(walk("memory:///grove"));
 * console.assert(tree.text.startsWith("memory:///grove"));
 * ```
 */
export async function displayTree(
  tree: Where | AsyncIterable<WalkStep> | Iterable<WalkStep>,
  { limit = MOST_NODES, vfs = everywhere }: TreeOptions = {},
): Promise<Rich> {
  const isPlace = typeof tree === "string" || tree instanceof URL || tree instanceof Location;
  const steps = isPlace ? vfs.walk(tree) : tree;
  const branches = new Map<string, Branch>();
  let top: string | undefined;
  let directories = 0;
  let files = 0;
  const counts = () =>
    `${counted(directories, "directory", "directories")}, ${counted(files, "file")}`;
  await inCell("list", true, async (cell) => {
    for await (const [root, dirs, own] of steps) {
      top ??= root;
      const room = Math.max(0, limit - directories - files);
      if (room > 0) {
        branches.set(root, { dirs: dirs.slice(0, room), files: own.slice(0, room) });
      }
      directories += dirs.length;
      files += own.length;
      cell?.tell({ parts: [counts()] });
    }
  });
  const total = directories + files;
  const said = total > limit ? `${counts()}; not all are shown` : counts();
  const lines: string[] = [];
  const html = top === undefined ? "" : drawn(branches, top, top, 0, lines);
  return new Rich(
    html + element("p", {}, escapeHtml(said)),
    [...lines, said].join("\n"),
  );
}

function drawn(
  branches: ReadonlyMap<string, Branch>,
  url: string,
  name: string,
  depth: number,
  lines: string[],
): string {
  const line = (text: string, level: number) =>
    lines.push("  ".repeat(level) + printable(text, 200));
  line(name, depth);
  const branch = branches.get(url);
  if (!branch) return element("div", {}, escapeHtml(name));
  const below = branch.dirs.map((entry) =>
    element("li", {}, drawn(branches, entry.url, labelled(entry), depth + 1, lines))
  );
  for (const entry of branch.files) {
    line(labelled(entry), depth + 1);
    below.push(element("li", {}, escapeHtml(labelled(entry))));
  }
  return element(
    "details",
    depth < OPEN_LEVELS ? { open: "" } : {},
    element("summary", {}, escapeHtml(name)),
    element("ul", { style: "list-style:none;margin:0;padding-left:1.5em" }, ...below),
  );
}

function labelled({ name, label }: Entry): string {
  return label === undefined ? name : `${name} (${label})`;
}
