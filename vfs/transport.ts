/**
 * The contract between the façade and its drivers. A driver writes `stat`, `list`, `get` and dispose; the
 * rest is optional, and whatever is missing is derived in `vfs/` or refused by name.
 *
 * @module
 */

import type { Bytes, Source } from "./bytes/bytes.ts";
import type { VfsError } from "./errors.ts";
import type { Location } from "./location/location.ts";

export type { ConnectOptions, Place, TransportAbout, TransportDriver } from "./driver.ts";
export type { FetchedResponse, FetchLike } from "./fetch_like.ts";

/** What an entry is. `other` is a device, socket or pipe. */
export type Kind = "file" | "directory" | "symlink" | "other";

/** A digest that transports may know without reading the content. */
export type DigestAlgorithm = "md5" | "sha1" | "sha256";

/** What is known of a file or directory. Fields that the server does not tell are absent, never invented. */
export interface Info {
  /** What it is. */
  readonly kind: Kind;
  /** Bytes. */
  readonly size?: number;
  /** Last change of the content. */
  readonly mtime?: Date;
  /** Strong validator: two reads with the same one give the same bytes. */
  readonly etag?: string;
  /** Digests of the content in lower-case hexadecimal. */
  readonly digests?: Readonly<Partial<Record<DigestAlgorithm, string>>>;
  /** Media type (RFC 6838). */
  readonly mediaType?: string;
  /** Identity that all names of a place share, such as links, to find cycles, and what is one under two names. */
  readonly id?: string;
  /** The transport's own words: a scan's type, a DICOM keyword. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** What {@linkcode Transport.put} stored. */
export interface Stored extends Info {
  /** Where it is, when that is not where it was put: see {@linkcode Capabilities.naming}. */
  readonly location?: Location;
  /** What the server changed or complained about, although it stored it. Sentence parts for people. */
  readonly warnings?: readonly string[];
  /**
   * Only where it was put with a {@linkcode PutOptions.batch}: resolves once it is stored for good. Until then the old object or
   * nothing is there, and that stays so when it rejects; with `ConditionFailed` when others changed what it should become
   * a part of, so that it may be put again, as after a temporary error.
   */
  readonly kept?: Promise<void>;
}

/** One row of a listing. */
export interface ListedEntry {
  /** One path segment. */
  readonly name: string;
  /** What it is. */
  readonly kind: Kind;
  /** What a symlink leads to; absent when that is missing or out of reach. */
  readonly target?: Exclude<Kind, "symlink">;
  /** What the listing told besides, at no further cost. */
  readonly info?: Info;
  /** Text for people, when the name is an identifier. */
  readonly label?: string;
  /** Other names that lead to it in a URL, as a scan's type does; globs look at them, too. */
  readonly aliases?: readonly string[];
  /** Query that the entry's URL takes along, such as the filter that it was listed by. */
  readonly query?: string;
}

/** Every operation can be aborted. */
export interface CallOptions {
  /** Aborts the operation. */
  readonly signal: AbortSignal;
}

/** Options of {@linkcode Transport.stat}. */
export interface StatOptions extends CallOptions {
  /** Tell of what a link leads to, not of the link itself. @default {true} */
  readonly followSymlinks?: boolean;
  /** What an archive remembers of itself for a moment does not count: ask again. */
  readonly refresh?: boolean;
}

/** Options of {@linkcode Transport.list}. */
export interface ListOptions extends CallOptions {
  /** Entries should carry `info` even where that costs a request each. */
  readonly detail?: boolean;
  /** What is remembered of this place and all below it does not count: ask again. */
  readonly refresh?: boolean;
}

/** Options of {@linkcode Transport.tree}. */
export interface TreeOptions extends ListOptions {
  /**
   * Says of an entry below the top that the caller leaves it out: it need not be listed, is not entered, and nothing
   * need be known of it.
   */
  readonly skips?: (location: Location) => boolean;
}

/** A part of a file, as byte offsets: `start` inclusive, `end` exclusive; or the last `suffix` bytes. */
export type ByteRange =
  | { readonly start: number; readonly end?: number }
  | { readonly suffix: number };

/** Options of {@linkcode Transport.get}. */
export interface GetOptions extends CallOptions {
  /** The part wanted; all of it by default. */
  readonly range?: ByteRange;
  /** Fail with `ConditionFailed` unless the etag is this one. */
  readonly ifMatch?: string;
  /** All of the body is wanted at once, so that a broken one can start over. A driver need not care. */
  readonly whole?: boolean;
}

/** What {@linkcode Transport.get} gives, in one round trip. */
export interface Got {
  /** The whole object's info. */
  readonly info: Info;
  /** Where in the object the body starts. */
  readonly offset: number;
  /** Bytes in the body, when known. The body is checked against it. */
  readonly length?: number;
  /** Digests that are compared on the way: the body fails at its end unless it has them. */
  readonly verified?: readonly DigestAlgorithm[];
  /**
   * Asks for that: a driver that knows the digests of the body tells them here and leaves hashing to the layers, since
   * only above what resumes is a body that was cut a whole one. What the layers give has `verified` in its place.
   */
  readonly check?: ContentCheck;
  /** The content. An array is the caller's; a reader must be read to its end or closed. */
  readonly body: Bytes;
  /** Says that an array is of no more use, so that others can be read into its memory. Nobody need say so. */
  readonly release?: () => void;
}

/** What the whole of a body is compared with. */
export interface ContentCheck {
  /** Digests that it must have, in lower-case hexadecimal. */
  readonly digests: NonNullable<Info["digests"]>;
  /** Finds out what is wrong with one that has others; `difference` tells in words. */
  failure(difference: string, options: CallOptions): Promise<VfsError>;
}

/** One of the files that {@linkcode Transport.getMany} gives. */
export interface GotOne {
  /** The location that was asked for. */
  readonly location: Location;
  /** The whole file; others may lie in the same memory. */
  readonly got: Got & { readonly body: Uint8Array<ArrayBuffer> };
}

/** A file to import. */
export interface NamedSource extends Source {
  /** A name that no other file has, such as its SOPInstanceUID and `.dcm`. */
  readonly name: string;
}

/** How {@linkcode Transport.put} treats what is there: replace it, refuse it, or add to it. */
export type PutMode = "replace" | "create" | "append";

/** Puts that belong together, such as those of one copy. */
export interface PutBatch {
  /** Resolves when no more of them come, also after a failure or an abort. */
  readonly ended: Promise<void>;
}

/** Options of {@linkcode Transport.put}. */
export interface PutOptions extends CallOptions {
  /** What happens to a file that is there. @default {"replace"} */
  readonly mode?: PutMode;
  /** With mode `replace`: fail with `ConditionFailed` unless the file that is there has this etag. */
  readonly ifMatch?: string;
  /** Media type to store, where the server keeps one. */
  readonly mediaType?: string;
  /** Modification time to store, where the server keeps one. */
  readonly mtime?: Date;
  /** What it belongs to. Many that each cost as much as all that is there may be stored as one: {@linkcode Stored.kept}. */
  readonly batch?: PutBatch;
}

/** One of the files that {@linkcode Transport.putMany} stores. */
export interface FileToPut extends Pick<PutOptions, "mediaType" | "mtime"> {
  /** Where; no two have the same. */
  readonly location: Location;
  /** What happens to a file that is there. @default {"replace"} */
  readonly mode?: Exclude<PutMode, "append">;
  /** Its content, of known size, which can be read again. */
  readonly source: Source & { readonly size: number };
}

/** What became of one of the files that {@linkcode Transport.putMany} was given. */
export type PutOutcome =
  & { readonly location: Location }
  & ({ readonly stored: Stored } | { readonly error: VfsError });

/** Options of {@linkcode Transport.remove} and {@linkcode Transport.mkdir}. */
export interface RecursiveOptions extends CallOptions {
  /** Remove what is below too; make missing parents, and accept that the directory is there. */
  readonly recursive?: boolean;
}

/** Options of {@linkcode Transport.removeMany}, and of {@linkcode Transport.remove} where it has `removeKeeps`. */
export interface RemoveManyOptions extends RecursiveOptions {
  /**
   * Looks at each file as it is when it goes, and gives why it is to stay, if it is. A driver that does not ask has a move
   * lose what changed after it was read. What others change between that look and the removal stays wherever `put` with
   * `ifMatch` would see it. It may be asked more than once.
   */
  readonly keeps?: (location: Location, info: Info) => VfsError | undefined;
}

/** Options of {@linkcode Transport.rename} and {@linkcode Transport.copy}. */
export interface ReplaceOptions extends CallOptions {
  /** Replace a file at the destination. Otherwise `AlreadyExists`. */
  readonly overwrite?: boolean;
  /** Told now and then how many bytes of the file are copied so far, where the driver can tell. */
  readonly onProgress?: (bytes: number) => void;
}

/** One directory of a recursive listing. */
export interface TreeStep {
  /** The directory. */
  readonly location: Location;
  /** All of its entries. */
  readonly entries: readonly ListedEntry[];
  /** Directories in it whose entries the caller leaves out all; they have no step of their own. */
  readonly bare?: ReadonlySet<string>;
}

/** What {@linkcode Transport.putMany} is best given at once: more only takes more memory. Those of one directory go together. */
export interface PutManyLimits {
  /** Bytes of the largest file. */
  readonly size: number;
  /** Files. */
  readonly files: number;
  /** Bytes of all. */
  readonly bytes: number;
  /** Only what was read together goes together, and waits for no others: that saves time, and no requests. */
  readonly asTheyCome?: boolean;
}

/** What a driver can do, with limits as numbers. The conformance suite holds it honest. */
export interface Capabilities {
  /** `get` reads a range without reading what comes before; otherwise the façade skips. */
  readonly range: boolean;
  /** `info.etag` is given and `ifMatch` works, so that a cut read can be resumed. */
  readonly etag: boolean;
  /** Sizes are known without reading. */
  readonly size: boolean;
  /** Digests that `stat` or listings give. */
  readonly digests: readonly DigestAlgorithm[];
  /** Digests that `put` compares by itself: it fails unless what is stored has those of what it was given. */
  readonly verifiesPut?: readonly DigestAlgorithm[];
  /**
   * `put` and `copy` keep the time of change that they are given, to so many milliseconds; absent when they do not, and
   * then times tell nothing about content.
   */
  readonly keepsTimes?: number;
  /** Names that differ only in case, or in how Unicode composes them, are the same. */
  readonly foldsNames?: boolean;
  /** `tree` lists recursively in fewer requests than `list`. */
  readonly tree: boolean;
  /** `atomic`: a failed put leaves the old object or nothing. `partial`: it may leave a part. */
  readonly put: "atomic" | "partial" | "none";
  /**
   * What gives a stored file its name. `path`: where it was put. `content`: what is in it, as an archive files a
   * DICOM instance by its identifiers; then `put` takes any directory that the file belongs into, or its own place,
   * refuses what does not belong there, and tells where the file is. What the server does with a file that it has
   * already is its own affair, unless {@linkcode Capabilities.looksFirst}.
   */
  readonly naming: "path" | "content";
  /** `put` with mode `create` is exclusive, also against others. */
  readonly exclusive: boolean;
  /** `put` with mode `create` looks first, and refuses what is there; what others store meanwhile it may replace. */
  readonly looksFirst?: boolean;
  /** `put` with `ifMatch`, also against others; elsewhere that is refused. */
  readonly putsIfMatch?: boolean;
  /**
   * `put` stores those of a `batch` as one; files of more than so many bytes wait for each other. Neither `put` nor `remove`
   * has a time limit, since each stores all that is there, and what it waits for are others' bytes. Renames that come at once
   * are stored as one, too.
   */
  readonly batches?: number;
  /** `put` with mode `append`. */
  readonly append: boolean;
  /** Largest object that `put` takes, in bytes. */
  readonly maxPutSize?: number;
  /** `remove`. */
  readonly remove: boolean;
  /** `remove` takes a directory with all below it in one go; otherwise the façade removes one by one. */
  readonly removeTree: boolean;
  /** `remove` asks `keeps` about a file, by what a listing tells of it right before it goes. */
  readonly removeKeeps?: boolean;
  /** `removeMany`. */
  readonly removeMany?: boolean;
  /** `importFiles`. */
  readonly importFiles?: boolean;
  /** `mkdir`; without it directories come to be with the files in them. */
  readonly mkdir: boolean;
  /** A directory can be there with nothing in it. */
  readonly emptyDirectories: boolean;
  /** `rename` within the transport. */
  readonly rename: boolean;
  /** `copy` within the transport, without the bytes passing through us. */
  readonly copy: boolean;
  /** Entries can be symbolic links. */
  readonly symlinks: boolean;
  /** URLs may have a query. */
  readonly query: boolean;
  /** `putMany` stores small files with fewer requests than `put` needs. */
  readonly putMany?: PutManyLimits;
  /**
   * `getMany` reads small files, of up to so many bytes, with fewer requests than `get` needs; `Infinity` where no listing
   * tells sizes, and so only `getMany` itself which are small.
   */
  readonly getMany?: number;
  /** `getMany` goes through all there is from its beginning, and so is given files of many directories at once. */
  readonly getManyAcross?: boolean;
  /** Calls of `getMany` at once that the server bears. @default {4} */
  readonly getManyAtOnce?: number;
  /** Operations at once that the server bears. */
  readonly maxConcurrency: number;
}

/**
 * A connection to one origin. All methods take decoded locations of that origin.
 *
 * Behaviour that all callers rely on, and the conformance suite checks:
 * - only `NotFound` means that something is missing; "could not check" is another kind;
 * - a resolved `put` means that all bytes are stored and readable; a rejected one leaves the old object or nothing;
 * - errors are {@linkcode VfsError}s; any other error counts as a defect of the driver;
 * - nothing goes on in the background after an operation settled and its body was read or closed;
 * - dispose may be called twice.
 */
export interface Transport extends AsyncDisposable {
  /** What this connection can do. */
  readonly capabilities: Capabilities;
  /** Tells what is at `location`. @throws `NotFound` */
  stat(location: Location, options: StatOptions): Promise<Info>;
  /**
   * Picks those of many locations at which nothing is, as sure as by the `NotFound` of `stat`, where that costs less than
   * to ask for each. Of the others it tells nothing.
   */
  findMissing?(
    locations: readonly Location[],
    options: CallOptions,
  ): Promise<ReadonlySet<Location>>;
  /** Lists a directory in pages, each as soon as it is known. @throws `NotFound`, `NotADirectory` */
  list(
    location: Location,
    options: ListOptions,
  ): AsyncIterable<readonly ListedEntry[]>;
  /** Reads a file, or a part of it. @throws `NotFound`, `IsADirectory`, `RangeNotSatisfiable`, `ConditionFailed` */
  get(location: Location, options: GetOptions): Promise<Got>;
  /**
   * Reads many small files, in whatever order costs the server least, each no more than once and as sure as by `get`.
   * It gives those that it can give so, some at a time, as they come; what it has not given when it ends or fails, the
   * caller asks for alone.
   */
  getMany?(
    locations: readonly Location[],
    options: CallOptions,
  ): AsyncIterable<readonly GotOne[]>;
  /**
   * Looks, without a request, whether a file can have the name of `location` at all, whatever is there: a plan tells so of
   * one that cannot. @throws what `put` would
   */
  checkName?(location: Location): void;
  /** Stores a file, making missing parents. @throws `AlreadyExists`, `IsADirectory`, `StorageFull` */
  put?(location: Location, source: Source, options: PutOptions): Promise<Stored>;
  /**
   * Stores many small files, each as its mode has it and as sure as by `put`, in whatever order costs the server least. It
   * tells what became of each that it dealt with, some at a time; what it has not told of when it ends, the caller stores
   * alone. When it fails, that is the error of all others; so it tells first what it knows, also after an abort.
   */
  putMany?(
    files: readonly FileToPut[],
    options: CallOptions,
  ): AsyncIterable<readonly PutOutcome[]>;
  /**
   * Hands DICOM files over to be filed below a directory by what is in them, where `put` files by path: a study, or what
   * is new of one. An instance that is there is replaced, so that the same files can be handed over again. That is done by
   * itself only after a failure that is `temporary`, which a driver tells where nothing was begun: importers go on behind
   * an answer that was lost. Gives the directories that they went to, as far as the server tells. With no files it tells
   * whether the directory is one that files can be handed over to, without a request.
   *
   * @throws `NotFound` when what they are to go into is not there; `InvalidArgument` where nothing can be filed
   */
  importFiles?(
    location: Location,
    files: readonly NamedSource[],
    options: CallOptions,
  ): Promise<readonly Location[]>;
  /**
   * Looks, by a request at most that many places share, whether what is at `location` may be removed, and removes nothing:
   * a move asks before it copies, of a directory with one of its entries for all. That nothing is found to speak against
   * it is no promise.
   *
   * @throws what `remove` would
   */
  checkRemoval?(location: Location, options: CallOptions): Promise<void>;
  /** Removes a file or directory. @throws `NotFound`, `NotEmpty` */
  remove?(location: Location, options: RemoveManyOptions): Promise<void>;
  /**
   * Removes many files and directories in one go, where the removal of each would cost as much as all that is there: in
   * their order, so that a directory goes after what is in it, and without `recursive`, which takes `removeTree`, never with
   * what is left in it. There is at least one. Gives those that stay, or were gone, with what `remove` would tell; when it
   * fails, all are still there.
   */
  removeMany?(
    locations: readonly Location[],
    options: RemoveManyOptions,
  ): Promise<ReadonlyMap<Location, VfsError>>;
  /** Makes a directory. @throws `AlreadyExists`, `NotFound` for a missing parent */
  mkdir?(location: Location, options: RecursiveOptions): Promise<void>;
  /** Moves a file or directory. @throws `NotFound`, `AlreadyExists` */
  rename?(
    from: Location,
    to: Location,
    options: ReplaceOptions,
  ): Promise<void>;
  /** Copies one file, making missing parents. @throws `NotFound`, `AlreadyExists`, `IsADirectory` */
  copy?(from: Location, to: Location, options: ReplaceOptions): Promise<Info>;
  /**
   * Lists a directory and all below it: each directory once, top-down and depth-first, the entries of each and
   * so the directories in the order of {@linkcode sortByName}. What `skips` leaves out is not entered.
   */
  tree?(location: Location, options: TreeOptions): AsyncIterable<TreeStep>;
  /** One line for people about what is at `location`; `undefined` leaves it to the content. @throws `NotFound` */
  describe?(
    location: Location,
    options: CallOptions,
  ): Promise<string | undefined>;
}
