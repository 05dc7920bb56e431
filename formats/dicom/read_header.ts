/**
 * Reading headers, of a source or of bytes in memory.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { ByteWindow } from "../byte_window.ts";
import { FormatError } from "../errors.ts";
import { InflateSource } from "../inflate.ts";
import { guessEncoding } from "./encoding.ts";
import type { DicomHeader } from "./header.ts";
import { hasMagic, HeaderJob, type ReadHeaderOptions } from "./header_job.ts";

/**
 * Reads the header of a DICOM file: all elements before the pixel data, which
 * is never read. Only the first 8 KiB are read where they suffice, and long
 * values are stepped over.
 *
 * Damage is noted in `warnings`, with everything readable before it.
 *
 * @throws {FormatError} `NotSupported` when the file is not DICOM; with
 * `strict`, `Corrupt` and `LimitExceeded`.
 *
 * @example
 * ```ts
 * import { readDicomHeader } from "../mod.ts";
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
  for (let step = reading.next(); !step.done; step = reading.next(window)) {
    const request = step.value;
    if (request.kind === "load") {
      await load(window, request, job);
    } else {
      const format = request.zlib ? "deflate" : "deflate-raw";
      const bytes = toSource(source);
      inflating = await InflateSource.open(
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

/** Whether the first bytes of a file (1 KiB is enough) are a DICOM file's. */
export function isDicom(bytes: Uint8Array): boolean {
  if (hasMagic(bytes, 128) || hasMagic(bytes, 0)) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return guessEncoding(view, 0) !== undefined;
}
