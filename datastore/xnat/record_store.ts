/**
 * What labels and images say of themselves: small JSON files beside them, each read once a version.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { ItemInfo } from "../datastore.ts";
import { parseRecord, recordOf } from "../../vfs/json.ts";
import type { StoredFile } from "./stored_label.ts";

/** Reads records. */
export class RecordStore {
  readonly #vfs: Vfs;
  readonly #known = new Map<string, ItemInfo>();

  /** Knows nothing yet. */
  constructor(vfs: Vfs) {
    this.#vfs = vfs;
  }

  /** Records by the MD5 of their files. */
  known(): Record<string, ItemInfo> {
    return Object.fromEntries(this.#known);
  }

  /** Forgets all but the records with these MD5s: the others were replaced, or are gone. */
  keepOnly(md5s: ReadonlySet<string>): void {
    for (const md5 of this.#known.keys()) if (!md5s.has(md5)) this.#known.delete(md5);
  }

  /** Takes what was known before. */
  learn(records: Readonly<Record<string, ItemInfo>>): void {
    for (const [md5, record] of Object.entries(records)) this.#known.set(md5, recordOf(record));
  }

  /** What `file` in the resource at `resource` says. @throws `Corrupt` when that is no JSON object */
  async read(resource: Location, file: StoredFile, options: OpOptions): Promise<ItemInfo> {
    const { md5 } = file;
    const known = md5 === undefined ? undefined : this.#known.get(md5);
    if (known) return known;
    const at = resource.join(...file.path.split("/"));
    const record = parseRecord(await this.#vfs.readTextFile(at, options));
    if (!record) {
      throw new VfsError("Corrupt", { op: "read", url: at.href, reason: "it is no JSON object" });
    }
    if (md5 !== undefined) this.#known.set(md5, record);
    return record;
  }

  /** Writes a record, and tells of the file. @throws `Corrupt` when the server stored something else */
  async write(
    resource: Location,
    path: string,
    record: ItemInfo,
    options: OpOptions,
  ): Promise<StoredFile> {
    const at = resource.join(...path.split("/"));
    const text = JSON.stringify(record, undefined, 2) + "\n";
    const stored = await storeFile(this.#vfs, at, new TextEncoder().encode(text), options);
    if (stored.md5 !== undefined) this.#known.set(stored.md5, record);
    return { ...stored, path };
  }
}

/**
 * Stores a file and makes sure that it is there: by the digest that the server lists, otherwise by reading it.
 *
 * @throws `Corrupt` when the server has something else
 */
export async function storeFile(
  vfs: Vfs,
  at: Location,
  bytes: Uint8Array<ArrayBuffer>,
  options: OpOptions,
): Promise<Omit<StoredFile, "path">> {
  const { digests } = await vfs.writeFile(at, bytes, options);
  // With a digest in its list, the driver has compared it.
  if (digests?.md5 === undefined) {
    const there = await vfs.readFile(at, options);
    const isSame = there.length === bytes.length && there.every((byte, i) => byte === bytes[i]);
    if (!isSame) {
      const reason = "the server has stored something else";
      throw new VfsError("Corrupt", { op: "store", url: at.href, reason });
    }
  }
  return { size: bytes.length, md5: digests?.md5 };
}
