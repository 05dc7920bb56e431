/**
 * A listing that somebody gives, for servers that have none.
 *
 * @module
 */

import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { Info, ListedEntry } from "../../vfs/transport.ts";

/** A file that a web server has. */
export interface ListedFile {
  /** Its URL. */
  readonly url: string;
  /** Bytes. */
  readonly size?: number;
}

/** The files of one origin, by folder. */
export class Listing {
  readonly #folders = new Map<string, Map<string, ListedEntry>>();

  /** Takes those of `files` that are at `origin`. @throws `InvalidUrl` */
  constructor(origin: Location, files: readonly (string | ListedFile)[]) {
    for (const file of files) {
      const { url, size } = typeof file === "string" ? { url: file } : file;
      const { location } = parseLocation(url);
      if (location.origin === origin.origin) this.#add(location, size);
    }
  }

  /** True when no file is at the origin. */
  get isEmpty(): boolean {
    return this.#folders.size === 0;
  }

  /** What is in a folder; `undefined` when there is none. */
  entries(location: Location): ListedEntry[] | undefined {
    const folder = this.#folders.get(keyOf(location));
    return folder && [...folder.values()];
  }

  #add(location: Location, size: number | undefined): void {
    let { name } = location;
    let kind: "file" | "directory" = "file";
    for (let at = location.parent(); at; at = at.parent()) {
      const folder = this.#folders.get(keyOf(at)) ?? new Map<string, ListedEntry>();
      this.#folders.set(keyOf(at), folder);
      const info: Info = kind === "file" && size !== undefined ? { kind, size } : { kind };
      folder.set(name, {
        name,
        kind,
        ...(kind === "directory" || size !== undefined ? { info } : {}),
      });
      [name, kind] = [at.name, "directory"];
    }
  }
}

function keyOf({ segments }: Location): string {
  return JSON.stringify(segments);
}
