/**
 * Writes and reads tar archives (POSIX ustar, long names as GNU tar writes them).
 *
 * @module
 */

import type { Packed } from "./zip_writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const BLOCK = 512;

/** Yields an archive of files. */
export async function* tar(files: Iterable<Packed>): AsyncGenerator<Bytes> {
  for (const file of files) {
    const name = new TextEncoder().encode(file.path);
    if (name.length > 99) {
      yield header("././@LongLink", name.length + 1, 0, "L");
      const padded = new Uint8Array(Math.ceil((name.length + 1) / BLOCK) * BLOCK);
      padded.set(name);
      yield padded;
    }
    yield header(file.path, file.size, file.modified, "0");
    yield* file.read();
    const rest = file.size % BLOCK;
    if (rest > 0) yield new Uint8Array(BLOCK - rest);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(path: string, size: number, modified: number, type: string): Bytes {
  const bytes = new Uint8Array(BLOCK);
  const write = (text: string, at: number) => bytes.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  bytes.set(new TextEncoder().encode(path).subarray(0, 99));
  write(octal(0o644, 7), 100);
  write(octal(0, 7), 108);
  write(octal(0, 7), 116);
  write(octal(size, 11), 124);
  write(octal(Math.floor(modified / 1000), 11), 136);
  write(" ".repeat(8), 148);
  write(type, 156);
  write("ustar\x0000", 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  write(`${octal(sum, 6)}\0 `, 148);
  return bytes;
}

/**
 * Yields the files of an archive in memory, as Ant's `TarInputStream` has them: all that is no directory, so a link is an empty
 * file.
 *
 * @throws {RangeError} when it is cut
 */
export function* untar(bytes: Uint8Array): Generator<{ path: string; bytes: Uint8Array }> {
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block[0] === 0) return;
    const size = parseInt(field(block, 124, 12).trim() || "0", 8);
    const start = at + BLOCK;
    if (!(start + size <= bytes.length)) throw new RangeError("The tar archive is cut");
    const content = bytes.subarray(start, start + size);
    const type = String.fromCharCode(block[156]!);
    if (type === "L") longName = new TextDecoder().decode(content).replace(/\0+$/, "");
    else if (type === "x") longName = paxPath(content) ?? longName;
    else if (!SKIPPED.includes(type)) {
      const prefix = field(block, 345, 155);
      const name = field(block, 0, 100);
      const path = longName ?? (prefix ? `${prefix}/${name}` : name);
      longName = undefined;
      if (type !== "5" && !path.endsWith("/")) yield { path, bytes: content };
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** The name in an extended header (POSIX pax: `LENGTH path=NAME`). */
function paxPath(content: Uint8Array): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(new TextDecoder().decode(content))?.[1];
}

/** Headers of the whole archive, and long names of links. */
const SKIPPED = "gK";

function field(block: Uint8Array, start: number, length: number): string {
  return new TextDecoder().decode(block.subarray(start, start + length)).replace(/\0[\s\S]*$/, "");
}
