/**
 * The headers of tar archives: ustar and pax (POSIX.1-2017, pax, "ustar Interchange Format"), and GNU's.
 *
 * @module
 */

/** Bytes of a header, and of what everything is padded to. */
export const BLOCK = 512;

/** A header. */
export interface TarHeader {
  /** The name, with its prefix. */
  readonly name: string | undefined;
  /** Bytes that follow. */
  readonly size: number;
  /** Last change, in seconds since 1970. */
  readonly mtime: number;
  /** What follows: `0` a file, `5` a folder, `x` pax records, `L` a long name, … */
  readonly type: string;
  /** What a link leads to. */
  readonly linkName: string | undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** True for the block of zeros that ends an archive. */
export function isEnd(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Reads a header; `undefined` when the checksum is not its own. */
export function readHeader(block: Uint8Array<ArrayBuffer>): TarHeader | undefined {
  const told = numberOf(block.subarray(148, 156));
  const sum = block.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const size = numberOf(block.subarray(124, 136));
  const mtime = numberOf(block.subarray(136, 148));
  if (told !== sum || size === undefined || size < 0 || mtime === undefined) return undefined;
  const isPosix = textOf(block.subarray(257, 265)) === "ustar" && block[262] === 0;
  const prefix = isPosix ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  return {
    name: prefix === undefined || name === undefined
      ? undefined
      : prefix
      ? `${prefix}/${name}`
      : name,
    size,
    mtime,
    type: block[156] === 0 ? "0" : String.fromCharCode(block[156]!),
    linkName: textOf(block.subarray(157, 257)),
  };
}

/** Text up to the first NUL; `undefined` when it is no UTF-8. */
export function textOf(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const end = bytes.indexOf(0);
  try {
    return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    return undefined;
  }
}

/** A number in octal digits or, as GNU writes large ones, in binary. */
function numberOf(bytes: Uint8Array<ArrayBuffer>): number | undefined {
  if (bytes[0]! & 0x80) {
    const isNegative = (bytes[0]! & 0x40) !== 0;
    let value = isNegative ? bytes[0]! - 256 : bytes[0]! & 0x7f;
    for (const byte of bytes.subarray(1)) value = value * 256 + byte;
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const text = String.fromCharCode(...bytes).replace(/[\0 ]+$/, "").trimStart();
  return /^[0-7]*$/.test(text) ? parseInt(text || "0", 8) : undefined;
}

/** Those that are of use; a header may have tens of thousands, which count for all members behind it. */
const USED = ["path", "linkpath", "size", "mtime"];
/** What all records of a sparse file are kept as. */
export const SPARSE = "GNU.sparse.";

/** The records of a pax header, `LENGTH KEY=VALUE\n`, that are of use. `undefined` when they are malformed. */
export function readPax(
  bytes: Uint8Array<ArrayBuffer>,
): Map<string, Uint8Array<ArrayBuffer>> | undefined {
  const records = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0
      ? ""
      : String.fromCharCode(...bytes.subarray(at, Math.min(space, at + 20)));
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    if (!/^[1-9][0-9]*$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a) {
      return undefined;
    }
    if (equals < 0 || equals >= end) return undefined;
    const key = textOf(bytes.subarray(space + 1, equals));
    if (key === undefined) return undefined;
    const used = key.startsWith(SPARSE) ? SPARSE : key;
    if (used === SPARSE || USED.includes(key)) {
      records.set(used, bytes.subarray(equals + 1, end - 1));
    }
    at = end;
  }
  return records;
}
