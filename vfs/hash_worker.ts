/**
 * Hashing beside the main thread.
 *
 * @module
 */

import type { Digests } from "./digest.ts";
import type { DigestAlgorithm } from "./transport.ts";

/** Hashes what it is given in another thread. Its thread ends when it is disposed, and not before. */
export interface HashWorker extends Disposable {
  /** Adds a chunk; resolves when the next one may come. Rejects when the thread has failed. */
  update(chunk: Uint8Array): Promise<void>;
  /** The digests of what was added. */
  digests(): Promise<Digests>;
  /** Hashes `whole` by itself. It is detached at once, and comes back. */
  digestsOf(whole: ArrayBuffer): Promise<Hashed>;
}

/** Content with its digests. */
export interface Hashed {
  /** The content. */
  readonly whole: ArrayBuffer;
  /** Its digests. */
  readonly digests: Digests;
}

/** Bytes that go to the thread at once: a message costs as much as hashing 50 KiB. */
const BLOCK = 1024 * 1024;
/** Blocks under way: one that is filled, one that is hashed, and some for threads that are woken late. */
const BLOCKS = 4;

/** The part of a worker's global scope that is used. */
interface Scope {
  onmessage: ((event: { data: Order }) => void) | null;
  postMessage(message: Reply, transfer?: ArrayBuffer[]): void;
}

type Order =
  | { readonly block: ArrayBuffer; readonly length: number }
  | { readonly whole: ArrayBuffer }
  | "digest";
type Reply = ArrayBuffer | { readonly sum: Digests } | Hashed | "ready";

/** Runs in the thread, as text: it can use nothing from outside. */
function work(
  scope: Scope,
  createHash: typeof import("node:crypto").createHash,
  algorithms: readonly DigestAlgorithm[],
): void {
  const hashes = algorithms.map((name) => [name, createHash(name)] as const);
  scope.onmessage = ({ data }) => {
    if (data === "digest") {
      const digests = hashes.map(([name, hash]) => [name, hash.copy().digest("hex")]);
      return scope.postMessage({ sum: Object.fromEntries(digests) });
    }
    if ("whole" in data) {
      const { whole } = data;
      const digests = algorithms.map((name) => [
        name,
        createHash(name).update(new Uint8Array(whole)).digest("hex"),
      ]);
      return scope.postMessage({ whole, digests: Object.fromEntries(digests) }, [whole]);
    }
    const { block, length } = data;
    for (const [, hash] of hashes) hash.update(new Uint8Array(block, 0, length));
    scope.postMessage(block, [block]);
  };
  scope.postMessage("ready");
}

let running = 0;

/**
 * Starts a thread for `algorithms`; `undefined` where there is no processor for it, or none can be started. It is
 * made of a `data:` URL, so that it needs no permission, and no file beside a bundle.
 */
export async function startHashWorker(
  algorithms: readonly DigestAlgorithm[],
): Promise<HashWorker | undefined> {
  const { Worker, navigator } = globalThis;
  if (!Worker || running >= (navigator?.hardwareConcurrency ?? 1) - 1) return undefined;
  const text = `import { createHash } from "node:crypto";
(${work})(self, createHash, ${JSON.stringify(algorithms)});`;
  let thread: Thread | undefined;
  try {
    thread = new Thread(`data:text/javascript,${encodeURIComponent(text)}`);
    await thread.ready;
    return thread;
  } catch {
    // Whatever forbids threads, hashing goes on without.
    thread?.[Symbol.dispose]();
    return undefined;
  }
}

class Thread implements HashWorker {
  /** Resolves when the thread listens. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #free: ArrayBuffer[] = [];
  #made = 1;
  #block = new ArrayBuffer(BLOCK);
  #filled = 0;
  #ended = Promise.withResolvers<never>();
  #freed = Promise.withResolvers<void>();
  #digested = Promise.withResolvers<Digests>();
  /** Who waits for the digests of a whole, in their order. */
  readonly #wholes: ((hashed: Hashed) => void)[] = [];
  #isOver = false;

  constructor(url: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#worker = new Worker(url, { type: "module" });
    running++;
    this.#worker.onmessage = ({ data }: { data: Reply }) => {
      if (data === "ready") resolve();
      else if (data instanceof ArrayBuffer) {
        this.#free.push(data);
        this.#freed.resolve();
      } else if ("whole" in data) this.#wholes.shift()?.(data);
      else this.#digested.resolve(data.sum);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#ended.reject(new Error(`The thread that hashes failed: ${event.message}`));
    };
    // Whoever waits is told.
    this.#ended.promise.catch(() => {});
    this.ready = this.#orEnded(promise);
  }

  async update(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#filled === BLOCK) await this.#send();
      const part = chunk.subarray(at, at + BLOCK - this.#filled);
      new Uint8Array(this.#block).set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  async digests(): Promise<Digests> {
    if (this.#filled > 0) await this.#send();
    this.#digested = Promise.withResolvers();
    this.#worker.postMessage("digest");
    return await this.#orEnded(this.#digested.promise);
  }

  digestsOf(whole: ArrayBuffer): Promise<Hashed> {
    const { promise, resolve } = Promise.withResolvers<Hashed>();
    this.#wholes.push(resolve);
    this.#worker.postMessage({ whole }, [whole]);
    return this.#orEnded(promise);
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    running--;
    this.#worker.terminate();
    this.#ended.reject(new Error("The thread that hashes was ended"));
  }

  /** Sends what is filled, and waits for a block to fill. */
  async #send(): Promise<void> {
    this.#worker.postMessage({ block: this.#block, length: this.#filled }, [this.#block]);
    this.#filled = 0;
    while (this.#free.length === 0 && this.#made === BLOCKS) {
      this.#freed = Promise.withResolvers();
      await this.#orEnded(this.#freed.promise);
    }
    if (this.#free.length === 0) this.#made++;
    this.#block = this.#free.pop() ?? new ArrayBuffer(BLOCK);
  }

  #orEnded<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended.promise]);
  }
}
