/**
 * What pictures are made of is kept for a moment: to change the window or to leaf back and forth reads the same bytes
 * again and again, and over DIMSE each time the whole instance.
 *
 * @module
 */

import type { Clock } from "../vfs/clock.ts";
import { type Location, parseLocation } from "../vfs/location.ts";
import { resolveRange } from "../vfs/range.ts";
import type { ReadOptions, Vfs, Where } from "../vfs/vfs.ts";

const MAX_BYTES = 96 * 2 ** 20;
const MAX_AGE_MS = 60_000;

interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly readAt: number;
}

/** Reads as `Vfs` does, and remembers up to 96 MiB for up to a minute. */
export class PictureFiles {
  readonly #vfs: Vfs;
  readonly #hasRanges: boolean;
  readonly #clock: Clock;
  /** By place and range, the one used last at the end. */
  readonly #parts = new Map<string, Part>();
  #bytes = 0;

  /** Nothing is kept yet. Without `hasRanges` a part costs as much as the whole, so the whole is read. */
  constructor(vfs: Vfs, hasRanges: boolean, clock: Clock) {
    this.#vfs = vfs;
    this.#hasRanges = hasRanges;
    this.#clock = clock;
  }

  /** As of `Vfs`; the bytes are not the caller's to change. */
  async readFile(where: Where, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { location } = parseLocation(where);
    const { range } = options;
    if (this.#hasRanges || !range) return await this.#kept(location, options);
    const whole = await this.#kept(location, { ...options, range: undefined });
    const { start, end } = resolveRange(range, whole.length, location.href);
    return whole.subarray(start, end);
  }

  /** Forgets all: something changed. */
  clear(): void {
    this.#parts.clear();
    this.#bytes = 0;
  }

  async #kept(location: Location, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const key = `${JSON.stringify(options.range ?? null)} ${location.href}`;
    const now = this.#clock.now();
    const found = this.#parts.get(key);
    if (found && now - found.readAt < MAX_AGE_MS) {
      this.#parts.delete(key);
      this.#parts.set(key, found);
      return found.bytes;
    }
    const bytes = await this.#vfs.readFile(location, options);
    this.#drop(key);
    if (bytes.length <= MAX_BYTES / 4) {
      this.#parts.set(key, { bytes, readAt: now });
      this.#bytes += bytes.length;
    }
    for (const oldest of this.#parts.keys()) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#drop(oldest);
    }
    return bytes;
  }

  #drop(key: string): void {
    this.#bytes -= this.#parts.get(key)?.bytes.length ?? 0;
    this.#parts.delete(key);
  }
}
