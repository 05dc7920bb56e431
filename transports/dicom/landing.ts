/**
 * Where an instance arrives, and is read from while it does.
 *
 * @module
 */

import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { DatasetSink } from "./dimse/mod.ts";
import type { Spool } from "./spool.ts";
import type { SpoolFile } from "./spool_file.ts";

/** What a landing is made with. */
export interface LandingOptions {
  /** For what does not fit into memory. */
  readonly spool: Spool;
  /** Time. */
  readonly clock: Clock;
  /** For errors. */
  readonly url: string;
  /** Nobody reads yet: keep it on disk, or in memory when it is small. */
  readonly isAhead?: boolean;
  /** Hears that the reader has left, and of the bytes that came since. */
  readonly onLeft?: (bytes: number) => void;
  /** Asked, while nobody reads yet, before anything goes to disk; whoever comes meanwhile has it from memory. */
  readonly beforeDisk?: () => Promise<void>;
  /** Hears that there is no room on disk. */
  readonly onFull?: () => void;
  /** Settles when the operation that it is part of has; reading ends only then. */
  readonly settled?: () => Promise<unknown>;
}

/** Bytes in memory that wait for the reader. */
const WINDOW = 1_048_576;
/** Up to here, in bytes, an instance that nobody reads yet is small. */
const SMALL = 65_536;
/** When the reader takes nothing for so long, what comes goes to disk, and the association is free for others. */
const STALL_MS = 1_000;

/**
 * An instance on its way: one side writes, the other reads. A slow reader holds the writer up, or makes it go on to
 * disk.
 */
export class Landing {
  /** For the peer's bytes. */
  readonly sink: DatasetSink = {
    write: (chunk) => this.#write(chunk),
    close: () => this.#end(),
    abort: (error) => this.#end({ error }),
  };
  /** For whoever wants them. */
  readonly reader: ChunkReader = {
    read: (into) => this.#read(into),
    close: () => this.#leave(),
  };
  readonly #options: LandingOptions;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  #queued = 0;
  /** Bytes of the queue that the spool has room for. */
  #kept = 0;
  #file: SpoolFile | undefined;
  #unread = 0;
  #length = 0;
  #discarded = 0;
  #isAhead: boolean;
  #isWriting = false;
  /** There is no room for what comes. */
  #isHeldUp = false;
  #isOver = false;
  #isLeft = false;
  #isDrained = false;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  /** Begins empty. */
  constructor(options: LandingOptions) {
    this.#options = options;
    this.#isAhead = options.isAhead ?? false;
  }

  /** No more bytes come: all are there, or it failed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** It will not be complete. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Bytes that have come. */
  get length(): number {
    return this.#length;
  }

  /** Settles when all has come, or `bytes` of it, or no more can before some is read. Nobody reads meanwhile. */
  async grown(bytes: number): Promise<void> {
    while (!this.#isOver && !this.#isLeft && !this.#isHeldUp && this.#length < bytes) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  /** Somebody reads now. */
  claim(): void {
    this.#isAhead = false;
    this.#free();
    this.#wakeWriter();
  }

  /** Nobody reads it after all, yet. */
  unclaim(): void {
    this.#isAhead = true;
    this.#wakeWriter();
  }

  /** What somebody reads is no longer the spool's. */
  #free(): void {
    const { spool } = this.#options;
    spool.free(this.#kept);
    this.#kept = 0;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    let isStalled = false;
    let isHeld = false;
    while (!this.#isLeft) {
      const isInOrder = this.#unread === 0;
      if (!this.#isAhead && isInOrder && this.#queued < WINDOW) return this.#toMemory(chunk);
      const isSmall = isInOrder && this.#queued + chunk.length <= SMALL;
      if (this.#isAhead && isSmall && this.#options.spool.keep(chunk.length)) {
        this.#kept += chunk.length;
        return this.#toMemory(chunk);
      }
      const wantsDisk = this.#isAhead || !isInOrder || isStalled;
      const { spool } = this.#options;
      if (wantsDisk && spool.isUsable && spool.hasRoom(chunk.length)) {
        if (!isHeld && this.#isAhead) {
          isHeld = true;
          await this.#options.beforeDisk?.();
          continue;
        }
        try {
          return await this.#toDisk(chunk);
        } catch (error) {
          if (this.#isAhead || this.#file) throw error;
          // Who reads, maybe only by now, needs no file.
          isStalled = false;
          continue;
        }
      }
      if (this.#isAhead) this.#options.onFull?.();
      this.#isHeldUp = true;
      this.#wakeReader();
      isStalled = !await this.#change();
      this.#isHeldUp = false;
      // Aborted while it was held up.
      if (this.#isOver) return;
    }
    this.#discarded += chunk.length;
    this.#options.onLeft?.(this.#discarded);
  }

  #toMemory(chunk: Uint8Array): void {
    this.#queue.push(this.#options.spool.copyOf(chunk));
    this.#queued += chunk.length;
    this.#length += chunk.length;
    this.#wakeReader();
  }

  async #toDisk(chunk: Uint8Array): Promise<void> {
    const { spool, url } = this.#options;
    this.#isWriting = true;
    try {
      this.#file ??= await spool.open(url);
      await this.#file.write(chunk);
    } finally {
      this.#isWriting = false;
      this.#tidy();
    }
    this.#length += chunk.length;
    this.#unread += chunk.length;
    this.#wakeReader();
  }

  /** Frees the file once neither side has any use for it. */
  #tidy(): void {
    const isDone = this.#isLeft || this.#isDrained;
    if (this.#isOver && isDone && !this.#isWriting) this.#file?.close();
  }

  /** Waits until the reader has taken something, came or left, or there may be room; false when nothing changed. */
  #change(): Promise<boolean> {
    const { clock, spool } = this.#options;
    return new Promise((resolve) => {
      const settle = (isChange: boolean) => {
        cancel();
        forget();
        resolve(isChange);
      };
      const cancel = clock.schedule(() => settle(false), STALL_MS);
      const forget = spool.onFreed(() => settle(true));
      this.#wakeWriter = () => settle(true);
    });
  }

  #end(failure?: { readonly error: unknown }): void {
    this.#failure ??= failure;
    this.#isOver = true;
    this.#tidy();
    this.#wakeReader();
    this.#wakeWriter();
  }

  async #read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    // No wait between a look at what is there and the decision that it was all.
    while (!this.#isLeft) {
      if (this.#queue.length > 0) return this.#fromMemory(into);
      if (this.#unread > 0) {
        const chunk = await this.#fromDisk(into);
        if (chunk) return chunk;
      } else if (this.#isOver) {
        this.#isDrained = true;
        this.#tidy();
        if (this.#failure) throw this.#failure.error;
        await this.#options.settled?.();
        return undefined;
      } else await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  #fromMemory(into?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
    const chunk = into?.length ? this.#fill(into) : this.#queue.shift();
    this.#queued -= chunk?.length ?? 0;
    this.#wakeWriter();
    return chunk;
  }

  /** As much of the queue as fits, so that its memory can be used again. */
  #fill(into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    let length = 0;
    for (let first; length < into.length && (first = this.#queue[0]);) {
      const part = first.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      if (part.length < first.length) this.#queue[0] = first.subarray(part.length);
      else this.#options.spool.takeBack(this.#queue.shift()!);
    }
    return into.subarray(0, length);
  }

  /** The next bytes; undefined once the reader has left. */
  async #fromDisk(
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let chunk: Uint8Array<ArrayBuffer> | undefined;
    try {
      chunk = await this.#file!.read(into);
    } catch (error) {
      // Whoever left has had the file closed.
      if (this.#isLeft) return undefined;
      throw error;
    }
    if (chunk === undefined && !this.#isLeft) {
      const reason = "a temporary file is shorter than what was written to it";
      throw new VfsError("Incomplete", { op: "read", url: this.#options.url, reason });
    }
    this.#unread -= chunk?.length ?? 0;
    this.#wakeWriter();
    return chunk;
  }

  async #leave(): Promise<void> {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#queue.length = 0;
    this.#free();
    this.#wakeReader();
    this.#wakeWriter();
    this.#tidy();
    this.#options.onLeft?.(0);
    await this.#options.settled?.();
  }
}
