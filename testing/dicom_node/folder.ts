/**
 * The folder that the node keeps its instances in.
 *
 * @module
 */

import { type FileMeta, readFileMeta } from "../../formats/mod.ts";
import type { ByteSource } from "../../formats/byte_source.ts";
import { FormatError } from "../../formats/errors.ts";
import { type Bytes, readerOfStream, type Source } from "../../vfs/bytes/bytes.ts";
import type { Entry } from "../../vfs/entry.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { WriteHandle } from "../../vfs/handles.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import { encodeSegment } from "../../vfs/location/url_syntax.ts";
import type { Mount } from "../../vfs/mount.ts";
import type { Capabilities, Info, PutMode } from "../../vfs/transport.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { LAST_TAG } from "./attributes.ts";
import { type FileRecord, isSame, versionOf } from "./record.ts";

/** Datasets up to this length are read in one go. */
const WHOLE = 1 << 20;

/** An instance in a file of the folder. */
export interface StoredInstance extends FileRecord {
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly datasetOffset: number;
}

/** The folder of a node, on any transport. */
export class Folder implements AsyncDisposable {
  /** Where it is. */
  readonly root: Location;
  readonly #vfs: Vfs;
  readonly #mount: Mount | undefined;
  /** The last folder that was asked for: most often it is the next one too. */
  #last: { readonly path: string; readonly location: Location };

  private constructor(vfs: Vfs, root: Location, mount?: Mount) {
    this.#vfs = vfs;
    this.root = root;
    this.#mount = mount;
    this.#last = { path: "", location: root };
  }

  /**
   * The folder at `root`, which need not be there yet; of an archive, such as a zip, its content.
   *
   * @throws `RootIsNotDirectory` for any other file
   */
  static async open(vfs: Vfs, root: string | URL | Location, signal: AbortSignal): Promise<Folder> {
    // Credentials in the URL hold for its origin once they have been named.
    if (!await vfs.isFile(root, { signal })) return new Folder(vfs, parseLocation(root).location);
    const mount = await vfs.mount(root, { readDirectoryOnly: true, signal });
    return new Folder(mount.vfs, mount.root, mount);
  }

  /** What its transport can do. */
  capabilities(): Promise<Capabilities> {
    return this.#vfs.capabilities(this.root);
  }

  /** All files in it; none where it has yet to be made, by the first that is stored. */
  async *files(signal: AbortSignal): AsyncGenerator<Entry> {
    if (!await this.#vfs.exists(this.root, { signal })) return;
    yield* this.#vfs.entries(this.root, { includeDirs: false, detail: true, signal });
  }

  /** The record of an entry of {@linkcode Folder.files}. */
  record(entry: Entry): FileRecord {
    const names = entry.location.segments.slice(this.root.segments.length);
    return { path: names.map(encodeSegment).join("/"), ...entry.info && versionOf(entry.info) };
  }

  /** Reads as much of a file as the index needs; undefined when it is no DICOM file, or one that is cut. */
  async meta(path: string, signal: AbortSignal): Promise<FileMeta | undefined> {
    const where = this.#at(path);
    const source: ByteSource = {
      read: async (start, end) => {
        try {
          return await this.#vfs.readFile(where, { range: { start, end }, signal });
        } catch (error) {
          if (isVfsError(error) && error.kind === "RangeNotSatisfiable") return new Uint8Array();
          throw error;
        }
      },
    };
    try {
      // As lenient as with what is received: the next start must know all that was taken.
      return await readFileMeta(source, { until: LAST_TAG, lenient: true });
    } catch (error) {
      if (error instanceof FormatError) return;
      throw error;
    }
  }

  /** Opens a file to write; nothing is seen of it before it is committed. */
  create(path: string, mode: PutMode): Promise<WriteHandle> {
    return this.#vfs.create(this.#at(path), { mode });
  }

  /** Stores a file in one go; `bytes` must stay as they are until then. */
  write(path: string, bytes: Uint8Array, mode: PutMode): Promise<Info> {
    return this.#vfs.writeFile(this.#at(path), bytes, { mode });
  }

  /** What is known of a file. */
  async stat(path: string): Promise<FileRecord> {
    return { path, ...versionOf(await this.#vfs.stat(this.#at(path))) };
  }

  /**
   * The dataset of an instance. Opening it throws `Corrupt` where its file has changed so that it may be another: what it
   * has at the place of the dataset may be anything.
   */
  dataset(instance: StoredInstance, signal: AbortSignal): Source {
    const { path, size, datasetOffset: start } = instance;
    const where = this.#at(path);
    const length = size == null ? undefined : size - start;
    return {
      size: length,
      replayable: true,
      open: async (): Promise<Bytes> => {
        const file = await this.#vfs.open(where, { range: { start }, signal });
        const isSteady = isSame(instance, versionOf(file.info)) ?? true;
        if (!isSteady && !(size === file.info.size && await this.#isStill(instance, signal))) {
          await file.close();
          throw changed(where);
        }
        const isShort = length !== undefined && length <= WHOLE;
        return isShort ? await file.bytes() : readerOfStream(file.readable);
      },
    };
  }

  /** Whether what is in a file is still that instance: it may only have been touched, or put back. */
  async #isStill(instance: StoredInstance, signal: AbortSignal): Promise<boolean> {
    const { sopInstanceUID, transferSyntaxUID, datasetOffset } = instance;
    const now = await this.meta(instance.path, signal);
    return now?.sopInstanceUID === sopInstanceUID &&
      now.transferSyntaxUID === transferSyntaxUID && now.datasetOffset === datasetOffset;
  }

  /** Closes what was opened for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mount?.[Symbol.asyncDispose]();
  }

  #at(path: string): Location {
    const end = path.lastIndexOf("/") + 1;
    if (path.slice(0, end) !== this.#last.path) {
      const names = path.slice(0, end).split("/").slice(0, -1).map(decodeURIComponent);
      this.#last = { path: path.slice(0, end), location: this.root.join(...names) };
    }
    return this.#last.location.child(decodeURIComponent(path.slice(end)));
  }
}

function changed({ href: url }: Location): VfsError {
  const reason = "the file has changed since it was indexed";
  return new VfsError("Corrupt", { op: "read", url, reason });
}
