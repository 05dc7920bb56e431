/**
 * Changes of the tree besides content: directories, removal, moves and copies.
 *
 * @module
 */

import { type ErrorKind, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { Info, RecursiveOptions, ReplaceOptions } from "../../vfs/transport.ts";
import { infoOf, newDirectory, type Node, type Store } from "./store.ts";

/** Implements `mkdir`. */
export function mkdir(
  store: Store,
  location: Location,
  { recursive = false, signal }: RecursiveOptions,
): void {
  const url = location.href;
  throwIfAborted(signal, "mkdir", url);
  const old = store.find(location);
  if (old?.kind === "directory" && recursive) return;
  if (old) throw new VfsError("AlreadyExists", { op: "mkdir", url });
  store.checkParents(location, "mkdir");
  const { parent, name } = store.slot(location, "mkdir", recursive);
  parent.children.set(name, newDirectory());
}

/** Implements `remove`. */
export function remove(
  store: Store,
  location: Location,
  { recursive = false, signal }: RecursiveOptions,
): void {
  const url = location.href;
  throwIfAborted(signal, "remove", url);
  const node = store.need(location, "remove");
  const { parent, name } = store.slot(location, "remove", false);
  if (node.kind === "directory" && node.children.size > 0 && !recursive) {
    throw new VfsError("NotEmpty", { op: "remove", url });
  }
  parent.children.delete(name);
}

/** Implements `rename`. */
export function rename(
  store: Store,
  from: Location,
  to: Location,
  options: ReplaceOptions,
): void {
  throwIfAborted(options.signal, "rename", from.href);
  const node = store.need(from, "rename");
  const source = store.slot(from, "rename", false);
  if (from.contains(to) && from.segments.length < to.segments.length) {
    if (node.kind === "directory") {
      throw failure("InvalidArgument", "rename", to, "it lies in itself");
    }
  }
  checkDestination(store, node, to, "rename", options);
  const target = store.slot(to, "rename", true);
  source.parent.children.delete(source.name);
  target.parent.children.set(target.name, node);
}

/** Implements `copy`. Content is shared, since it never changes in place; its time of change goes with it. */
export function copy(
  store: Store,
  from: Location,
  to: Location,
  options: ReplaceOptions,
): Info {
  throwIfAborted(options.signal, "copy", from.href);
  const node = store.need(from, "copy");
  if (node.kind === "directory") throw failure("IsADirectory", "copy", from);
  checkDestination(store, node, to, "copy", options);
  const { parent, name } = store.slot(to, "copy", true);
  const twin = { ...node, etag: store.nextEtag() };
  parent.children.set(name, twin);
  return infoOf(twin);
}

/** Only a file gives way, only to a file, and only when asked. */
function checkDestination(
  store: Store,
  node: Node,
  to: Location,
  op: string,
  { overwrite = false }: ReplaceOptions,
): void {
  store.checkParents(to, op);
  const old = store.find(to);
  if (!old) return;
  if (!overwrite) throw failure("AlreadyExists", op, to);
  if (old.kind === "file" && node.kind === "file") return;
  if (old.kind === "file") throw failure("NotADirectory", op, to);
  throw failure(node.kind === "file" ? "IsADirectory" : "AlreadyExists", op, to);
}

function failure(
  kind: ErrorKind,
  op: string,
  at: Location,
  reason?: string,
): VfsError {
  return new VfsError(kind, { op, url: at.href, reason });
}
