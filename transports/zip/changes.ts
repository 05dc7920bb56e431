/**
 * What can be at a place in a zip, and what removing and renaming make of its members.
 *
 * @module
 */

import { MAX_TEXT } from "../../formats/zip/records.ts";
import type { Ask, Purpose } from "../../vfs/ask.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { RemoveManyOptions } from "../../vfs/transport.ts";
import { infoOf, pathOf } from "../archive/member.ts";
import type { Node } from "../archive/member_tree.ts";
import type { Directory } from "./directory.ts";
import type { ZipMember } from "./zip_member.ts";
import type { Edit } from "./edit.ts";

/** Makes an edit of a zip as it is, if it is to be another one; throws where the change cannot be. */
export type Plan = (old: Directory) => Edit | undefined;

/** Takes out what is at many places, in their order; `left` gets those that stay, and why. */
export function removals(
  all: readonly Location[],
  { recursive, keeps }: RemoveManyOptions,
  left: Map<Location, VfsError>,
  ask: Ask,
): Plan {
  return (old) => {
    const { etag } = old.file.place.transport.capabilities;
    left.clear();
    const gone = new Set<unknown>();
    const paths = new Set<string>();
    for (const at of all) {
      // The URL of each would be made, and kept, for nothing.
      const asked: Ask = {
        ...ask,
        get url() {
          return at.href;
        },
      };
      try {
        checkPath(at, asked);
        const node = found(old, at, asked);
        // The rest of a folder is not meant by what a pattern finds in it.
        if (at.query !== "" && recursive && node.kind === "directory") throw patternOnly(asked);
        const path = at.segments.join("/");
        if (gone.has(node) || isBelow(path, paths)) throw new VfsError("NotFound", asked);
        if (!recursive && !isEmptied(node, gone)) throw new VfsError("NotEmpty", asked);
        if (node.kind === "leaf") {
          const kept = keeps?.(at, infoOf(node.member, etag ? node.member.etag : undefined));
          if (kept) throw kept;
        }
        gone.add(node);
        if (recursive || hasMember(node)) paths.add(path);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        left.set(at, error);
      }
    }
    if (paths.size === 0) return undefined;
    return (path) => paths.has(path) || isBelow(path, paths) ? "drop" : "keep";
  };
}

/** Whether a path lies below one of `tops`. */
function isBelow(path: string, tops: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (tops.has(path.slice(0, end))) return true;
  }
  return false;
}

/** Whether nothing is left below a node without what is gone; a folder that has no member goes with what is in it. */
function isEmptied(node: Node<ZipMember>, gone: ReadonlySet<unknown>): boolean {
  if (node.kind !== "directory") return true;
  return node.children.values().every((child) =>
    gone.has(child) || !hasMember(child) && isEmptied(child, gone)
  );
}

function hasMember(node: Node<ZipMember>): boolean {
  return node.kind !== "directory" || node.member !== undefined;
}

/** A place that gets another path. */
export interface Renaming {
  /** Where it is. */
  readonly from: Location;
  /** Where it will be. */
  readonly to: Location;
  /** A file that is there goes. */
  readonly overwrite: boolean;
  /** What its errors tell. */
  readonly ask: Ask;
}

/** Gives other paths to what is at places that do not lie in each other; `left` gets those that cannot have them, and why. */
export function renamings<R extends Renaming>(all: readonly R[], left: Map<R, VfsError>): Plan {
  return (old) => {
    left.clear();
    const moved = new Map<string, string>();
    for (const each of all) {
      try {
        const [path, target] = [each.from, each.to].map(({ segments }) => segments.join("/"));
        if (isRenamed(old, each)) moved.set(path!, target!);
      } catch (error) {
        if (!isVfsError(error)) throw error;
        left.set(each, error);
      }
    }
    if (moved.size === 0) return undefined;
    const replaced = new Set(moved.values());
    return (path) => {
      for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
        const target = moved.get(path.slice(0, end));
        if (target !== undefined) return { path: target + path.slice(end) };
      }
      return replaced.has(path) ? "drop" : "keep";
    };
  };
}

/** Whether it is another path that something gets. @throws `NotFound`, `AlreadyExists`, `InvalidArgument`, `Corrupt` */
function isRenamed(old: Directory, { from, to, overwrite, ask }: Renaming): boolean {
  const node = found(old, from, ask);
  if (from.contains(to)) {
    if (to.segments.length === from.segments.length) return false;
    throw new VfsError("InvalidArgument", { ...ask, reason: "the destination lies in it" });
  }
  const there = { ...ask, url: to.href };
  const other = old.members.find(to.segments);
  const isReplaced = other?.kind === "leaf" && node.kind === "leaf" && overwrite;
  if (other && !isReplaced) throw new VfsError("AlreadyExists", there);
  const error = whyNot(old, to, there);
  if (error) throw error;
  return true;
}

/** What is at a place. @throws `NotFound`, `Corrupt` */
function found({ members }: Directory, { segments }: Location, ask: Ask) {
  const node = members.find(segments);
  if (node === undefined) throw new VfsError("NotFound", ask);
  if (node.kind === "flawed") throw new VfsError("Corrupt", { ...ask, reason: node.reason });
  return node;
}

/** Why there can be no file at a place, if there cannot. */
export function whyNot(
  old: Directory | undefined,
  { segments, href: url }: Location,
  { op }: Ask,
): VfsError | undefined {
  for (let i = 1; i < segments.length; i++) {
    const above = old?.members.find(segments.slice(0, i));
    if (above && above.kind !== "directory") return new VfsError("NotADirectory", { op, url });
  }
  const isDirectory = old?.members.find(segments)?.kind === "directory";
  return isDirectory ? new VfsError("IsADirectory", { op, url }) : undefined;
}

/** Refuses what can be no name in a zip. @throws `PermissionDenied`, `InvalidArgument`, `NotSupported` */
export function checkName(at: Location, ask: Purpose): void {
  checkPath(at, ask);
  if (at.query !== "") throw patternOnly(ask);
}

function patternOnly({ op, url }: Purpose): VfsError {
  const reason = "a pattern only reads; name the path of what is to change";
  return new VfsError("NotSupported", { op, url, reason });
}

/** As {@linkcode checkName}, also of what a pattern has found. */
function checkPath({ segments, query }: Location, ask: Purpose): void {
  const { op, url } = ask;
  if (segments.length === 0) {
    if (query !== "") throw patternOnly(ask);
    throw new VfsError("PermissionDenied", { op, url, reason: "it is the archive itself" });
  }
  const path = segments.join("/");
  const isName = pathOf(path)?.length === segments.length &&
    segments.every((segment) => !segment.includes("/")) &&
    new TextEncoder().encode(path).length <= MAX_TEXT;
  if (!isName) {
    throw new VfsError("InvalidArgument", { op, url, reason: "it cannot be a name in a zip" });
  }
}
