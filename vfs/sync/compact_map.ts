/**
 * A map for millions of strings, in 32 bytes or less for each.
 *
 * @module
 */

const FULL = 0.75;
/** More at a time would leave more room unused, and need more while it moves. */
const GROWTH = 1.5;

/**
 * Numbers by strings, of which only 53 bits are kept. Two strings that share these are taken for one: among a million, by
 * chance, once in ten thousand times, and not the same two in every run. So nothing must be lost by it.
 */
export class CompactMap {
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  /** Bits of the keys, plus 1; 0 is a free place. */
  #keys = new Float64Array(1024);
  #values = new Float64Array(1024);
  #size = 0;

  /** Keys that have a value. */
  get size(): number {
    return this.#size;
  }

  /** The value of `key`: a string, or its bits. */
  get(key: string | number): number | undefined {
    const place = this.#placeOf(this.#bits(key) + 1);
    return this.#keys[place] === 0 ? undefined : this.#values[place];
  }

  /** Gives `key`, a string or its bits, a value. */
  set(key: string | number, value: number): void {
    if (this.#size >= this.#keys.length * FULL) this.#grow();
    const bits = this.#bits(key) + 1;
    const place = this.#placeOf(bits);
    if (this.#keys[place] === 0) this.#size++;
    this.#keys[place] = bits;
    this.#values[place] = value;
  }

  /** 53 bits of a string, or of a part of its bytes if they are ASCII; the same as long as the map lives. */
  bitsOf(text: string | Uint8Array, start = 0, end = text.length): number {
    let a = this.#seed ^ 0x9e3779b9;
    let b = this.#seed ^ 0x85ebca6b;
    const isString = typeof text === "string";
    for (let i = start; i < end; i++) {
      const unit = isString ? text.charCodeAt(i) : text[i]!;
      a = Math.imul(a ^ unit, 0xcc9e2d51);
      a ^= a >>> 15;
      b = Math.imul(b ^ unit, 0x1b873593);
      b ^= b >>> 13;
    }
    a = Math.imul(a ^ b >>> 16, 0x85ebca6b);
    b = Math.imul(b ^ a >>> 13, 0xc2b2ae35);
    return (b >>> 0) * 0x20_0000 + ((a ^ a >>> 16) >>> 11);
  }

  #bits(key: string | number): number {
    return typeof key === "string" ? this.bitsOf(key) : key;
  }

  /** Where `bits` are, or could be. */
  #placeOf(bits: number): number {
    const { length } = this.#keys;
    let place = bits % length;
    while (this.#keys[place] !== 0 && this.#keys[place] !== bits) {
      if (++place === length) place = 0;
    }
    return place;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    const length = Math.ceil(GROWTH * keys.length);
    this.#keys = new Float64Array(length);
    this.#values = new Float64Array(length);
    for (let i = 0; i < keys.length; i++) {
      const bits = keys[i]!;
      if (bits === 0) continue;
      const place = this.#placeOf(bits);
      this.#keys[place] = bits;
      this.#values[place] = values[i]!;
    }
    // Until the engine collects it, all that it ever had would be twice what it has.
    for (const { buffer } of [keys, values]) buffer.transfer(0);
  }
}
