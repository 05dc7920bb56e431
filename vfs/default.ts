/**
 * The methods of a filesystem that the process shares, as functions. These find logins as the `medvfs`
 * command does, see {@linkcode defaultCredentials}; a filesystem of {@linkcode createVfs} those that it is given.
 *
 * @module
 */

import type { DicomHeader } from "../formats/mod.ts";
import type { Content } from "./bytes/content.ts";
import type { CopyOptions } from "./copy/copy.ts";
import type { TransferReport } from "./copy/transfer.ts";
import { createVfs } from "./create_vfs.ts";
import { defaultCredentials } from "./credentials/default_credentials.ts";
import type { Entry } from "./entry.ts";
import type { ReadHandle, WriteHandle } from "./handles.ts";
import type { Location } from "./location/location.ts";
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
import type { LazyDriver, RegisterOptions } from "./registry.ts";
import type { RemoveOptions } from "./remove.ts";
import type { Series, SeriesOptions } from "./series.ts";
import type { Sources } from "./sources.ts";
import type { CheckOptions, CheckReport, SyncOptions, SyncReport } from "./sync/options.ts";
import type { Capabilities, Info, StatOptions, Stored, TransportDriver } from "./transport.ts";
import type { WalkOptions, WalkStep } from "./walk.ts";

/** As for the command, as far as Deno may read there without asking. */
const credentials = defaultCredentials();

let vfs = createVfs({ credentials });

/** Registers a driver for the functions of this module; see {@linkcode Vfs.register}. */
export function register(
  driver: TransportDriver | LazyDriver,
  options?: RegisterOptions,
): void {
  vfs.register(driver, options);
}

/** The schemes that URLs may have, sorted. */
export function schemes(): string[] {
  return vfs.schemes();
}

/** What the transport at `where` can do. */
export function capabilities(where: Where): Promise<Capabilities> {
  return vfs.capabilities(where);
}

/**
 * Walks directory by directory, top-down, sorted, lazily; see {@linkcode Vfs.walk}.
 *
 * @example
 * ```ts
 * import { walk, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///walked/10/a.dcm", "");
 * await writeFile("memory:///walked/2/b.dcm", "");
 * const roots = [];
 * for await (const [root, dirs, files] of walk("memory:///walked")) {
 *   roots.push([root, dirs.length, files.length]);
 * }
 * assert.deepEqual(roots, [
 *   ["memory:///walked", 2, 0],
 *   ["memory:///walked/2", 0, 1],
 *   ["memory:///walked/10", 0, 1],
 * ]);
 * ```
 */
export function walk(
  top: Sources,
  options?: WalkOptions,
): AsyncGenerator<WalkStep, void, undefined> {
  return vfs.walk(top, options);
}

/**
 * All entries below `top`; see {@linkcode Vfs.entries}.
 *
 * @example
 * ```ts
 * import { entries, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///disk1/1.dcm", "…");
 * await writeFile("memory:///disk2/2.dcm", "…");
 * const found = await Array.fromAsync(entries(["memory:///disk1", "memory:///disk2/2.dcm"]));
 * assert.deepEqual(found.map(({ name }) => name), ["1.dcm", "2.dcm"]);
 * ```
 */
export function entries(
  top: Sources,
  options?: WalkOptions,
): AsyncGenerator<Entry, void, undefined> {
  return vfs.entries(top, options);
}

/**
 * The entries that match a glob; see {@linkcode Vfs.glob}.
 *
 * @example
 * ```ts
 * import { glob, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///globbed/pat1/ct/1.dcm", "");
 * const found = await Array.fromAsync(glob("memory:///globbed/**" + "/*.dcm"));
 * assert.deepEqual(found.map(String), ["memory:///globbed/pat1/ct/1.dcm"]);
 * ```
 */
export function glob(
  pattern: string | URL | readonly (string | URL)[],
  options?: WalkOptions,
): AsyncGenerator<Entry, void, undefined> {
  return vfs.glob(pattern, options);
}

/** The entries of one directory, as they come; see {@linkcode Vfs.readDir}. */
export function readDir(
  where: Where,
  options?: ReadDirOptions,
): AsyncGenerator<Entry, void, undefined> {
  return vfs.readDir(where, options);
}

/** Where that is; see {@linkcode Vfs.locate}. */
export function locate(where: Where): Promise<Location> {
  return vfs.locate(where);
}

/** What is at `where`; see {@linkcode Vfs.stat}. */
export function stat(where: Where, options?: Partial<StatOptions>): Promise<Info> {
  return vfs.stat(where, options);
}

/**
 * What is at each of many places; see {@linkcode Vfs.statEach}.
 *
 * @example
 * ```ts
 * import { statEach, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///seen/1.dcm", "…");
 * const [one, none] = await statEach(["memory:///seen/1.dcm", "memory:///seen/2.dcm"]);
 * assert.equal(one?.status, "fulfilled");
 * assert.equal(none?.status === "rejected" && none.reason.kind, "NotFound");
 * ```
 */
export function statEach(
  where: Iterable<Where>,
  options?: StatEachOptions,
): Promise<PromiseSettledResult<Info>[]> {
  return vfs.statEach(where, options);
}

/** Whether anything is at `where`; see {@linkcode Vfs.exists}. */
export function exists(where: Where, options?: OpOptions): Promise<boolean> {
  return vfs.exists(where, options);
}

/** Whether a file is at `where`; see {@linkcode Vfs.isFile}. */
export function isFile(where: Where, options?: OpOptions): Promise<boolean> {
  return vfs.isFile(where, options);
}

/** Whether a directory is at `where`; see {@linkcode Vfs.isDirectory}. */
export function isDirectory(
  where: Where,
  options?: OpOptions,
): Promise<boolean> {
  return vfs.isDirectory(where, options);
}

/** One line for people about what is at `where`; see {@linkcode Vfs.info}. */
export function info(where: Where, options?: OpOptions): Promise<string> {
  return vfs.info(where, options);
}

/**
 * The header of a DICOM file, with DICOM keywords; see {@linkcode Vfs.readDicomHeader}.
 *
 * @example
 * ```ts
 * import { readDicomHeader, writeFile } from "@medvfs/vfs";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * for await (const { bytes } of phantomStudy()) {
 *   await writeFile("memory:///phantom.dcm", bytes);
 *   break;
 * }
 * const header = await readDicomHeader("memory:///phantom.dcm");
 * assert.equal(typeof header.string("Modality"), "string");
 * ```
 */
export function readDicomHeader(
  where: Where,
  options?: DicomHeaderOptions,
): Promise<DicomHeader> {
  return vfs.readDicomHeader(where, options);
}

/**
 * The DICOM series in one place or several; see {@linkcode Vfs.series}.
 *
 * @example
 * ```ts
 * import { series, writeFile } from "@medvfs/vfs";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * let n = 0;
 * for await (const { bytes } of phantomStudy({ modalities: ["MR"] })) {
 *   await writeFile(`memory:///disk${n % 2}/${n++}.dcm`, bytes);
 * }
 * const [one] = await series(["memory:///disk0", "memory:///disk1"]);
 * assert.equal(one?.Modality, "MR");
 * ```
 */
export function series(from: Sources, options?: SeriesOptions): Promise<Series[]> {
  return vfs.series(from, options);
}

/** Opens a file to read; see {@linkcode Vfs.open}. */
export function open(
  where: Where,
  options?: ReadOptions & { readonly mode?: "r" },
): Promise<ReadHandle>;
/** Opens a file to write; see {@linkcode Vfs.open}. */
export function open(
  where: Where,
  options: OpenOptions & { readonly mode: "w" | "x" | "a" },
): Promise<WriteHandle>;
export function open(
  where: Where,
  options?: OpenOptions,
): Promise<ReadHandle | WriteHandle> {
  return vfs.open(where, options ?? {});
}

/** Opens a file to write it; see {@linkcode Vfs.create}. */
export function create(
  where: Where,
  options?: WriteOptions,
): Promise<WriteHandle> {
  return vfs.create(where, options);
}

/** The bytes of a file, or of a part; see {@linkcode Vfs.readFile}. */
export function readFile(
  where: Where,
  options?: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return vfs.readFile(where, options);
}

/** The UTF-8 text of a file; see {@linkcode Vfs.readTextFile}. */
export function readTextFile(
  where: Where,
  options?: OpOptions,
): Promise<string> {
  return vfs.readTextFile(where, options);
}

/** Stores a file, whole or not at all; see {@linkcode Vfs.writeFile}. */
export function writeFile(
  where: Where,
  content: Content,
  options?: WriteOptions,
): Promise<Stored> {
  return vfs.writeFile(where, content, options);
}

/** Makes a directory; see {@linkcode Vfs.mkdir}. */
export function mkdir(where: Where, options?: MkdirOptions): Promise<void> {
  return vfs.mkdir(where, options);
}

/**
 * Removes files and directories; see {@linkcode Vfs.remove}.
 *
 * @example
 * ```ts
 * import { exists, glob, remove, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///scan/a.tmp", "");
 * await writeFile("memory:///scan/b.tmp", "");
 * const report = await remove(glob("memory:///scan/*.tmp"));
 * assert.equal(report.done, 2);
 * assert(!await exists("memory:///scan/a.tmp"));
 * ```
 */
export function remove(where: Sources, options?: RemoveOptions): Promise<TransferReport> {
  return vfs.remove(where, options);
}

/**
 * Copies between any two locations, verified; see {@linkcode Vfs.copy}.
 *
 * @example
 * ```ts
 * import { copy, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///study/1.dcm", "…");
 * const report = await copy("memory:///study", "memory:///backup/study");
 * assert.equal(report.done, 1);
 * ```
 */
export function copy(
  from: Sources,
  to: Where,
  options?: CopyOptions,
): Promise<TransferReport> {
  return vfs.copy(from, to, options);
}

/** Moves between any two locations; see {@linkcode Vfs.move}. */
export function move(
  from: Sources,
  to: Where,
  options?: CopyOptions,
): Promise<TransferReport> {
  return vfs.move(from, to, options);
}

/**
 * Makes a directory hold what another holds; see {@linkcode Vfs.sync}.
 *
 * @example
 * ```ts
 * import { sync, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///scans/1.dcm", "…");
 * const first = await sync("memory:///scans", "memory:///mirror", { delete: true, maxDelete: 100 });
 * assert.equal(first.done, 1);
 * const again = await sync("memory:///scans", "memory:///mirror");
 * assert.deepEqual([again.done, again.kept], [0, 1]);
 * ```
 */
export function sync(from: Sources, to: Where, options?: SyncOptions): Promise<SyncReport> {
  return vfs.sync(from, to, options);
}

/** Compares two directories without copying; see {@linkcode Vfs.check}. */
export function check(from: Sources, to: Where, options?: CheckOptions): Promise<CheckReport> {
  return vfs.check(from, to, options);
}

/** A view of one place and what lies below it; see {@linkcode Vfs.mount}. */
export function mount(where: Where, options?: MountOptions): Promise<Mount> {
  return vfs.mount(where, options);
}

/**
 * Closes the connections that the functions of this module opened. They can be used again. A `Deno.test` that used `https:`
 * places ends with it, since Deno counts an HTTP client that stays open as a leak.
 */
export function close(): Promise<void> {
  const closing = vfs;
  vfs = createVfs({ credentials, registry: closing.registry });
  return closing.close();
}
