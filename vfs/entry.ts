/**
 * What listings give to a user.
 *
 * @module
 */

import { Location } from "./location/location.ts";
import { DISPLAY, media } from "./notebook.ts";
import type { Info, Kind, ListedEntry } from "./transport.ts";

/** Where an entry of a directory is. */
export function placeOf(parent: Location, name: string, query: string | undefined): Location {
  const location = parent.child(name);
  return query === undefined ? location : new Location({ ...location, query });
}

/** An entry of a directory: Deno's `DirEntry`, and where it is and what is known of it already. */
export class Entry {
  /** One path segment, decoded. */
  readonly name: string;
  /** What it is. */
  readonly kind: Kind;
  /** What a symlink leads to, when that is in reach. */
  readonly target?: Exclude<Kind, "symlink">;
  /** What the listing told besides. */
  readonly info?: Info;
  /** Text for people, when the name is an identifier. */
  readonly label?: string;
  /** Other names that lead to it in a URL. */
  readonly aliases?: readonly string[];
  /** Query that its URL has. */
  readonly query?: string;
  /** The directory that holds it. */
  readonly parent: Location;

  /** Makes the entry of `listed` in the directory `parent`. */
  constructor(listed: ListedEntry, parent: Location) {
    this.name = listed.name;
    this.kind = listed.kind;
    this.target = listed.target;
    this.info = listed.info;
    this.label = listed.label;
    this.aliases = listed.aliases;
    this.query = listed.query;
    this.parent = parent;
  }

  /** True for a file, not for a link to one. */
  get isFile(): boolean {
    return this.kind === "file";
  }

  /** True for a directory, not for a link to one. */
  get isDirectory(): boolean {
    return this.kind === "directory";
  }

  /** True for a symbolic link. */
  get isSymlink(): boolean {
    return this.kind === "symlink";
  }

  /** Bytes, when the listing told. */
  get size(): number | undefined {
    return this.info?.size;
  }

  /** Where it is. */
  get location(): Location {
    return placeOf(this.parent, this.name, this.query);
  }

  /** Its URL, which every function of medvfs takes. */
  get url(): string {
    return this.location.href;
  }

  /** The URL. */
  toString(): string {
    return this.url;
  }

  /** What a console shows; arrays of entries are a line each. */
  [Symbol.for("Deno.customInspect")](): string {
    const size = this.size === undefined ? "" : `, ${this.size} bytes`;
    return `Entry "${this.url}" (${this.kind}${size})`;
  }

  /** What a notebook shows: a picture, where it has one. */
  [DISPLAY](): Promise<Record<string, string>> {
    return media(({ display }) => display(this));
  }

  /** A plain record for machines. */
  toJSON(): Record<string, unknown> {
    const { name, kind, target, label, url, info } = this;
    const { kind: _, ...rest } = info ?? {};
    return { name, kind, target, label, url, ...rest };
  }
}

/** What an entry is once links are followed; a link that leads nowhere stays one. */
export function followed({ kind, target }: Pick<ListedEntry, "kind" | "target">): Kind {
  return target ?? kind;
}
