/**
 * Open files: to read, and to write.
 *
 * @module
 */

import { type Bytes, collect, readerOf, streamOf } from "./bytes/bytes.ts";
import { VfsError } from "./errors.ts";
import { Pipe } from "./bytes/pipe.ts";
import { NEVER, toAborted } from "./concurrency/signals.ts";
import type { ByteRange, Got, Info, Place, PutOptions, Stored } from "./transport.ts";

/**
 * A file open for reading. Its content was requested when it was opened; read it once, by one of `bytes`,
 * `text` and `readable`, or dispose.
 *
 * @example
 * ```ts
 * import { open, writeFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await writeFile("memory:///handle.txt", "0123456789");
 * await using file = await open("memory:///handle.txt");
 * assert.equal(file.info.size, 10);
 * assert.equal(await file.text(), "0123456789");
 * ```
 */
export class ReadHandle implements AsyncDisposable {
  /** Where the file is. */
  readonly url: string;
  /** What is known of the file as a whole. */
  readonly info: Info;
  readonly #file: Place;
  readonly #signal: AbortSignal;
  readonly #got: Got;
  #isTaken = false;

  /** Made by `open`. */
  constructor(file: Place, got: Got, signal: AbortSignal) {
    this.url = file.location.href;
    this.info = got.info;
    this.#file = file;
    this.#got = got;
    this.#signal = signal;
  }

  /** The content as a stream. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return streamOf(this.#take());
  }

  /** The content in one array. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return collect(this.#take());
  }

  /** The content as UTF-8 text. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /**
   * Reads a part by a request of its own, as often as wanted. `range` counts in the file.
   *
   * @throws `RangeNotSatisfiable`, and `ConditionFailed` when the file changed since it was opened
   */
  async read(range: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
    const { transport, location } = this.#file;
    const ifMatch = transport.capabilities.etag ? this.#got.info.etag : undefined;
    const got = await transport.get(location, {
      range,
      ifMatch,
      whole: true,
      signal: this.#signal,
    });
    return await collect(got.body);
  }

  /** Ends reading, also of a `readable` that was not read to its end. May be called again. */
  async close(): Promise<void> {
    this.#isTaken = true;
    await readerOf(this.#got.body).close();
  }

  /** The same as {@linkcode ReadHandle.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take(): Bytes {
    if (this.#isTaken) {
      throw new VfsError("InvalidArgument", {
        op: "read",
        url: this.url,
        reason: "its content was read already, or it is closed",
      });
    }
    this.#isTaken = true;
    return this.#got.body;
  }
}

/**
 * A file open for writing. Nothing is visible before `commit`; leaving an `await using` block without it, by
 * an exception or not, drops what was written.
 *
 * @example
 * ```ts
 * import { create, exists, readTextFile } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await using file = await create("memory:///notes/new.txt");
 * await file.write(new TextEncoder().encode("hello"));
 * assert.equal(await exists("memory:///notes/new.txt"), false);
 * await file.commit();
 * assert.equal(await readTextFile("memory:///notes/new.txt"), "hello");
 * ```
 */
export class WriteHandle implements AsyncDisposable {
  /** Where the file will be. */
  readonly url: string;
  readonly #pipe = new Pipe();
  readonly #abort = new AbortController();
  readonly #stored: Promise<Stored>;
  #isCommitted = false;
  #isSettled = false;

  /** Made by `create` and `open`. */
  constructor(file: Place, options: PutOptions) {
    this.url = file.location.href;
    const { signal } = options;
    const onAbort = () => this.#abort.abort(toAborted(signal, "write", this.url));
    if (signal.aborted) onAbort();
    else if (signal !== NEVER) {
      signal.addEventListener("abort", onAbort, { once: true });
    }
    const settle = (reason?: unknown) => {
      this.#isSettled = true;
      signal.removeEventListener("abort", onAbort);
      return this.#pipe.close(reason);
    };
    const source = {
      replayable: false,
      open: () => Promise.resolve(this.#pipe),
    };
    this.#stored = file.transport
      .put!(file.location, source, { ...options, signal: this.#abort.signal });
    // A failure is told by the next write, and by commit.
    this.#stored.then(() => settle(), settle);
  }

  /** Closing it commits, aborting it drops. */
  get writable(): WritableStream<Uint8Array> {
    return new WritableStream({
      write: (chunk) => this.write(chunk),
      close: async () => {
        await this.commit();
      },
      abort: () => this.abort(),
    });
  }

  /** Adds bytes; resolves when the transport took them. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#isCommitted) {
      const reason = "it was committed already";
      throw new VfsError("InvalidArgument", { op: "write", url: this.url, reason });
    }
    try {
      await this.#pipe.write(chunk);
    } catch (error) {
      // The transport tells better why it stopped reading.
      await this.#stored;
      throw error;
    }
  }

  /** Stores the file under its name. @returns its info, once all bytes are stored and readable */
  commit(): Promise<Stored> {
    this.#isCommitted = true;
    this.#pipe.end();
    return this.#stored;
  }

  /** Drops what was written. May be called again; does nothing after a commit. */
  async abort(): Promise<void> {
    if (this.#isSettled) return;
    const error = new VfsError("Aborted", { op: "write", url: this.url });
    this.#pipe.fail(error);
    this.#abort.abort(error);
    await this.#stored.catch(() => {});
  }

  /** The same as {@linkcode WriteHandle.abort}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}
