/**
 * JPEG Lossless, which no browser and few libraries decode.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";
import { EntropyReader, type HuffmanTable, huffmanTable } from "./jpeg_entropy.ts";
import type { DecodedFrame } from "./codecs.ts";
import type { ImagePixels } from "./image_pixels.ts";

const SOF_LOSSLESS = 0xC3;
const DHT = 0xC4;
const EOI = 0xD9;
const SOS = 0xDA;
const DRI = 0xDD;

/** What the headers of a stream said so far. */
interface Stream {
  readonly view: DataView;
  readonly tables: HuffmanTable[];
  /** Identifiers of the components, in order. */
  components: number[];
  precision: number;
  /** Samples between restart markers; 0 is none. */
  interval: number;
}

/**
 * Decodes JPEG Lossless, process 14 (ITU-T T.81 Annex H): Huffman-coded differences to a prediction.
 *
 * @throws {FormatError} `Corrupt`, and `NotSupported` for a stream that is another process
 */
export function decodeJpegLossless(coded: Uint8Array, pixels: ImagePixels): DecodedFrame {
  const { rows, columns, samples } = pixels;
  const view = new DataView(coded.buffer, coded.byteOffset, coded.byteLength);
  const stream: Stream = { view, tables: [], components: [], precision: 0, interval: 0 };
  const out = new Uint16Array(rows * columns * samples);
  let at = 2;
  let scanned = 0;
  while (scanned < samples) {
    while (at < coded.length && (coded[at] !== 0xFF || !isMarker(coded[at + 1]))) at++;
    const marker = coded[at + 1];
    const length = at + 4 <= coded.length ? view.getUint16(at + 2) : 0;
    if (marker === undefined || marker === EOI || length < 2 || at + 2 + length > coded.length) {
      throw damaged();
    }
    const from = at + 4;
    at += 2 + length;
    if (marker === SOF_LOSSLESS) readFrameHeader(stream, from, at, pixels);
    else if (isOtherFrame(marker)) {
      throw new FormatError("NotSupported", "The stream is no lossless JPEG of process 14");
    } else if (marker === DHT) readTables(stream, from, at);
    else if (marker === DRI && length >= 4) stream.interval = view.getUint16(from);
    else if (marker === SOS) {
      const scan = readScanHeader(stream, from, at);
      at = decodeScan(stream, coded, at, scan, pixels, out);
      scanned += scan.components.length;
    }
  }
  const bitsStored = Math.min(pixels.bitsStored, 16);
  const decoded = {
    ...pixels,
    bitsAllocated: 16,
    bitsStored,
    highBit: bitsStored - 1,
    planar: false,
  };
  return { bytes: new Uint8Array(out.buffer), pixels: decoded };
}

function isMarker(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0xC0 && byte < 0xFF && !(byte >= 0xD0 && byte <= 0xD8);
}

function isOtherFrame(marker: number): boolean {
  return marker >= 0xC0 && marker <= 0xCF && ![SOF_LOSSLESS, DHT, 0xC8, 0xCC].includes(marker);
}

function readFrameHeader(stream: Stream, from: number, end: number, pixels: ImagePixels): void {
  const { view } = stream;
  if (from + 6 + pixels.samples * 3 > end) throw damaged();
  const count = view.getUint8(from + 5);
  const isSame = view.getUint16(from + 1) === pixels.rows &&
    view.getUint16(from + 3) === pixels.columns && count === pixels.samples;
  stream.precision = view.getUint8(from);
  if (!isSame || stream.precision < 2 || stream.precision > 16) {
    throw new FormatError("Corrupt", "A compressed frame is not of the size of the image");
  }
  stream.components = Array.from({ length: count }, (_, i) => view.getUint8(from + 6 + i * 3));
  const isSampled = stream.components.some((_, i) => view.getUint8(from + 7 + i * 3) !== 0x11);
  if (isSampled && count > 1) {
    throw new FormatError(
      "NotSupported",
      "Lossless JPEG with fewer samples of a colour cannot be decoded",
    );
  }
}

function readTables({ view, tables }: Stream, from: number, end: number): void {
  for (let at = from; at + 17 <= end;) {
    const index = view.getUint8(at) & 3;
    const counts = Array.from({ length: 16 }, (_, i) => view.getUint8(at + 1 + i));
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (at + 17 + total > end) throw damaged();
    const values = Array.from({ length: total }, (_, i) => view.getUint8(at + 17 + i));
    tables[index] = huffmanTable(counts, values);
    at += 17 + total;
  }
}

/** A scan: which components, by which tables, and how they are predicted. */
interface Scan {
  readonly components: readonly { readonly index: number; readonly table: HuffmanTable }[];
  readonly predictor: number;
  readonly shift: number;
}

function readScanHeader({ view, tables, components }: Stream, from: number, end: number): Scan {
  const count = from < end ? view.getUint8(from) : 0;
  if (count < 1 || from + 4 + count * 2 > end) throw damaged();
  const parts = Array.from({ length: count }, (_, i) => {
    const index = components.indexOf(view.getUint8(from + 1 + i * 2));
    const table = tables[view.getUint8(from + 2 + i * 2) >> 4 & 3];
    if (index < 0 || !table) throw damaged();
    return { index, table };
  });
  const predictor = view.getUint8(from + 1 + count * 2);
  if (predictor < 1 || predictor > 7) throw damaged();
  return { components: parts, predictor, shift: view.getUint8(from + 3 + count * 2) & 15 };
}

/** Decodes a scan into `out` and gives where it ended. */
function decodeScan(
  { precision, interval }: Stream,
  coded: Uint8Array,
  start: number,
  { components, predictor, shift }: Scan,
  { rows, columns, samples }: ImagePixels,
  out: Uint16Array,
): number {
  const reader = new EntropyReader(coded, start);
  const middle = 2 ** Math.max(0, precision - shift - 1);
  const stride = columns * samples;
  let firstRow = 0;
  for (let row = 0, done = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, done++) {
      const isRestart = interval > 0 && done > 0 && done % interval === 0;
      if (isRestart) {
        reader.restart();
        firstRow = row;
      }
      const isFirst = done === 0 || isRestart;
      for (const { index, table } of components) {
        const at = row * stride + column * samples + index;
        const left = column > 0 ? out[at - samples]! : 0;
        const above = row > 0 ? out[at - stride]! : 0;
        const prediction = isFirst
          ? middle
          : row === firstRow
          ? left
          : column === 0
          ? above
          : predict(predictor, left, above, out[at - stride - samples]!);
        out[at] = prediction + reader.difference(table);
      }
    }
  }
  // Only now, since predictions are made of what is not shifted.
  if (shift > 0) {
    for (const { index } of components) {
      for (let at = index; at < out.length; at += samples) out[at] = out[at]! << shift;
    }
  }
  return reader.position;
}

/** The predictors of T.81 table H.1. */
function predict(predictor: number, left: number, above: number, corner: number): number {
  switch (predictor) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return corner;
    case 4:
      return left + above - corner;
    case 5:
      return left + (above - corner >> 1);
    case 6:
      return above + (left - corner >> 1);
    default:
      return left + above >> 1;
  }
}

function damaged(): FormatError {
  return new FormatError("Corrupt", "A compressed frame is damaged");
}
