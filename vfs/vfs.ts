/**
 * The façade: every operation, on any location.
 *
 * @module
 */

import type { DicomHeader } from "../formats/mod.ts";
import { collect } from "./bytes/bytes.ts";
import { type Content, sourceOf, writable } from "./bytes/content.ts";
import { NEVER } from "./concurrency/signals.ts";
import { Connections, type ConnectionsOptions } from "./connections.ts";
import type { CopyOptions } from "./copy/copy.ts";
import type { TransferReport } from "./copy/transfer.ts";
import { Entry } from "./entry.ts";
import { FunctionNotSupported, isNotFound, VfsError } from "./errors.ts";
import { contentOf, finderOf } from "./finder.ts";
import type { ReadHandle, WriteHandle } from "./handles.ts";
import { load } from "./lazy_modules.ts";
import { type Location, parseLocation } from "./location/location.ts";
import type { Mount, MountOptions } from "./mount.ts";
import type {
  DicomHeaderOptions,
  MkdirOptions,
  OpenOptions,
  OpOptions,
  ReadDirOptions,
  ReadOptions,
  StatEachOptions,
  Where,
  WriteOptions,
} from "./options.ts";
import type { LazyDriver, RegisterOptions, Registry } from "./registry.ts";
import type { RemoveOptions } from "./remove.ts";
import type { Series, SeriesOptions } from "./series.ts";
import { type Finder, type Sources, walkSources } from "./sources.ts";
import type { CheckOptions, CheckReport, SyncOptions, SyncReport } from "./sync/options.ts";
import type {
  Capabilities,
  Info,
  Place,
  StatOptions,
  Stored,
  TransportAbout,
  TransportDriver,
} from "./transport.ts";
import type { WalkOptions, WalkStep } from "./walk.ts";

/** Options of {@linkcode Vfs}. */
export interface VfsOptions extends ConnectionsOptions {
  /** The drivers. */
  readonly registry: Registry;
}

/**
 * A virtual filesystem over all registered transports, with connections, credentials and limits of its own.
 * Every method takes a URL or a plain path. Dispose closes all connections.
 */
export class Vfs implements AsyncDisposable {
  /** The drivers by scheme. */
  readonly registry: Registry;
  readonly #connections: Connections;
  readonly #places: Finder;
  readonly #options: VfsOptions;

  /** Makes a filesystem; connects to nothing yet. @throws `InvalidUrl` for a malformed alias */
  constructor(options: VfsOptions) {
    this.registry = options.registry;
    this.#options = options;
    this.#connections = new Connections(options.registry, options);
    this.#places = finderOf(this.#connections);
  }

  /** Registers a driver. @throws `TypeError` when a scheme is malformed or taken */
  register(
    driver: TransportDriver | LazyDriver,
    options?: RegisterOptions,
  ): void {
    this.registry.register(driver, options);
  }

  /** The schemes that URLs may have, sorted. */
  schemes(): string[] {
    return this.registry.schemes();
  }

  /** What is known of a scheme's driver without connecting. @throws `TransportNotFound` */
  async about(scheme: string): Promise<TransportAbout> {
    return await this.registry.driver(scheme, `${scheme}://`);
  }

  /** What the transport at `where` can do. @throws `InvalidUrl`, `TransportNotFound` */
  async capabilities(where: Where): Promise<Capabilities> {
    return (await this.#at(where)).transport.capabilities;
  }

  /**
   * Walks directory by directory, top-down, sorted, lazily. An archive is walked as a directory. Of several places
   * one is walked after the other, once all are found; a file among them stands for itself, in a step of its directory,
   * and what lies in several of them is given once.
   *
   * @throws `NotFound`, `NotADirectory`
   */
  async *walk(
    top: Sources,
    options?: WalkOptions,
  ): AsyncGenerator<WalkStep, void, undefined> {
    for await (const step of walkSources(this.#places, top, options)) {
      yield [step.location.href, step.dirs, step.files];
    }
  }

  /**
   * All entries below `top`, one directory's after the other's, in the order of `walk`.
   *
   * @throws `NotFound`, `NotADirectory`
   */
  async *entries(
    top: Sources,
    options: WalkOptions = {},
  ): AsyncGenerator<Entry, void, undefined> {
    for await (const step of walkSources(this.#places, top, { prunes: false, ...options })) {
      // The directories as they are now: the walk looks at the list again once all are given.
      if (options.includeDirs !== false) yield* [...step.dirs];
      yield* step.files;
    }
  }

  /** The entries that match a glob, or one of several: each once. @throws `InvalidUrl`, `TransportNotFound` */
  async *glob(
    pattern: string | URL | readonly (string | URL)[],
    options?: WalkOptions,
  ): AsyncGenerator<Entry, void, undefined> {
    const { globEntries } = await load.glob();
    yield* globEntries(this.#connections, pattern, options);
  }

  /** The entries of one directory, in the server's order, as they come. @throws `NotFound`, `NotADirectory` */
  async *readDir(
    where: Where,
    { detail, refresh, signal = NEVER }: ReadDirOptions = {},
  ): AsyncGenerator<Entry, void, undefined> {
    const { transport, location } = await this.#at(where);
    for await (const page of transport.list(location, { detail, refresh, signal })) {
      for (const listed of page) yield new Entry(listed, location);
    }
  }

  /**
   * Where that is, once aliases are replaced; of an archive with a pattern for its members, the view of its content.
   *
   * @throws `InvalidUrl`, `TransportNotFound`
   */
  async locate(where: Where): Promise<Location> {
    return (await this.#at(where)).location;
  }

  /** What is at `where`; links are followed unless `followSymlinks` is false. @throws `NotFound` */
  async stat(
    where: Where,
    { signal = NEVER, followSymlinks }: Partial<StatOptions> = {},
  ): Promise<Info> {
    const { transport, location } = await this.#at(where);
    return await transport.stat(location, { signal, followSymlinks });
  }

  /**
   * What is at each of many places, or why that is not known, in their order. Of several files in one folder of a server
   * the listing of that folder tells, in one request and as far as listings do: on XNAT all but the time of change.
   */
  async statEach(
    where: Iterable<Where>,
    options: StatEachOptions = {},
  ): Promise<PromiseSettledResult<Info>[]> {
    const { statEach } = await load.statEach();
    return await statEach(where, (each) => this.#at(each), options);
  }

  /** Whether anything is at `where`. Throws what kept it from finding out. */
  async exists(where: Where, options?: OpOptions): Promise<boolean> {
    return await this.#kind(where, options) !== undefined;
  }

  /** Whether a file is at `where`. Throws what kept it from finding out. */
  async isFile(where: Where, options?: OpOptions): Promise<boolean> {
    return await this.#kind(where, options) === "file";
  }

  /** Whether a directory is at `where`. Throws what kept it from finding out. */
  async isDirectory(where: Where, options?: OpOptions): Promise<boolean> {
    return await this.#kind(where, options) === "directory";
  }

  /** One line for people about what is at `where`. @throws `NotFound` */
  async info(
    where: Where,
    { signal = NEVER }: OpOptions = {},
  ): Promise<string> {
    const { describe } = await load.describe();
    return await describe(await this.#at(where), signal);
  }

  /**
   * The header of a DICOM file: all elements before the pixel data, and as few bytes read as that takes.
   *
   * @throws `NotFound`, `NotSupported` when it is no DICOM file, `Corrupt` for damage with `strict`
   */
  async readDicomHeader(
    where: Where,
    { signal = NEVER, ...options }: DicomHeaderOptions = {},
  ): Promise<DicomHeader> {
    const { readHeader } = await load.describe();
    return await readHeader(await this.#at(where), options, signal);
  }

  /**
   * The DICOM series in one place or several, each wherever its instances lie: by patient, study and number, the
   * instances in slice order. What is no DICOM file is passed over; only headers are read.
   *
   * @throws `NotFound`, `Corrupt`
   */
  async series(from: Sources, options: SeriesOptions = {}): Promise<Series[]> {
    const { seriesOf } = await load.series();
    const { where: _, ...walk } = options;
    const entries = this.entries(from, { ...walk, includeDirs: false });
    return await seriesOf(entries, (location) => this.#at(location), options);
  }

  /** Opens a file to read. @throws `NotFound`, `IsADirectory`, `RangeNotSatisfiable` */
  open(
    where: Where,
    options?: ReadOptions & { readonly mode?: "r" },
  ): Promise<ReadHandle>;
  /** Opens a file to write: anew `w`, exclusively `x`, at its end `a`. @throws `AlreadyExists`, `IsADirectory` */
  open(
    where: Where,
    options: OpenOptions & { readonly mode: "w" | "x" | "a" },
  ): Promise<WriteHandle>;
  /** Opens a file. */
  open(where: Where, options: OpenOptions): Promise<ReadHandle | WriteHandle>;
  async open(where: Where, options: OpenOptions = {}): Promise<ReadHandle | WriteHandle> {
    const { mode = "r", ...rest } = options;
    if (mode !== "r" && !Object.hasOwn(PUT_MODES, mode)) {
      const { location } = parseLocation(where);
      const reason = `the mode "${mode}" is none of r, w, x and a`;
      throw new VfsError("InvalidArgument", { op: "open", url: location.href, reason });
    }
    if (mode !== "r") {
      return await this.create(where, { ...rest, mode: PUT_MODES[mode] });
    }
    const [file, { ReadHandle }] = await Promise.all([this.#at(where), load.handles()]);
    const { range, signal = NEVER } = rest;
    const got = await file.transport.get(file.location, { range, signal });
    return new ReadHandle(file, got, signal);
  }

  /** Opens a file to write it; nothing is visible before its `commit`. @throws `AlreadyExists`, `IsADirectory` */
  async create(
    where: Where,
    options: WriteOptions = {},
  ): Promise<WriteHandle> {
    const file = writable(await this.#at(where));
    const { WriteHandle } = await load.handles();
    return new WriteHandle(file, {
      ...options,
      signal: options.signal ?? NEVER,
    });
  }

  /** The bytes of a file, or of a part. @throws `NotFound`, `IsADirectory`, `RangeNotSatisfiable` */
  async readFile(
    where: Where,
    { range, signal = NEVER }: ReadOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { transport, location } = await this.#at(where);
    const { body } = await transport.get(location, { range, whole: true, signal });
    return await collect(body);
  }

  /** The UTF-8 text of a file. @throws `NotFound`, `IsADirectory` */
  async readTextFile(where: Where, options?: OpOptions): Promise<string> {
    return new TextDecoder().decode(await this.readFile(where, options));
  }

  /**
   * Stores a file, making missing parents. Once it resolves all bytes are stored and readable; when it
   * rejects, the old file is there or nothing. Where the content names what is stored, `where` can be a directory,
   * and the result tells its place.
   *
   * @throws `AlreadyExists`, `IsADirectory`, `NotSupported`, `StorageFull`
   */
  async writeFile(
    where: Where,
    content: Content,
    { signal = NEVER, ...options }: WriteOptions = {},
  ): Promise<Stored> {
    const { transport, location } = writable(await this.#at(where));
    const source = sourceOf(content);
    return await transport.put!(location, source, { ...options, signal });
  }

  /** Makes a directory. @throws `AlreadyExists`, `NotFound`, `NotSupported` */
  async mkdir(
    where: Where,
    { recursive, signal = NEVER }: MkdirOptions = {},
  ): Promise<void> {
    const { transport, location } = await this.#at(where);
    if (!transport.mkdir) {
      throw new FunctionNotSupported(location.scheme, "mkdir", location.href);
    }
    await transport.mkdir(location, { recursive, signal });
  }

  /**
   * Removes a file, or a directory. Of several places one that fails keeps none of the others back, and what is in one
   * archive goes in one go, after the others.
   *
   * @throws `NotFound`, `NotEmpty`, `TransferFailed` when some failed
   */
  async remove(where: Sources, options?: RemoveOptions): Promise<TransferReport> {
    const { removeSources } = await load.remove();
    return await removeSources(this.#places, where, options);
  }

  /**
   * Copies a file, or a directory with all below it, to exactly `to`, or into it where `to` ends with a slash. Several
   * go into `to`, each under its name, and are stored together as the files of one are; two of one name are refused before
   * anything is copied.
   *
   * @throws `NotFound`, `AlreadyExists`, `TransferFailed` when some files failed
   */
  async copy(from: Sources, to: Where, options?: CopyOptions): Promise<TransferReport> {
    const { transferSources } = await load.transfers();
    return await transferSources("copy", this.#places, from, to, options);
  }

  /**
   * Moves likewise: in one go where the transport can and nothing is to be replaced or skipped, otherwise file by
   * file. What failed or was skipped stays where it was.
   *
   * @throws `NotFound`, `AlreadyExists`, `TransferFailed` when some files failed
   */
  async move(from: Sources, to: Where, options?: CopyOptions): Promise<TransferReport> {
    const { transferSources } = await load.transfers();
    return await transferSources("move", this.#places, from, to, options);
  }

  /**
   * Makes the directory `to` hold what the directory `from` holds: copies what is new and what changed, verified, and
   * with `delete` removes what is gone, once everything is known. Several go into `to`, each under its name, and nothing
   * beside them is removed; with a layout they are filed together.
   *
   * @throws `NotFound`, `NotADirectory`, `TransferFailed` when some items failed
   */
  async sync(from: Sources, to: Where, options?: SyncOptions): Promise<SyncReport> {
    const { syncSources } = await load.transfers();
    return await syncSources(this.#places, from, to, options);
  }

  /**
   * Compares the directory `to` with the directory `from` as `sync` would, but that another time of change alone is no
   * difference: there the content is compared.
   *
   * @throws `NotFound`, `NotADirectory`
   */
  async check(from: Sources, to: Where, options?: CheckOptions): Promise<CheckReport> {
    const { checkSources } = await load.transfers();
    return await checkSources(this.#places, from, to, options);
  }

  /**
   * A view of one place and what lies below it, with connections of its own; nothing above can be reached. Of an
   * archive, such as a zip, it is a view of its content.
   *
   * @throws `NotFound`, `RootIsNotDirectory`
   */
  async mount(where: Where, options?: MountOptions): Promise<Mount> {
    const parsed = this.#connections.parse(where);
    const credentials = this.#connections.credentialsFor(parsed);
    const { openMount } = await load.mount();
    const root = await contentOf(this.#connections, parsed.location, options?.signal);
    const vfs = new (this.constructor as typeof Vfs)({ ...this.#options, root });
    vfs.#connections.credentialsFor({ location: root, credentials });
    return await openMount(vfs, root, options);
  }

  /** Closes all connections. May be called again. */
  close(): Promise<void> {
    return this.#connections[Symbol.asyncDispose]();
  }

  /** The same as {@linkcode Vfs.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #at(where: Where): Promise<Place> {
    return this.#connections.resolve(where);
  }

  async #kind(where: Where, options?: OpOptions): Promise<Info["kind"] | undefined> {
    try {
      return (await this.stat(where, options)).kind;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

const PUT_MODES = { w: "replace", x: "create", a: "append" } as const;
