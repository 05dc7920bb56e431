/** Writes DICOM bytes, right ones and wrong ones, for tests. */
import type { Encoding } from "../../formats/mod.ts";

export const IMPLICIT: Encoding = { explicit: false, littleEndian: true };
export const EXPLICIT: Encoding = { explicit: true, littleEndian: true };
export const BIG: Encoding = { explicit: true, littleEndian: false };

export const SYNTAX = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  deflated: "1.2.840.10008.1.2.1.99",
  big: "1.2.840.10008.1.2.2",
  jpeg: "1.2.840.10008.1.2.4.50",
} as const;

const LONG = ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN"]
  .concat(["UR", "UT", "UV"]);
export const UNDEFINED = 0xFFFFFFFF;

export function bytes(...parts: (Uint8Array | string | number[])[]): Uint8Array {
  const all = parts.map((part) =>
    typeof part === "string" ? Uint8Array.from(part, (character) => character.charCodeAt(0)) : part
  );
  const joined = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function u16(value: number, littleEndian = true): Uint8Array {
  const field = new Uint8Array(2);
  new DataView(field.buffer).setUint16(0, value, littleEndian);
  return field;
}

export function u32(value: number, littleEndian = true): Uint8Array {
  const field = new Uint8Array(4);
  new DataView(field.buffer).setUint32(0, value, littleEndian);
  return field;
}

/** One element; text is padded, `length` overrides what its header says. */
export function element(
  tag: number,
  vr: string,
  value: string | Uint8Array | number[] = "",
  encoding: Encoding = EXPLICIT,
  length?: number,
): Uint8Array {
  const { explicit, littleEndian } = encoding;
  const raw = bytes(value);
  const padded = raw.length % 2 && typeof value === "string"
    ? bytes(raw, vr === "UI" ? [0] : " ")
    : raw;
  const says = length ?? padded.length;
  const isLong = LONG.includes(vr);
  return bytes(
    u16(Math.floor(tag / 0x10000), littleEndian),
    u16(tag % 0x10000, littleEndian),
    explicit ? vr : "",
    explicit && isLong ? [0, 0] : [],
    explicit && !isLong ? u16(says, littleEndian) : u32(says, littleEndian),
    padded,
  );
}

/** An item; without `length` as long as it is, undefined with a delimiter. */
export function item(
  content: Uint8Array,
  encoding: Encoding = EXPLICIT,
  length: number = content.length,
): Uint8Array {
  const { littleEndian } = encoding;
  return bytes(
    u16(0xFFFE, littleEndian),
    u16(0xE000, littleEndian),
    u32(length, littleEndian),
    content,
    length === UNDEFINED ? delimiter(0xE00D, littleEndian) : [],
  );
}

export function delimiter(element: number, littleEndian = true): Uint8Array {
  return bytes(u16(0xFFFE, littleEndian), u16(element, littleEndian), u32(0));
}

/** A sequence of items; `open` leaves its length undefined. */
export function sequence(
  tag: number,
  items: Uint8Array[],
  { encoding = EXPLICIT, open = false, vr = "SQ" } = {},
): Uint8Array {
  const content = bytes(...items);
  return open
    ? bytes(
      element(tag, vr, content, encoding, UNDEFINED),
      delimiter(0xE0DD, encoding.littleEndian),
    )
    : element(tag, vr, content, encoding);
}

/** A file with preamble and file meta information. */
export function file(
  dataset: Uint8Array,
  syntax: string = SYNTAX.explicit,
): Uint8Array {
  const meta = element(0x00020010, "UI", syntax);
  return bytes(
    new Uint8Array(128),
    "DICM",
    element(0x00020000, "UL", u32(meta.length)),
    meta,
    dataset,
  );
}

/** A small image with everything that a description shows. */
export function image(
  encoding: Encoding = EXPLICIT,
  extra: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const little = encoding.littleEndian;
  const add = (tag: number, vr: string, value: string | Uint8Array) =>
    element(tag, vr, value, encoding);
  return bytes(
    add(0x00080005, "CS", "ISO_IR 192"),
    add(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4"),
    add(0x00080018, "UI", "1.2.3.4"),
    add(0x00080020, "DA", "20190207"),
    add(0x00080060, "CS", "MR"),
    add(0x0008103E, "LO", "fl3d_dynamic"),
    add(0x00100010, "PN", "PHANTOM^T1"),
    add(0x00200011, "IS", "14"),
    add(0x00280010, "US", u16(4, little)),
    add(0x00280011, "US", u16(2, little)),
    add(0x00280100, "US", u16(16, little)),
    add(0x00280101, "US", u16(16, little)),
    extra,
    add(0x7FE00010, "OW", new Uint8Array(16)),
  );
}

/** Sequences in sequences, `depth` of them, without recursion. */
export function nested(depth: number, open: boolean): Uint8Array {
  const tag = 0x00081199;
  if (open) {
    const start = bytes(
      element(tag, "SQ", "", EXPLICIT, UNDEFINED),
      item(new Uint8Array(0), EXPLICIT, UNDEFINED).subarray(0, 8),
    );
    const end = bytes(delimiter(0xE00D), delimiter(0xE0DD));
    const whole = new Uint8Array(depth * (start.length + end.length));
    for (let level = 0; level < depth; level++) {
      whole.set(start, level * start.length);
      whole.set(end, whole.length - (level + 1) * end.length);
    }
    return whole;
  }
  const whole = new Uint8Array(depth * 20);
  for (let level = 0; level < depth; level++) {
    const left = whole.length - level * 20;
    whole.set(element(tag, "SQ", "", EXPLICIT, left - 12), level * 20);
    const head = item(new Uint8Array(0), EXPLICIT, left - 20).subarray(0, 8);
    whole.set(head, level * 20 + 12);
  }
  return whole;
}

/** Deflates as the platform does. */
export async function deflate(
  data: Uint8Array,
  format: CompressionFormat = "deflate-raw",
): Promise<Uint8Array> {
  const stream = new Blob([data.slice()]).stream()
    .pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A source that counts what is read of it. */
export class CountingSource {
  bytesRead = 0;
  reads = 0;
  readonly #read: (start: number, end: number) => Uint8Array;

  constructor(
    readonly size: number | undefined,
    read: (start: number, end: number) => Uint8Array,
  ) {
    this.#read = read;
  }

  static of(data: Uint8Array, size?: number): CountingSource {
    return new CountingSource(size, (start, end) => data.slice(start, end));
  }

  read(start: number, end: number): Promise<Uint8Array> {
    const part = this.#read(start, end);
    this.bytesRead += part.length;
    this.reads++;
    return Promise.resolve(part);
  }
}
