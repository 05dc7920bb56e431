import type { ByteSource } from "../byte_source.ts";
import { ByteWindow, FIRST_READ } from "../byte_window.ts";
import { FormatError } from "../errors.ts";
import { InflateSource } from "../inflate.ts";
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
type Request =
  | { readonly kind: "load"; readonly start: number; readonly end: number }
  | { readonly kind: "inflate"; readonly start: number; zlib: boolean };

type Reading = Generator<Request, void, ByteWindow>;

/**
 * Reads the header of a DICOM file: all elements before the pixel data, which
 * is never read. Only the first 16 KiB are read where they suffice, and long
 * values are stepped over.
 *
 * Damage is noted in `warnings`, with everything readable before it.
 *
 * @throws {FormatError} `NotSupported` when the file is not DICOM; with
 * `strict`, `Corrupt` and `LimitExceeded`.
 *
 * @example
 * ```ts
 * import { readDicomHeader } from "./formats/mod.ts";
 *
 * const rows = [0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0, 0xC0, 0]; // Rows, US, 192
 * const header = await readDicomHeader(new Uint8Array(rows), {
 *   transferSyntaxUID: "1.2.840.10008.1.2.1",
 * });
 * console.assert(header.number("Rows") === 192);
 * ```
 */
export async function readDicomHeader(
  source: ByteSource | Uint8Array,
  options: ReadHeaderOptions = {},
): Promise<DicomHeader> {
  const job = new HeaderJob(options);
  const reading = job.read();
  let window = new ByteWindow(source, job.maxBytes);
  let inflating: InflateSource | undefined;
  try {
    for (let step = reading.next(); !step.done; step = reading.next(window)) {
      const request = step.value;
      if (request.kind === "load") {
        await load(window, request, job);
      } else {
        const format = request.zlib ? "deflate" : "deflate-raw";
        const bytes = toSource(source);
        inflating = new InflateSource(
          bytes,
          request.start,
          format,
          job.maxBytes,
        );
        job.bytesRead = window.bytesRead;
        window = new ByteWindow(inflating, job.maxBytes);
      }
    }
    if (inflating?.failure) {
      job.log.add("truncated", window.end, "Deflated data is damaged");
    }
  } finally {
    await inflating?.close();
  }
  job.header.bytesRead = job.bytesRead || window.bytesRead;
  return job.header;
}

/**
 * Reads the header of a DICOM file that is in memory, at once.
 *
 * @throws {FormatError} as `readDicomHeader` does, and `NotSupported` for a
 * deflated dataset, which only `readDicomHeader` inflates.
 */
export function parseDicomHeader(
  bytes: Uint8Array,
  options: ReadHeaderOptions = {},
): DicomHeader {
  const job = new HeaderJob(options);
  const reading = job.read();
  const window = new ByteWindow(bytes, job.maxBytes);
  for (let step = reading.next(); !step.done; step = reading.next(window)) {
    if (step.value.kind === "inflate") {
      throw new FormatError(
        "NotSupported",
        "A deflated dataset cannot be parsed at once",
        step.value.start,
      );
    }
  }
  job.header.bytesRead = bytes.length;
  return job.header;
}

function toSource(source: ByteSource | Uint8Array): ByteSource {
  return source instanceof Uint8Array
    ? {
      read: (start, end) => Promise.resolve(source.subarray(start, end)),
    }
    : source;
}

/** Loads what is requested; a limit does not throw but ends the scan. */
async function load(
  window: ByteWindow,
  request: { start: number; end: number },
  job: HeaderJob,
): Promise<void> {
  try {
    await window.load(request.start, request.end);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    job.log.add("limit", request.start, error.message);
    job.isExhausted = true;
  }
}

/** The reading of one header, written as if all bytes were in memory. */
class HeaderJob {
  readonly log: WarningLog;
  readonly header: DicomHeader;
  readonly maxBytes: number;
  bytesRead = 0;
  isExhausted = false;
  readonly #limits: ScanLimits;
  readonly #lastTag: number;
  readonly #syntax: string | undefined;

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

  *read(): Reading {
    let window = yield load_(0, FIRST_READ);
    const { header } = this;
    let start = 0;
    let encoding: Encoding;
    if (this.#syntax !== undefined) {
      header.transferSyntaxUID = this.#syntax;
      encoding = encodingOf(this.#syntax);
    } else {
      const metaStart = findMeta(window);
      if (metaStart !== undefined) start = yield* this.#meta(window, metaStart);
      header.transferSyntaxUID = header.meta.string(TAG.TransferSyntaxUID);
      if (this.#lastTag < FIRST_DATASET_TAG) {
        header.complete = false;
        return;
      }
      window = yield load_(start, start + 1024);
      encoding = this.#datasetEncoding(window, start, metaStart !== undefined);
    }
    if (isDeflated(header.transferSyntaxUID) && !this.#isInflated(window, start)) {
      window = yield inflate_(window, start);
      start = 0;
      header.deflated = true;
      window = yield load_(0, FIRST_READ);
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
  ): Generator<Request, number, ByteWindow> {
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
    yield load_(position, position + 8);
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
  ): Generator<Request, Scanner, ByteWindow> {
    const { log } = this;
    const limits = this.#limits;
    const scanner = new Scanner(window, dataset, encoding, range, limits, log);
    while (!scanner.run() && !this.isExhausted) {
      yield load_(scanner.position, scanner.wanted);
    }
    return scanner;
  }
}

function load_(start: number, end: number): Request {
  return { kind: "load", start, end };
}

function inflate_(window: ByteWindow, start: number): Request {
  const at = start - window.start;
  // Some writers wrap the deflated data as zlib does (RFC 1950 §2.2).
  const zlib = window.bytes[at] === 0x78 &&
    (0x7800 + (window.bytes[at + 1] ?? 0)) % 31 === 0;
  return { kind: "inflate", start, zlib };
}

function hasMagic(bytes: Uint8Array, at: number): boolean {
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

function syntaxOf(encoding: Encoding): string {
  if (!encoding.explicit) return "1.2.840.10008.1.2";
  return encoding.littleEndian ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2.2";
}

/** Whether the first bytes of a file (1 KiB is enough) are a DICOM file's. */
export function isDicom(bytes: Uint8Array): boolean {
  if (hasMagic(bytes, 128) || hasMagic(bytes, 0)) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return guessEncoding(view, 0) !== undefined;
}
