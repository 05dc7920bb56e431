/**
 * The steps of reading a header, written once for bytes in memory and bytes to wait for.
 *
 * @module
 */

import { type ByteWindow, FIRST_READ } from "../byte_window.ts";
import { FormatError } from "../errors.ts";
import type { DicomDataset } from "./dataset.ts";
import { tagOf } from "./dictionary.ts";
import {
  type Encoding,
  encodingOf,
  EXPLICIT_LITTLE,
  guessEncoding,
  IMPLICIT_LITTLE,
  isDeflated,
  readTag,
  syntaxOf,
} from "./encoding.ts";
import { DicomHeader } from "./header.ts";
import type { AttributeName } from "./keywords.ts";
import { type ScanLimits, Scanner, type ScanRange } from "./scanner.ts";
import { TAG } from "./tag.ts";
import { vrByCode } from "./vr.ts";
import { WarningLog } from "./warnings.ts";

/** How to read a header, and within which bounds. */
export interface ReadHeaderOptions {
  /** Throw on damage instead of noting it in `warnings`; off by default. */
  strict?: boolean;
  /**
   * Read a bare dataset, as DIMSE carries them, in this transfer syntax: there
   * is no preamble and no file meta information, and nothing is guessed.
   */
  transferSyntaxUID?: string;
  /**
   * Stop before the first element of the main dataset above this one; after
   * the file meta information for one of group 0002.
   */
  until?: AttributeName;
  /** Character set of a dataset that names none; the default repertoire. */
  defaultCharacterSet?: string;
  /** Longest value kept in memory, in bytes; 64 KiB. */
  maxValueLength?: number;
  /** Most bytes read from the source, and most inflated; 16 MiB. */
  maxHeaderBytes?: number;
  /** Deepest nesting of sequences; 64, and 512 at most. */
  maxDepth?: number;
  /** Most elements, items and delimiters; 500,000. */
  maxElements?: number;
}

// JSON and dumps recurse: this keeps them inside of the platform's stack.
const DEEPEST = 512;

const FIRST_DATASET_TAG = 0x00030000;

/** A request of the sequential reader to whoever can wait. */
export type ReadRequest =
  | { readonly kind: "load"; readonly start: number; readonly end: number }
  | { readonly kind: "inflate"; readonly start: number; zlib: boolean };

/** A reading that can be suspended until its request is met. */
export type Reading = Generator<ReadRequest, void, ByteWindow>;

/** The reading of one header, written as if all bytes were in memory. */
export class HeaderJob {
  /** Where deviations are noted. */
  readonly log: WarningLog;
  /** The result, filled while reading. */
  readonly header: DicomHeader;
  /** Most bytes to read, and to inflate. */
  readonly maxBytes: number;
  /** Bytes read of a source before its inflated stream took its place. */
  bytesRead = 0;
  /** Set when no more bytes will come, because of a limit. */
  isExhausted = false;
  readonly #limits: ScanLimits;
  readonly #lastTag: number;
  readonly #syntax: string | undefined;

  /** Prepares a reading within the bounds of `options`. */
  constructor(options: ReadHeaderOptions) {
    this.log = new WarningLog(options.strict ?? false);
    const { defaultCharacterSet } = options;
    this.header = new DicomHeader({
      log: this.log,
      defaultCharacterSet: defaultCharacterSet?.split("\\") ?? [],
    });
    const maxBytes = options.maxHeaderBytes ?? 16 * 1024 * 1024;
    this.maxBytes = Math.max(maxBytes, FIRST_READ);
    this.#limits = {
      maxValueLength: options.maxValueLength ?? 64 * 1024,
      maxDepth: Math.min(options.maxDepth ?? 64, DEEPEST),
      maxElements: options.maxElements ?? 500_000,
    };
    const { until } = options;
    this.#lastTag = until === undefined ? Infinity : tagOf(until);
    this.#syntax = options.transferSyntaxUID;
  }

  /** Reads the header; what it yields must be met before it goes on. */
  *read(): Reading {
    let window = yield loadRequest(0, FIRST_READ);
    const { header } = this;
    let start = 0;
    let encoding: Encoding;
    if (this.#syntax !== undefined) {
      header.transferSyntaxUID = this.#syntax;
      encoding = encodingOf(this.#syntax);
    } else {
      const metaStart = findMeta(window);
      if (metaStart !== undefined) start = yield* this.#meta(window, metaStart);
      header.datasetPosition = start;
      header.transferSyntaxUID = header.meta.string(TAG.TransferSyntaxUID);
      if (this.#lastTag < FIRST_DATASET_TAG) {
        header.complete = false;
        return;
      }
      window = yield loadRequest(start, start + 1024);
      encoding = this.#datasetEncoding(window, start, metaStart !== undefined);
    }
    if (isDeflated(header.transferSyntaxUID) && !this.#isInflated(window, start)) {
      window = yield inflateRequest(window, start);
      start = 0;
      header.deflated = true;
      window = yield loadRequest(0, FIRST_READ);
    }
    const scanner = yield* this.#scan(window, header, encoding, {
      start,
      lastTag: this.#lastTag,
    });
    header.encoding = scanner.encoding;
    header.pixelData = scanner.pixelData;
    header.complete = !scanner.stopped && !this.isExhausted;
    header.transferSyntaxUID ??= syntaxOf(scanner.encoding);
  }

  /** Reads group 0002 and returns where it ends (PS3.10 §7.1). */
  *#meta(
    window: ByteWindow,
    start: number,
  ): Generator<ReadRequest, number, ByteWindow> {
    if (!isMeta(window, start)) {
      this.log.once("meta", start, "File meta information is missing");
      return start;
    }
    const { meta } = this.header;
    const at = start - window.start;
    const isExplicit = vrByCode(window.view.getUint16(at + 4, false));
    const encoding = isExplicit ? EXPLICIT_LITTLE : IMPLICIT_LITTLE;
    if (!isExplicit) {
      this.log.once("encoding", start, "File meta information is implicit VR");
    }
    const stated = statedMetaEnd(window, start);
    const end = isExplicit && isElementEnd(window, start, stated) ? stated : undefined;
    const lastTag = 0x0002FFFF;
    let range: ScanRange = { start, end, lastTag };
    let { position, stopped } = yield* this.#scan(window, meta, encoding, range);
    yield loadRequest(position, position + 8);
    const isDone = stopped || isDeflated(meta.string(TAG.TransferSyntaxUID));
    if (!isDone && isMeta(window, position)) {
      range = { start: position, lastTag };
      ({ position } = yield* this.#scan(window, meta, encoding, range));
    }
    if (stated !== position) {
      const problem = stated === undefined ? "no length" : "a wrong length";
      this.log.once("meta", start, `File meta information has ${problem}`);
    }
    return position;
  }

  #datasetEncoding(
    window: ByteWindow,
    start: number,
    hasMeta: boolean,
  ): Encoding {
    const { transferSyntaxUID } = this.header;
    if (transferSyntaxUID !== undefined) return encodingOf(transferSyntaxUID);
    const guess = guessEncoding(window.view, start - window.start);
    if (!guess && !hasMeta) {
      throw new FormatError("NotSupported", "File is not DICOM", 0);
    }
    const text = hasMeta ? "Transfer syntax is missing" : "File meta information is missing";
    this.log.once("meta", start, text);
    return guess ?? EXPLICIT_LITTLE;
  }

  /** Whether data that should be deflated is not. */
  #isInflated(window: ByteWindow, start: number): boolean {
    const found = guessEncoding(window.view, start - window.start);
    if (!found) return false;
    this.log.once("encoding", start, "Dataset is not deflated");
    return true;
  }

  *#scan(
    window: ByteWindow,
    dataset: DicomDataset,
    encoding: Encoding,
    range: ScanRange,
  ): Generator<ReadRequest, Scanner, ByteWindow> {
    const { log } = this;
    const limits = this.#limits;
    const scanner = new Scanner(window, dataset, encoding, range, limits, log);
    while (!scanner.run() && !this.isExhausted) {
      yield loadRequest(scanner.position, scanner.wanted);
    }
    return scanner;
  }
}

function loadRequest(start: number, end: number): ReadRequest {
  return { kind: "load", start, end };
}

function inflateRequest(window: ByteWindow, start: number): ReadRequest {
  const at = start - window.start;
  // Some writers wrap the deflated data as zlib does (RFC 1950 §2.2).
  const zlib = window.bytes[at] === 0x78 &&
    (0x7800 + (window.bytes[at + 1] ?? 0)) % 31 === 0;
  return { kind: "inflate", start, zlib };
}

/** Whether `DICM` stands at an offset (PS3.10 §7.1). */
export function hasMagic(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x44 && bytes[at + 1] === 0x49 &&
    bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4D;
}

/** Where group 0002 starts; undefined when the file has none. */
function findMeta(window: ByteWindow): number | undefined {
  if (hasMagic(window.bytes, 128)) return 132;
  if (hasMagic(window.bytes, 0)) return 4;
  return isMeta(window, 0) && guessEncoding(window.view, 0) ? 0 : undefined;
}

function isMeta(window: ByteWindow, position: number): boolean {
  const at = position - window.start;
  return at >= 0 && at + 8 <= window.view.byteLength &&
    readTag(window.view, at, true) >>> 16 === 0x0002;
}

/** Where group 0002 ends according to its first element. */
function statedMetaEnd(window: ByteWindow, start: number): number | undefined {
  const { view } = window;
  const at = start - window.start;
  if (at + 12 > view.byteLength) return undefined;
  const tag = readTag(view, at, true);
  return tag === TAG.FileMetaInformationGroupLength
    ? start + 12 + view.getUint32(at + 8, true)
    : undefined;
}

/**
 * Whether an element of explicit VR ends exactly at `end`. Only then is a
 * stated end of group 0002 believed; deflated data behind it needs it.
 */
function isElementEnd(
  { view, start }: ByteWindow,
  from: number,
  end: number | undefined,
): boolean {
  let at = from - start;
  const stop = (end ?? -1) - start;
  while (at < stop && at + 12 <= view.byteLength) {
    const vr = vrByCode(view.getUint16(at + 4, false));
    if (!vr) return false;
    at += vr.long ? 12 + view.getUint32(at + 8, true) : 8 + view.getUint16(at + 6, true);
  }
  return at === stop;
}
