/**
 * Whether an archive in the making takes a member.
 *
 * @module
 */

import { CENTRAL_BYTES } from "../../formats/zip/records.ts";
import { VfsError } from "../../vfs/errors.ts";
import { whyNot } from "./changes.ts";
import type { Directory } from "./directory.ts";
import type { ZipLimits } from "./limits.ts";
import type { Pending } from "./pending.ts";

/** Most bytes of the extra fields of a new member's entry in the directory. */
const EXTRA_BYTES = 64;

/** The names in an archive in the making: those of the old one, and what was taken since. */
export class Room {
  readonly #old: Directory | undefined;
  readonly #limits: Required<ZipLimits>;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  #count: number;
  #bytes: number;

  constructor(old: Directory | undefined, limits: Required<ZipLimits>) {
    this.#old = old;
    this.#limits = limits;
    this.#count = Math.max(old?.count ?? 0, old?.members.size ?? 0);
    this.#bytes = old?.bytes.length ?? 0;
  }

  /** Why there can be no such member, if there cannot: of a file and what would be in it the second is refused. */
  whyNot({ at, ask, entry: { path } }: Pending): VfsError | undefined {
    const { op, url } = ask;
    if (foldersOf(path).some((folder) => this.#files.has(folder))) {
      return new VfsError("NotADirectory", { op, url });
    }
    if (this.#folders.has(path)) return new VfsError("IsADirectory", { op, url });
    const error = whyNot(this.#old, at, ask);
    if (error || !this.#isNew(path)) return error;
    const { maxMembers, maxDirectoryBytes } = this.#limits;
    const count = this.#count + 1 + this.#newFoldersOf(path).length;
    if (count <= maxMembers && this.#bytes + lengthOf(path) <= maxDirectoryBytes) return;
    const reason = "the archive would have more members than may be read again";
    return new VfsError("NotSupported", { op, url, reason });
  }

  /** The archive has it. */
  take({ entry: { path } }: Pending): void {
    const folders = this.#newFoldersOf(path);
    if (this.#isNew(path)) {
      this.#count += 1 + folders.length;
      this.#bytes += lengthOf(path);
    }
    this.#files.add(path);
    for (const folder of folders) this.#folders.add(folder);
  }

  #newFoldersOf(path: string): string[] {
    return foldersOf(path).filter((folder) => !this.#folders.has(folder) && !this.#isOld(folder));
  }

  #isNew(path: string): boolean {
    return !this.#files.has(path) && !this.#isOld(path);
  }

  #isOld(path: string): boolean {
    return this.#old?.members.find(path.split("/")) !== undefined;
  }
}

function lengthOf(path: string): number {
  return CENTRAL_BYTES + new TextEncoder().encode(path).length + EXTRA_BYTES;
}

/** The paths of the folders that a path lies in. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}
