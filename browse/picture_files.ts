/**
 * What pictures are made of is kept for a moment: to change the window or to leaf back and forth reads the same bytes
 * again and again, and over DIMSE each time the whole instance.
 *
 * @module
 */

import { type Clock, steadyClock } from "../vfs/concurrency/clock.ts";
import { VfsError } from "../vfs/errors.ts";
import { type Location, parseLocation } from "../vfs/location/location.ts";
import type { OpOptions, ReadOptions, Where } from "../vfs/options.ts";
import { resolveRange } from "../vfs/bytes/range.ts";
import type { Vfs } from "../vfs/vfs.ts";

const MAX_BYTES = 96 * 2 ** 20;
const MAX_WHOLE = 256 * 2 ** 20;
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
    this.#clock = steadyClock(clock);
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
    const bytes = options.range
      ? await this.#vfs.readFile(location, options)
      : await this.#whole(location, options);
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

  /** All of a file, unless it is too long to be held. @throws `NotSupported` */
  async #whole(location: Location, { signal }: OpOptions): Promise<Uint8Array<ArrayBuffer>> {
    await using file = await this.#vfs.open(location, { signal });
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const part of file.readable) {
      parts.push(part);
      length += part.length;
      if (length <= MAX_WHOLE) continue;
      const reason =
        `a file of more than ${MAX_WHOLE} bytes is not shown where there are no ranges`;
      throw new VfsError("NotSupported", { op: "show", url: location.href, reason });
    }
    return await new Blob(parts).bytes();
  }

  #drop(key: string): void {
    this.#bytes -= this.#parts.get(key)?.bytes.length ?? 0;
    this.#parts.delete(key);
  }
}
