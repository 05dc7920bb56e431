/**
 * Where an instance arrives, and is read from while it does.
 *
 * @module
 */

import type { ChunkReader } from "../../vfs/bytes.ts";
import type { Clock } from "../../vfs/clock.ts";
import type { DatasetSink } from "./dimse/mod.ts";
import type { Spool, SpoolFile } from "./spool.ts";

/** What a landing is made with. */
export interface LandingOptions {
  /** For what does not fit into memory. */
  readonly spool: Spool;
  /** Time. */
  readonly clock: Clock;
  /** For errors. */
  readonly url: string;
  /** Nobody reads yet: keep it all on disk. */
  readonly isAhead?: boolean;
  /** Hears that the reader has left, and of the bytes that came since. */
  readonly onLeft?: (bytes: number) => void;
  /** Hears that there is no room on disk. */
  readonly onFull?: () => void;
  /** Settles when the operation that it is part of has; reading ends only then. */
  readonly settled?: () => Promise<unknown>;
}

/** Bytes in memory that wait for the reader. */
const WINDOW = 1_048_576;
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
    read: () => this.#read(),
    close: () => this.#leave(),
  };
  readonly #options: LandingOptions;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  #queued = 0;
  #file: SpoolFile | undefined;
  #unread = 0;
  #length = 0;
  #discarded = 0;
  #isOver = false;
  #isLeft = false;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  /** Begins empty. */
  constructor(options: LandingOptions) {
    this.#options = options;
  }

  /** No more bytes come: all are there, or it failed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes that have come. */
  get length(): number {
    return this.#length;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    if (this.#isLeft) {
      this.#discarded += chunk.length;
      return this.#options.onLeft?.(this.#discarded);
    }
    const { isAhead, spool, url } = this.#options;
    if (isAhead) this.#file ??= await spool.open(url);
    if (this.#file) return await this.#toDisk(this.#file, chunk);
    this.#queue.push(chunk.slice());
    this.#queued += chunk.length;
    this.#length += chunk.length;
    this.#wakeReader();
    while (this.#queued > WINDOW && !this.#isLeft && !this.#file) {
      const isTaken = await this.#taken();
      if (isTaken || this.#isLeft || !spool.isUsable || !spool.hasRoom(WINDOW)) continue;
      this.#file = await spool.open(url);
    }
  }

  async #toDisk(file: SpoolFile, chunk: Uint8Array): Promise<void> {
    const { spool } = this.#options;
    while (!spool.hasRoom(chunk.length) && !this.#isLeft) await this.#room();
    if (this.#isLeft) return;
    await file.write(chunk);
    this.#length += chunk.length;
    this.#unread += chunk.length;
    this.#wakeReader();
  }

  /** Waits for room on disk, or for the reader to leave. */
  async #room(): Promise<void> {
    this.#options.onFull?.();
    const left = new Promise<void>((resolve) => this.#wakeWriter = resolve);
    await Promise.race([this.#options.spool.freed(), left]);
  }

  /** Waits for the reader, though not for long; tells whether it has taken something. */
  #taken(): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(() => resolve(false), STALL_MS);
      this.#wakeWriter = () => {
        cancel();
        resolve(true);
      };
    });
  }

  #end(failure?: { readonly error: unknown }): void {
    this.#failure ??= failure;
    this.#isOver = true;
    if (this.#isLeft) this.#file?.close();
    this.#wakeReader();
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#isLeft) {
      const chunk = this.#fromMemory() ?? await this.#fromDisk();
      if (chunk) return chunk;
      if (this.#failure) {
        this.#file?.close();
        throw this.#failure.error;
      }
      if (this.#isOver) {
        this.#file?.close();
        await this.#options.settled?.();
        return undefined;
      }
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  #fromMemory(): Uint8Array<ArrayBuffer> | undefined {
    const chunk = this.#queue.shift();
    this.#queued -= chunk?.length ?? 0;
    if (chunk) this.#wakeWriter();
    return chunk;
  }

  async #fromDisk(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#unread === 0) return undefined;
    const chunk = await this.#file!.read();
    this.#unread -= chunk?.length ?? 0;
    return chunk;
  }

  async #leave(): Promise<void> {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#queue.length = 0;
    this.#wakeReader();
    this.#wakeWriter();
    // A write that is under way must find the file still there.
    if (this.#isOver) this.#file?.close();
    this.#options.onLeft?.(0);
    await this.#options.settled?.();
  }
}
