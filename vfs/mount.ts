/**
 * A transport as its user sees it: a view of one place.
 *
 * @module
 */

import { RootIsNotDirectory, VfsError } from "./errors.ts";
import type { Entry } from "./entry.ts";
import type { ReadHandle, WriteHandle } from "./handles.ts";
import type { Location } from "./location/location.ts";
import { DISPLAY, media } from "./notebook.ts";
import type { OpenMode, OpOptions, ReadOptions, WriteOptions } from "./options.ts";
import type { TransportAbout } from "./transport.ts";
import type { Vfs } from "./vfs.ts";
import type { WalkOptions, WalkStep } from "./walk.ts";

/** Options of `mount`. */
export interface MountOptions extends OpOptions {
  /** The place must be a directory. @default {false} */
  readonly readDirectoryOnly?: boolean;
}

/**
 * A place and what lies below it. Paths are relative to the root, decoded, with `/`; `..` and links cannot
 * leave it. It tells about its transport, as `imagedata.transports` do: `name`, `description`, `authors`,
 * `version`, `url`, `schemes`.
 */
export class Mount implements AsyncDisposable {
  /** The driver's name. */
  readonly name: string;
  /** The driver in one sentence. */
  readonly description: string;
  /** Who wrote the driver. */
  readonly authors: string;
  /** The driver's version. */
  readonly version: string;
  /** The driver's home page. */
  readonly url: string;
  /** URL schemes of the driver. */
  readonly schemes: readonly string[];
  /** Where the root is. */
  readonly root: Location;
  /** The filesystem behind it, for what paths have no method for: it leaves the root as little. */
  readonly vfs: Vfs;

  /** Made by `mount`. */
  constructor(root: Location, about: TransportAbout, vfs: Vfs) {
    this.name = about.name;
    this.description = about.description;
    this.authors = about.authors;
    this.version = about.version;
    this.url = about.url;
    this.schemes = about.schemes;
    this.root = root;
    this.vfs = vfs;
  }

  /** What a notebook shows: what is in the root. */
  [DISPLAY](): Promise<Record<string, string>> {
    return media(({ displayEntries }) => displayEntries(this.vfs.readDir(this.root)));
  }

  /** Walks from `top`; see `walk`. */
  walk(
    top = "",
    options?: WalkOptions,
  ): AsyncGenerator<WalkStep, void, undefined> {
    return this.vfs.walk(this.locate(top), options);
  }

  /** All entries below `top`; see `entries`. */
  entries(
    top = "",
    options?: WalkOptions,
  ): AsyncGenerator<Entry, void, undefined> {
    return this.vfs.entries(this.locate(top), options);
  }

  /** Whether a file is at `path`. */
  isFile(path: string, options?: OpOptions): Promise<boolean> {
    return this.vfs.isFile(this.locate(path), options);
  }

  /** Whether anything is at `path`. */
  exists(path: string, options?: OpOptions): Promise<boolean> {
    return this.vfs.exists(this.locate(path), options);
  }

  /** One line about what is at `path`. */
  info(path = "", options?: OpOptions): Promise<string> {
    return this.vfs.info(this.locate(path), options);
  }

  /** Opens a file to read. */
  open(path: string, mode?: "r", options?: ReadOptions): Promise<ReadHandle>;
  /** Opens a file to write. */
  open(
    path: string,
    mode: "w" | "x" | "a",
    options?: Omit<WriteOptions, "mode">,
  ): Promise<WriteHandle>;
  open(
    path: string,
    mode: OpenMode = "r",
    options: OpOptions = {},
  ): Promise<ReadHandle | WriteHandle> {
    return this.vfs.open(this.locate(path), { ...options, mode });
  }

  /** The location of a path below the root. @throws `InvalidUrl` when it leaves the root */
  locate(path: string): Location {
    const names: string[] = [];
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (name !== "..") names.push(name);
      else if (names.pop() === undefined) {
        throw new VfsError("InvalidUrl", {
          op: "open",
          url: this.root.href,
          reason: `the path ${JSON.stringify(path)} leaves the root`,
        });
      }
    }
    return this.root.join(...names);
  }

  /** Closes its connections. May be called again. */
  close(): Promise<void> {
    return this.vfs.close();
  }

  /** The same as {@linkcode Mount.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Makes the mount of `root`, which `vfs` cannot leave, once it is sure that there is something. */
export async function openMount(
  vfs: Vfs,
  root: Location,
  { readDirectoryOnly = false, signal }: MountOptions = {},
): Promise<Mount> {
  try {
    const about = await vfs.about(root.scheme);
    const { kind } = await vfs.stat(root, { signal });
    if (readDirectoryOnly && kind !== "directory") {
      throw new RootIsNotDirectory(root.href);
    }
    return new Mount(root, about, vfs);
  } catch (error) {
    await vfs.close();
    throw error;
  }
}
