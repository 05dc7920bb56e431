/**
 * What a conformance case works with: a transport, a directory, and short forms of all operations.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { collect, type Source, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { type ErrorKind, isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { sortByName } from "../../vfs/location/names.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type {
  Capabilities,
  GetOptions,
  Got,
  Info,
  ListedEntry,
  ListOptions,
  PutOptions,
  RecursiveOptions,
  ReplaceOptions,
  Stored,
  Transport,
} from "../../vfs/transport.ts";
import { has } from "./case.ts";

/** Files by path relative to the fixture's root, names parted by slashes. */
export type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** A file that names itself, for drivers whose `naming` is `content`. */
export interface Specimen {
  /** Where it comes to be, relative to the fixture's root, two directories deep or more. */
  readonly path: string;
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the cases of `importFiles` work with. */
export interface Imports {
  /** Where nothing is yet and files can be imported, by the root. */
  readonly into: (root: Location) => Location;
  /** The files, two or more. */
  readonly files: readonly Uint8Array<ArrayBuffer>[];
}

/** What only the driver's author can do; without a hook, the cases that need it do not apply. */
export interface ConformanceHooks {
  /** Makes a symbolic link at `location` to `target`, without the transport. */
  readonly symlink?: (location: Location, target: Location) => Promise<void>;
  /** Makes a sparse file of `size` zero bytes that end in `tail`, without the transport. */
  readonly sparse?: (
    location: Location,
    size: number,
    tail: Uint8Array<ArrayBuffer>,
  ) => Promise<void>;
  /** A query that may follow the URL of any file and changes nothing. */
  readonly query?: string;
  /** A path below the root at which nothing is. */
  readonly missing?: string;
  /** Files that name themselves, no two in the same directory of the root. */
  readonly specimens?: readonly Specimen[];
  /** DICOM files of one study, and where they can be imported. */
  readonly imports?: Imports;
  /** What two readings of the same specimen have in common; the bytes by default. */
  readonly essence?: (
    bytes: Uint8Array<ArrayBuffer>,
  ) => Uint8Array | Promise<Uint8Array>;
}

/** What {@linkcode Fixture} is made of. */
export interface FixtureParts {
  /** The transport under test, with all its layers. */
  readonly transport: Transport;
  /** The directory to work in. */
  readonly root: Location;
  /** What is there. */
  readonly files: Files;
  /** What the driver's author provides. */
  readonly hooks: ConformanceHooks;
  /** The guard layer is on. */
  readonly isGuarded: boolean;
}

/** A transport at a directory. Paths are relative to it. */
export class Fixture {
  /** The transport under test. */
  readonly transport: Transport;
  /** The directory to work in. */
  readonly root: Location;
  /** What was there before the case began. */
  readonly files: Files;
  /** What the driver's author provides. */
  readonly hooks: ConformanceHooks;
  /** The guard layer is on. */
  readonly isGuarded: boolean;

  /** Makes a fixture. */
  constructor(parts: FixtureParts) {
    this.transport = parts.transport;
    this.root = parts.root;
    this.files = parts.files;
    this.hooks = parts.hooks;
    this.isGuarded = parts.isGuarded;
  }

  /** What the transport claims to do. */
  get capabilities(): Capabilities {
    return this.transport.capabilities;
  }

  /** True when the transport claims `capability`. */
  has(capability: keyof Capabilities): boolean {
    return has(this.capabilities, capability);
  }

  /** The location at `path`. */
  at(path: string): Location {
    return path === "" ? this.root : this.root.join(...path.split("/"));
  }

  /** A path at which nothing is. */
  get missing(): string {
    return this.hooks.missing ?? "no such name";
  }

  /** The largest of the files. */
  get largest(): readonly [path: string, bytes: Uint8Array<ArrayBuffer>] {
    const all = Object.entries(this.files);
    const [first] = all.toSorted((a, b) => b[1].length - a[1].length);
    assert(first, "the fixture needs at least one file");
    return first;
  }

  /** Directories that hold files or directories, the root as an empty path. */
  get directories(): readonly string[] {
    const found = new Set([""]);
    for (const path of Object.keys(this.files)) {
      const names = path.split("/");
      for (let n = 1; n < names.length; n++) {
        found.add(names.slice(0, n).join("/"));
      }
    }
    return [...found];
  }

  /** Names and kinds that must be in `directory`, sorted. */
  expected(directory: string): string[] {
    const prefix = directory === "" ? "" : `${directory}/`;
    const found = new Set<string>();
    for (const path of Object.keys(this.files)) {
      if (!path.startsWith(prefix)) continue;
      const [name, ...below] = path.slice(prefix.length).split("/");
      found.add(below.length > 0 ? `${name}/` : `${name}`);
    }
    return [...found].sort();
  }

  /** `stat` */
  stat(path: string): Promise<Info> {
    return this.transport.stat(this.at(path), { signal: NEVER });
  }

  /** True when something is at `path`. */
  async exists(path: string): Promise<boolean> {
    try {
      await this.stat(path);
      return true;
    } catch (error) {
      if (isVfsError(error) && error.kind === "NotFound") return false;
      throw error;
    }
  }

  /** `list`, all pages, sorted. */
  async list(
    path: string,
    options: Partial<ListOptions> = {},
  ): Promise<ListedEntry[]> {
    const all: ListedEntry[] = [];
    for await (
      const page of this.transport.list(this.at(path), {
        signal: NEVER,
        ...options,
      })
    ) all.push(...page);
    return sortByName(all);
  }

  /** Names in a directory, those of directories with a slash, sorted. */
  async names(path: string): Promise<string[]> {
    const entries = await this.list(path);
    return entries.map((entry) => entry.kind === "directory" ? `${entry.name}/` : entry.name)
      .sort();
  }

  /** `get` */
  get(path: string, options: Partial<GetOptions> = {}): Promise<Got> {
    return this.transport.get(this.at(path), { signal: NEVER, ...options });
  }

  /** The bytes that `get` gives. */
  async read(
    path: string,
    options: Partial<GetOptions> = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return await collect((await this.get(path, options)).body);
  }

  /** `put` of bytes, of text, or of a source. */
  put(
    path: string,
    content: Uint8Array<ArrayBuffer> | string | Source,
    options: Partial<PutOptions> = {},
  ): Promise<Stored> {
    const source = typeof content === "string"
      ? sourceOfBytes(new TextEncoder().encode(content))
      : content instanceof Uint8Array
      ? sourceOfBytes(content)
      : content;
    return this.transport.put!(this.at(path), source, {
      signal: NEVER,
      ...options,
    });
  }

  /** The text that `get` gives. */
  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path));
  }

  /** `remove` */
  remove(path: string, options: Partial<RecursiveOptions> = {}): Promise<void> {
    return this.transport.remove!(this.at(path), { signal: NEVER, ...options });
  }

  /** `mkdir` */
  mkdir(path: string, options: Partial<RecursiveOptions> = {}): Promise<void> {
    return this.transport.mkdir!(this.at(path), { signal: NEVER, ...options });
  }

  /** `rename` */
  rename(
    from: string,
    to: string,
    options: Partial<ReplaceOptions> = {},
  ): Promise<void> {
    return this.transport.rename!(this.at(from), this.at(to), {
      signal: NEVER,
      ...options,
    });
  }

  /** `copy` */
  copy(
    from: string,
    to: string,
    options: Partial<ReplaceOptions> = {},
  ): Promise<Info> {
    return this.transport.copy!(this.at(from), this.at(to), {
      signal: NEVER,
      ...options,
    });
  }
}

/** Checks that `promise` is rejected with a VfsError of one of `kinds`, and gives the kind. */
export async function fails(
  promise: Promise<unknown>,
  ...kinds: ErrorKind[]
): Promise<ErrorKind> {
  const error = await promise.then(
    (value) => assert.fail(`resolved with ${String(value)}, not ${kinds}`),
    (error: unknown) => error,
  );
  if (error instanceof assert.AssertionError) throw error;
  assert(isVfsError(error), `rejected with no VfsError: ${error}`);
  assert(
    kinds.includes(error.kind),
    `rejected as ${error.kind}, not ${kinds.join(" or ")}: ${error.message}`,
  );
  return error.kind;
}
