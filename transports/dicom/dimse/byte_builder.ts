/**
 * Big endian fields, written.
 *
 * @module
 */

/** Writes big endian fields of a PDU, with lengths filled in afterwards. */
export class ByteBuilder {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** One byte. */
  uint8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  /** Two bytes. */
  uint16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
    return this;
  }

  /** Four bytes. */
  uint32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Text of one byte per character, padded with spaces to `width`. */
  text(text: string, width: number = text.length): this {
    for (let i = 0; i < width; i++) this.uint8(i < text.length ? text.charCodeAt(i) : 0x20);
    return this;
  }

  /** A length of two bytes before what `write` writes. @throws `RangeError` when that has over 65535 bytes */
  sized16(write: () => void): this {
    const at = this.#grow(2);
    write();
    const length = this.#length - at - 2;
    if (length > 0xFFFF) throw new RangeError(`An item cannot have ${length} bytes`);
    this.#view.setUint16(at, length);
    return this;
  }

  /** A length of four bytes before what `write` writes. */
  sized32(write: () => void): this {
    const at = this.#grow(4);
    write();
    this.#view.setUint32(at, this.#length - at - 4);
    return this;
  }

  /** All that was written. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(length: number): number {
    const start = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}
