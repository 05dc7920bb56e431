/**
 * What has come of a dataset and is not written yet.
 *
 * @module
 */

/** A dataset that fits in, as that of most images does, is stored in one go. */
const BLOCK = 1 << 20;
/** Room for file meta information before the dataset, in bytes: its values are short. */
const META = 1024;
/** Blocks of instances that have come, for those that come; new ones would be as much garbage as there are bytes. */
const FREE: Uint8Array<ArrayBuffer>[] = [];
/** As many as associations that usually send at once: one that is missing takes longer to be made than to be filled. */
const MOST_FREE = 32;
const NOTHING = new Uint8Array(0);

/** The bytes of a dataset that wait in memory, behind room for what goes before them in a file. */
export class Waiting {
  #block: Uint8Array<ArrayBuffer> = FREE.pop() ?? new Uint8Array(BLOCK);
  #start = META;
  #end = META;

  /** How many bytes wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** How many more fit in. */
  get room(): number {
    return this.#block.length - this.#end;
  }

  /** The bytes, which change when others come. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#block.subarray(this.#start, this.#end);
  }

  /** Adds as much of `chunk` as fits in, and tells how much that is. */
  add(chunk: Uint8Array): number {
    const part = chunk.length <= this.room ? chunk : chunk.subarray(0, this.room);
    this.#block.set(part, this.#end);
    this.#end += part.length;
    return part.length;
  }

  /** Makes as much room again as there is. */
  grow(): void {
    const larger = new Uint8Array(2 * this.#block.length);
    larger.set(this.#block);
    this.#block = larger;
  }

  /** The bytes behind `meta`, as a file; nothing may have been taken before. */
  behind(meta: Uint8Array): Uint8Array<ArrayBuffer> {
    const start = META - meta.length;
    this.#block.set(meta, start);
    return this.#block.subarray(start, this.#end);
  }

  /** Takes the bytes out; they stay as they are until others come. */
  take(): Uint8Array<ArrayBuffer> {
    const { bytes } = this;
    this.#start = this.#end = 0;
    return bytes;
  }

  /** Nobody uses the memory any more. */
  free(): void {
    if (this.#block.length === BLOCK && FREE.length < MOST_FREE) FREE.push(this.#block);
    this.drop();
  }

  /** Forgets all; somebody may still be writing from it. */
  drop(): void {
    this.#block = NOTHING;
    this.#start = this.#end = 0;
  }
}
