/**
 * Where the compressed bytes of a frame lie.
 *
 * @module
 */

import { type ByteSource, type DicomHeader, FormatError } from "../formats/mod.ts";
import { concat } from "../formats/inflate.ts";

const ITEM = 0xFFFEE000;
const DELIMITER = 0xFFFEE0DD;
const LOOK_AHEAD = 64 * 1024;
const MAX_FRAGMENTS = 1_000_000;
const MAX_TABLE = 4 * MAX_FRAGMENTS;

/** A fragment: where its bytes are. */
interface Fragment {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the compressed bytes of one frame, counted from 0 (PS3.5 §A.4): found by the offset tables, otherwise by
 * counting fragments.
 *
 * @throws {FormatError} `Corrupt`, `LimitExceeded`, and `NotSupported` where nothing tells which
 * fragments are the frame's
 */
export async function readEncapsulated(
  source: ByteSource,
  header: DicomHeader,
  frame: number,
  frames: number,
  maxBytes: number,
): Promise<Uint8Array> {
  const items = new Items(source);
  const table = await items.at(header.pixelData!.valuePosition);
  if (!table) throw new FormatError("Corrupt", "The pixel data has no fragments");
  const offsets = extendedOffsets(header, frames) ?? await basicOffsets(items, table, frames);
  const fragments: Fragment[] = [];
  let length = 0;
  let at = table.end + (offsets?.[frame] ?? 0);
  const stop = table.end + (offsets?.[frame + 1] ?? Infinity);
  const isCounted = offsets === undefined && frames > 1;
  while (at < stop) {
    const fragment = await items.at(at);
    if (!fragment) break;
    fragments.push(fragment);
    if (!isCounted) length += fragment.end - fragment.start;
    if (length > maxBytes || fragments.length > MAX_FRAGMENTS) {
      throw new FormatError("LimitExceeded", `A frame has more than ${maxBytes} bytes`, at);
    }
    at = fragment.end;
  }
  if (isCounted && fragments.length !== frames) {
    throw new FormatError(
      "NotSupported",
      `Nothing tells which of ${fragments.length} fragments are of frame ${frame + 1}`,
    );
  }
  const own = isCounted ? [fragments[frame]!] : fragments;
  const parts: Uint8Array[] = [];
  for (const fragment of own) parts.push(await items.bytes(fragment, maxBytes));
  if (parts.length === 0) throw new FormatError("Corrupt", "A frame has no fragments", at);
  return concat(parts);
}

/** Offsets of 64 bits, which stand before the pixel data (PS3.3 §C.7.6.3.1.8). */
function extendedOffsets(header: DicomHeader, frames: number): number[] | undefined {
  const bytes = header.element("ExtendedOffsetTable")?.bytes;
  if (!bytes || bytes.length < frames * 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: frames }, (_, i) => Number(view.getBigUint64(i * 8, true)));
}

async function basicOffsets(
  items: Items,
  table: Fragment,
  frames: number,
): Promise<number[] | undefined> {
  if (table.end - table.start < frames * 4) return undefined;
  const bytes = await items.bytes(table, MAX_TABLE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: frames }, (_, i) => view.getUint32(i * 4, true));
}

/** The items of encapsulated pixel data, read ahead so that small ones cost no request each. */
class Items {
  #start = 0;
  #ahead: Uint8Array = new Uint8Array(0);

  constructor(readonly source: ByteSource) {}

  /** The item whose tag is at `position`; undefined for the end. @throws {FormatError} `Corrupt` */
  async at(position: number): Promise<Fragment | undefined> {
    const head = await this.#read(position, position + 8);
    if (head.length < 8) throw cut(position);
    const view = new DataView(head.buffer, head.byteOffset, 8);
    const tag = view.getUint16(0, true) * 0x10000 + view.getUint16(2, true);
    if (tag === DELIMITER) return undefined;
    if (tag !== ITEM) {
      throw new FormatError("Corrupt", "A fragment is not where it must be", position);
    }
    return { start: position + 8, end: position + 8 + view.getUint32(4, true) };
  }

  async bytes({ start, end }: Fragment, maxBytes: number): Promise<Uint8Array> {
    if (end - start > maxBytes) {
      throw new FormatError("LimitExceeded", `A fragment has more than ${maxBytes} bytes`, start);
    }
    const bytes = await this.#read(start, end);
    if (bytes.length < end - start) throw cut(start);
    return bytes;
  }

  async #read(start: number, end: number): Promise<Uint8Array> {
    if (start < this.#start || end > this.#start + this.#ahead.length) {
      if (end - start > LOOK_AHEAD) return await this.source.read(start, end);
      this.#ahead = await this.source.read(start, start + LOOK_AHEAD);
      this.#start = start;
    }
    return this.#ahead.subarray(start - this.#start, end - this.#start);
  }
}

function cut(position: number): FormatError {
  return new FormatError("Corrupt", "The pixel data ends in the middle of a fragment", position);
}
