/**
 * The Huffman codes of a JPEG scan.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";

/** For the next 16 bits: the length of the code in the upper byte, its value in the lower; 0 is no code. */
export type HuffmanTable = Uint16Array;

/** Makes a table of the number of codes of each length and their values (ITU-T T.81 Annex C). */
export function huffmanTable(counts: readonly number[], values: readonly number[]): HuffmanTable {
  const table = new Uint16Array(0x10000);
  let code = 0;
  let next = 0;
  counts.forEach((count, i) => {
    const length = i + 1;
    for (let k = 0; k < count; k++, code += 2 ** (16 - length)) {
      table.fill(length << 8 | values[next++]!, code, code + 2 ** (16 - length));
    }
  });
  return table;
}

/** Reads Huffman-coded differences out of a scan, whose bytes FF are followed by 00 (ITU-T T.81 Annex F, H). */
export class EntropyReader {
  /** Byte offset of what is read next. */
  position: number;
  readonly #data: Uint8Array;
  #bits = 0;
  #count = 0;
  /** Bits at the end of `#bits` that the scan does not have. */
  #padding = 0;

  /** Reads from byte `start` of `data` on. */
  constructor(data: Uint8Array, start: number) {
    this.#data = data;
    this.position = start;
  }

  /** The next difference, from -32767 to 32768. @throws {FormatError} `Corrupt` */
  difference(table: HuffmanTable): number {
    const entry = table[this.#peek(16)]!;
    if (entry === 0) throw new FormatError("Corrupt", "A compressed frame is damaged");
    this.#skip(entry >> 8);
    const size = entry & 0xFF;
    if (size === 0) return 0;
    if (size >= 16) return 32768;
    const value = this.#peek(size);
    this.#skip(size);
    return value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  /** Goes on behind the next restart marker. @throws {FormatError} `Corrupt` where there is none */
  restart(): void {
    this.#bits = this.#count = this.#padding = 0;
    const data = this.#data;
    let at = this.position;
    while (at < data.length && !(data[at] === 0xFF && (data[at + 1]! & 0xF8) === 0xD0)) at++;
    if (at >= data.length) throw new FormatError("Corrupt", "A compressed frame ends too early");
    this.position = at + 2;
  }

  #peek(count: number): number {
    while (this.#count <= 16) {
      let byte = this.#data[this.position];
      if (byte === undefined || (byte === 0xFF && this.#data[this.position + 1] !== 0)) {
        byte = 0;
        this.#padding += 8;
      } else this.position += byte === 0xFF ? 2 : 1;
      this.#bits = this.#bits << 8 | byte;
      this.#count += 8;
    }
    return this.#bits >>> this.#count - count & 2 ** count - 1;
  }

  #skip(count: number): void {
    this.#count -= count;
    if (this.#count >= this.#padding) return;
    throw new FormatError("Corrupt", "A compressed frame ends too early");
  }
}
