/**
 * What earlier runs did, in an append-only file of JSON lines, for pairs of places that cannot be compared otherwise.
 *
 * @module
 */

import { collect, concat, readerOf } from "../bytes/bytes.ts";
import { FunctionNotSupported, isNotFound, isVfsError, VfsError } from "../errors.ts";
import type { Info, Place } from "../transport.ts";
import { CompactMap } from "./compact_map.ts";
import { agree, fingerprintOf, isEmpty, isTelling } from "./fingerprint.ts";
import { JournalAppender } from "./journal_appender.ts";
import {
  BLOCK,
  checkHeader,
  eachLine,
  headerOf,
  isCancelled,
  isText,
  type Line,
  lineAt,
  linesOf,
  parseLine,
  pathBits,
  textOf,
} from "./journal_lines.ts";

/** So many lines that a later one replaced are kept, and as many as there are files. */
const SPARE_LINES = 1000;
/** What is no line. */
const NONE = new Uint8Array();
const decoder = new TextDecoder();

/** What a journal gets to work with. */
export interface JournalOptions {
  /** The source, without credentials. */
  readonly from: string;
  /** The destination, without credentials. */
  readonly to: string;
  /** Aborts. */
  readonly signal: AbortSignal;
  /** A damaged journal stays where it is. */
  readonly isReadOnly: boolean;
  /** Told when a journal is set aside. */
  readonly onNote: (text: string) => void;
}

/** A file that a journal is asked about. */
export interface Asked {
  /** Path below the top. */
  readonly path: string;
  /** What is told of it now. */
  readonly from: { readonly info?: Info };
  /** What is at the destination; absent where that cannot be listed. */
  readonly target?: Info;
}

/** A part of the file. */
interface Block {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** What is in the file. */
interface Scan {
  /** Where the last line about each path is. */
  readonly offsets: CompactMap;
  /** How many lines there are. */
  readonly count: number;
  /** Whether it has its header. */
  readonly isBegun: boolean;
  /** Whether it ends within a line. */
  readonly isTorn: boolean;
}

/** A journal, looked through when it is first asked. Memory holds where the lines are, not what they say. */
export class Journal {
  readonly #at: Place;
  readonly #options: JournalOptions;
  readonly #header: string;
  #offsets: CompactMap | undefined;
  #loading: Promise<CompactMap> | undefined;
  #block: Block | undefined;
  readonly #appender: JournalAppender;
  #unreadable: unknown;

  constructor(at: Place, options: JournalOptions) {
    const { transport, location } = at;
    if (!transport.put || !transport.capabilities.append) {
      throw new FunctionNotSupported(location.scheme, "sync", location.href, "a journal there");
    }
    this.#at = at;
    this.#options = options;
    this.#header = headerOf(options.from, options.to);
    this.#appender = new JournalAppender(at);
  }

  /**
   * Whether `file` was copied by an earlier run, and neither side has changed since. At once, and not as a promise, where
   * it can be told, since a promise for each of a million files is much garbage.
   *
   * `isNamedByContent` says that a source of which nothing is told is known by its path alone, as an instance of DICOM
   * is.
   */
  knows(file: Asked, isNamedByContent: boolean): boolean | Promise<boolean> {
    const offset = this.#offsets?.get(file.path);
    if (this.#offsets && offset === undefined) return false;
    const line = offset === undefined ? undefined : this.#lineAt(offset);
    return line === undefined
      ? this.#lookUp(file, isNamedByContent)
      : isUnchanged(file, line, isNamedByContent);
  }

  async #lookUp(file: Asked, isNamedByContent: boolean): Promise<boolean> {
    const offset = (await this.#load()).get(file.path);
    if (offset === undefined) return false;
    const line = this.#lineAt(offset) ?? await this.#readAt(offset);
    return isUnchanged(file, line, isNamedByContent);
  }

  /** Remembers a file for later runs. It is written soon, and at the latest by {@linkcode Journal.close}. */
  async add(path: string, source: Info | undefined, stored: Info): Promise<void> {
    await this.#load();
    if (!this.failure) this.#appender.add(textOf(path, source, stored));
    if (this.failure) throw this.failure;
  }

  /** Waits until all is written. */
  async close(): Promise<void> {
    await this.#appender.close();
    if (this.failure) throw this.failure;
  }

  /** What keeps it from being read or written; then nothing more should be done that it cannot remember. */
  get failure(): unknown {
    return this.#unreadable ?? this.#appender.failure;
  }

  #load(): Promise<CompactMap> {
    return this.#loading ??= this.#open().then((offsets) => this.#offsets = offsets, (error) => {
      this.#unreadable = error;
      throw error;
    });
  }

  async #open(): Promise<CompactMap> {
    try {
      let found = await this.#scan();
      const { offsets, count } = found;
      if (!this.#options.isReadOnly && count > 2 * offsets.size + SPARE_LINES) {
        await this.#compact(offsets);
        found = await this.#scan();
      }
      this.#appender.begin(found.isTorn, found.isBegun ? undefined : this.#header);
      return found.offsets;
    } catch (error) {
      if (!isNotFound(error) && !(error instanceof SyntaxError)) throw error;
      if (error instanceof SyntaxError) {
        if (!this.#options.isReadOnly) await this.#setAside();
        this.#options.onNote(
          `the journal "${this.#at.location.href}" is not used: ${error.message}`,
        );
      }
      this.#appender.begin(false, this.#header);
      return new CompactMap();
    }
  }

  /** Looks through the whole file. @throws `SyntaxError` */
  async #scan(): Promise<Scan> {
    const { transport, location } = this.#at;
    const { signal } = this.#options;
    const offsets = new CompactMap();
    let count = 0;
    let isBegun = false;
    let isTorn = false;
    const { body } = await transport.get(location, { signal });
    for await (const { bytes, offset, isWhole } of linesOf(readerOf(body))) {
      isTorn = !isWhole;
      if (isTorn) break;
      eachLine(bytes, (start, end) => {
        if (!isBegun && !isCancelled(bytes, end)) {
          checkHeader(decoder.decode(bytes.subarray(start, end)), this.#header);
          isBegun = true;
          return;
        }
        count++;
        if (isCancelled(bytes, end)) return;
        offsets.set(pathBits(offsets, bytes, start, end), offset + start);
      });
    }
    return { offsets, count, isBegun, isTorn };
  }

  /** Writes it anew with the last line about each path. */
  async #compact(offsets: CompactMap): Promise<void> {
    const { transport, location } = this.#at;
    const { signal } = this.#options;
    const header = new TextEncoder().encode(`${this.#header}\n`);
    async function* kept() {
      yield header;
      const { body } = await transport.get(location, { signal });
      let isHeader = true;
      for await (const { bytes, offset, isWhole } of linesOf(readerOf(body))) {
        if (!isWhole) break;
        const last: Uint8Array[] = [];
        let length = 0;
        eachLine(bytes, (start, end) => {
          if (isCancelled(bytes, end)) return;
          if (isHeader) return void (isHeader = false);
          if (offsets.get(pathBits(offsets, bytes, start, end)) !== offset + start) return;
          last.push(bytes.subarray(start, end + 1));
          length += end + 1 - start;
        });
        if (length > 0) yield concat(last, length);
      }
    }
    const open = () => {
      const lines = kept();
      return Promise.resolve({
        read: async () => (await lines.next()).value ?? undefined,
        close: async () => void await lines.return(undefined),
      });
    };
    await transport.put!(location, { replayable: true, open }, { signal });
    this.#block = undefined;
  }

  /** The line at `offset` in the part that was read last, if it is there as a whole. */
  #lineAt(offset: number): Uint8Array | undefined {
    const block = this.#block;
    if (!block || offset < block.start || offset >= block.start + block.bytes.length) {
      return undefined;
    }
    return lineAt(block.bytes, offset - block.start);
  }

  /**
   * The line at `offset`, read with those behind it, since files are asked for in much the same order as they were
   * written. Where another run has written the journal anew, none may be there.
   */
  async #readAt(offset: number): Promise<Uint8Array> {
    try {
      const bytes = await this.#read(offset);
      this.#block = { start: offset, bytes };
      return lineAt(bytes, 0) ?? NONE;
    } catch (error) {
      if (isVfsError(error) && ["NotFound", "RangeNotSatisfiable"].includes(error.kind)) {
        return NONE;
      }
      this.#unreadable = error;
      throw error;
    }
  }

  async #read(start: number): Promise<Uint8Array> {
    const { transport, location } = this.#at;
    const range = { start, end: start + BLOCK };
    const { body } = await transport.get(location, { range, signal: this.#options.signal });
    return await collect(body);
  }

  async #setAside(): Promise<void> {
    const { transport, location } = this.#at;
    const { signal } = this.#options;
    const aside = location.parent()!.child(`${location.name}.damaged`);
    if (!transport.rename) {
      throw new VfsError("Corrupt", { op: "read", url: location.href });
    }
    await transport.rename(location, aside, { overwrite: true, signal });
  }
}

/** Whether `bytes` are a line about `file`, and say the same of it as is told now; what is no line knows nothing. */
function isUnchanged(
  { path, from, target }: Asked,
  bytes: Uint8Array,
  isNamedByContent: boolean,
): boolean {
  const isTold = isTelling(from.info) && isTelling(target);
  // As a rule it is the same text, and parsing it would leave much garbage.
  if (isTold && isText(bytes, textOf(path, from.info, target!))) return true;
  const line = lineOrNone(decoder.decode(bytes));
  if (line?.path !== path) return false;
  const now = fingerprintOf(from.info);
  const isSource = isEmpty(now) && isEmpty(line.source)
    ? isNamedByContent
    : agree(now, line.source);
  return isSource && (target === undefined || agree(fingerprintOf(target), line.stored));
}

function lineOrNone(text: string): Line | undefined {
  try {
    return parseLine(text);
  } catch {
    return undefined;
  }
}
