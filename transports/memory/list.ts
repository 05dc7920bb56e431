/**
 * Listings of memory: in pages, and of whole trees.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { sortByName } from "../../vfs/location/names.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { CallOptions, ListedEntry, TreeStep } from "../../vfs/transport.ts";
import { type DirectoryNode, infoOf, type Store } from "./store.ts";

const PAGE = 1000;

/** Implements `list`: the entries as they were when the first page was asked for. */
export async function* list(
  store: Store,
  location: Location,
  options: CallOptions,
): AsyncGenerator<readonly ListedEntry[]> {
  throwIfAborted(options.signal, "list", location.href);
  const entries = entriesOf(needDirectory(store, location));
  for (let at = 0; at < entries.length; at += PAGE) {
    throwIfAborted(options.signal, "list", location.href);
    yield entries.slice(at, at + PAGE);
  }
}

/** Implements `tree` with one explicit stack. */
export async function* tree(
  store: Store,
  location: Location,
  options: CallOptions,
): AsyncGenerator<TreeStep> {
  throwIfAborted(options.signal, "list", location.href);
  const stack = [{ location, node: needDirectory(store, location) }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    throwIfAborted(options.signal, "list", location.href);
    const entries = sortByName(entriesOf(top.node));
    for (const { name } of entries.toReversed()) {
      const node = top.node.children.get(name);
      if (node?.kind === "directory") {
        stack.push({ location: top.location.child(name), node });
      }
    }
    yield { location: top.location, entries };
  }
}

function needDirectory(store: Store, location: Location): DirectoryNode {
  const node = store.need(location, "list");
  if (node.kind === "directory") return node;
  throw new VfsError("NotADirectory", { op: "list", url: location.href });
}

function entriesOf(directory: DirectoryNode): ListedEntry[] {
  return Array.from(
    directory.children,
    ([name, node]) => ({ name, kind: node.kind, info: infoOf(node) }),
  );
}
