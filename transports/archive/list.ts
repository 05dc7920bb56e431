/**
 * Listings of archives, in pages and as whole trees.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { Location } from "../../vfs/location/location.ts";
import { sortByName } from "../../vfs/location/names.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { Info, ListedEntry, ListOptions, TreeOptions, TreeStep } from "../../vfs/transport.ts";
import type { Member } from "./member.ts";
import type { DirectoryNode, Node } from "./member_tree.ts";

/** A directory, and what is told of what is in it. */
export interface Listed<M extends Member> {
  /** The directory. */
  readonly node: DirectoryNode<M>;
  /** What a transport tells. */
  readonly info: (node: Node<M>) => Info;
}

const PAGE = 1000;

/** Implements `list`. @throws `Corrupt` after the last entry when there are others that cannot be told by name */
export async function* list<M extends Member>(
  listed: Listed<M>,
  at: Location,
  { signal }: ListOptions,
): AsyncGenerator<readonly ListedEntry[]> {
  const entries = entriesOf(listed, listed.node, at.query);
  for (let from = 0; from < entries.length; from += PAGE) {
    throwIfAborted(signal, "list", at.href);
    yield entries.slice(from, from + PAGE);
  }
  checkFlaws(listed.node, at);
}

/** Implements `tree`. @throws `Corrupt` at a directory with entries that cannot be told by name */
export async function* tree<M extends Member>(
  listed: Listed<M>,
  top: Location,
  { signal, skips }: TreeOptions,
): AsyncGenerator<TreeStep> {
  const stack = [{ location: top, node: listed.node }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    throwIfAborted(signal, "list", at.location.href);
    checkFlaws(at.node, at.location);
    const all = sortByName(entriesOf(listed, at.node, top.query));
    const below = new Map(all.map(({ name }) => [name, childOf(at.location, name, top.query)]));
    const entries = skips ? all.filter(({ name }) => !skips(below.get(name)!)) : all;
    for (const { name } of entries.toReversed()) {
      const node = at.node.children.get(name);
      if (node?.kind === "directory") stack.push({ location: below.get(name)!, node });
    }
    yield { location: at.location, entries };
  }
}

function childOf(at: Location, name: string, query: string): Location {
  const child = at.child(name);
  return query === "" ? child : new Location({ ...child, query });
}

function entriesOf<M extends Member>(
  { info }: Listed<M>,
  { children }: DirectoryNode<M>,
  query: string,
): ListedEntry[] {
  const entries: ListedEntry[] = [];
  for (const [name, node] of children) {
    if (node.kind === "flawed" && node.isAbove) continue;
    const isMember = node.kind === "leaf";
    const kind = isMember ? node.member.kind : node.kind === "directory" ? "directory" : "file";
    const told = node.kind === "flawed" ? { kind } : info(node);
    entries.push({ name, kind, info: told, ...(query !== "" && { query }) });
  }
  return entries;
}

function checkFlaws<M extends Member>({ flaws, flaw }: DirectoryNode<M>, at: Location): void {
  if (flaws === 0) return;
  const others = flaws === 1 ? "" : `, and ${flaws - 1} more like it`;
  throw new VfsError("Corrupt", { op: "list", url: at.href, reason: `${flaw}${others}` });
}
