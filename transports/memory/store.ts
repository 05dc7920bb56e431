/**
 * What one `memory:` host holds: a tree of directories and files, changed only in steps that cannot be
 * seen half done.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { Info } from "../../vfs/transport.ts";

/** A file; its content is replaced whole, never changed in place, so an open reader keeps what it opened. */
export interface FileNode {
  readonly kind: "file";
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly size: number;
  readonly etag: string;
  readonly mtime: number;
  readonly mediaType?: string;
}

/** A directory. */
export interface DirectoryNode {
  readonly kind: "directory";
  readonly children: Map<string, Node>;
}

/** What a name leads to. */
export type Node = FileNode | DirectoryNode;

/** A directory, and a name in it that may be free. */
export interface Slot {
  readonly parent: DirectoryNode;
  readonly name: string;
}

/** One host's content. */
export class Store {
  readonly root: DirectoryNode = newDirectory();
  #version = 0;

  /** A validator that no content had before. */
  nextEtag(): string {
    return `"${++this.#version}"`;
  }

  /** What is at `location`, or `undefined`. */
  find(location: Location): Node | undefined {
    let node: Node | undefined = this.root;
    for (const segment of location.segments) {
      if (node?.kind !== "directory") return undefined;
      node = node.children.get(segment);
    }
    return node;
  }

  /** What is at `location`. @throws `NotFound` */
  need(location: Location, op: string): Node {
    const node = this.find(location);
    if (!node) throw new VfsError("NotFound", { op, url: location.href });
    return node;
  }

  /** @throws `NotADirectory` when something above `location` is a file, `PermissionDenied` for the root */
  checkParents(location: Location, op: string): void {
    const url = location.href;
    if (location.segments.length === 0) throw rootIsFixed(location, op);
    for (let at = location.parent(); at; at = at.parent()) {
      if (this.find(at)?.kind === "file") {
        throw new VfsError("NotADirectory", { op, url });
      }
    }
  }

  /**
   * Where `location` is kept, making the missing directories above it when asked.
   *
   * @throws `PermissionDenied` for the root, `NotADirectory` below a file, `NotFound`
   */
  slot(location: Location, op: string, makeParents: boolean): Slot {
    const url = location.href;
    const name = location.segments.at(-1);
    if (name === undefined) throw rootIsFixed(location, op);
    let parent = this.root;
    for (const segment of location.segments.slice(0, -1)) {
      let next = parent.children.get(segment);
      if (!next) {
        if (!makeParents) throw new VfsError("NotFound", { op, url });
        parent.children.set(segment, next = newDirectory());
      }
      if (next.kind === "file") {
        throw new VfsError("NotADirectory", { op, url });
      }
      parent = next;
    }
    return { parent, name };
  }
}

/** An empty directory. */
export function newDirectory(): DirectoryNode {
  return { kind: "directory", children: new Map() };
}

/** What a transport tells about `node`. */
export function infoOf(node: Node): Info {
  if (node.kind === "directory") return { kind: "directory" };
  const { kind, size, etag, mediaType } = node;
  const info: Info = { kind, size, etag, mtime: new Date(node.mtime) };
  return mediaType === undefined ? info : { ...info, mediaType };
}

/** The error for changing the root itself. */
function rootIsFixed(location: Location, op: string): VfsError {
  return new VfsError("PermissionDenied", {
    op,
    url: location.href,
    reason: "the root cannot be removed, replaced or moved",
  });
}
