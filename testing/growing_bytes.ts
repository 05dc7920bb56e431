/**
 * Bytes that grow as they are written.
 *
 * @module
 */

const LITTLE_HOST = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes that are written from front to back in one byte order. */
export class GrowingBytes {
  /** Bytes written so far. */
  length = 0;
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);

  /** Starts empty; `little` is the byte order. */
  constructor(private readonly little: boolean) {}

  /** A copy of what was written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }

  /** Appends one byte. */
  uint8(value: number): void {
    const at = this.#claim(1);
    this.#view.setUint8(at, value);
  }

  /** Appends 16 bits. */
  uint16(value: number): void {
    const at = this.#claim(2);
    this.#view.setUint16(at, value, this.little);
  }

  /** Appends 32 bits. */
  uint32(value: number): void {
    const at = this.#claim(4);
    this.#view.setUint32(at, value, this.little);
  }

  /** Overwrites 16 bits. */
  uint16At(at: number, value: number): void {
    this.#view.setUint16(at, value, this.little);
  }

  /** Overwrites 32 bits. */
  uint32At(at: number, value: number): void {
    this.#view.setUint32(at, value, this.little);
  }

  /** Appends a number as a binary VR holds it; a tag as two words for AT (PS3.5 §6.2). */
  number(vr: string, value: number): void {
    if (vr === "US") return this.uint16(value);
    if (vr === "UL") return this.uint32(value);
    if (vr === "AT") {
      this.uint16(value >>> 16);
      return this.uint16(value & 0xFFFF);
    }
    const at = this.#claim(vr === "SS" ? 2 : vr === "SL" || vr === "FL" ? 4 : 8);
    if (vr === "SS") this.#view.setInt16(at, value, this.little);
    else if (vr === "SL") this.#view.setInt32(at, value, this.little);
    else if (vr === "FL") this.#view.setFloat32(at, value, this.little);
    else if (vr === "FD") this.#view.setFloat64(at, value, this.little);
    else if (vr === "SV") this.#view.setBigInt64(at, BigInt(value), this.little);
    else this.#view.setBigUint64(at, BigInt(value), this.little);
  }

  /** Appends characters of one byte each. */
  ascii(text: string): void {
    const at = this.#claim(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
  }

  /** Appends bytes or words of `width` bytes, the words in this byte order. */
  raw(value: Uint8Array | Uint16Array | Int16Array, width: 1 | 2): void {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const at = this.#claim(bytes.length);
    this.#bytes.set(bytes, at);
    if (width === 2 && this.little !== LITTLE_HOST) {
      for (let i = at; i < this.length; i += 2) {
        this.#view.setUint16(i, this.#view.getUint16(i, true), false);
      }
    }
  }

  /** Makes room and tells where; a view taken before is of no use after it. */
  #claim(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
