/**
 * Hashing beside the main thread.
 *
 * @module
 */

import type { Digests } from "./digest.ts";
import type { DigestAlgorithm } from "../transport.ts";

/** Hashes what it is given in another thread. Its thread ends when it is disposed, and not before. */
export interface HashWorker extends Disposable {
  /** Adds a chunk; resolves when the next one may come. Rejects when the thread has failed. */
  update(chunk: Uint8Array): Promise<void>;
  /** The digests of what was added. */
  digests(): Promise<Digests>;
  /** The digests of `whole` by itself, which has up to {@linkcode MAX_WHOLE} bytes. */
  digestsOf(whole: Uint8Array): Promise<Digests>;
}

/** Bytes that go to the thread at once: a message costs as much as hashing 50 KiB. */
const BLOCK = 1024 * 1024;
/** Most bytes that are hashed by themselves. */
export const MAX_WHOLE = BLOCK;
/** Blocks under way: one that is filled, one that is hashed, and some for threads that are woken late. */
const BLOCKS = 4;

/** The part of a worker's global scope that is used. */
interface Scope {
  onmessage: ((event: { data: Order }) => void) | null;
  postMessage(message: Reply, transfer?: ArrayBuffer[]): void;
}

/** Blocks go to and fro: arrays that are moved to a thread for good are freed too late. */
type Order =
  | { readonly block: ArrayBuffer; readonly length: number; readonly isWhole: boolean }
  | "digest";
type Reply = { readonly block?: ArrayBuffer; readonly digests?: Digests } | "ready";

/** Runs in the thread, as text: it can use nothing from outside. */
function work(
  scope: Scope,
  createHash: typeof import("node:crypto").createHash,
  algorithms: readonly DigestAlgorithm[],
): void {
  const start = () => algorithms.map((name) => [name, createHash(name)] as const);
  const end = (hashes: ReturnType<typeof start>) =>
    Object.fromEntries(hashes.map(([name, hash]) => [name, hash.copy().digest("hex")]));
  const all = start();
  scope.onmessage = ({ data }) => {
    if (data === "digest") return scope.postMessage({ digests: end(all) });
    const { block, length, isWhole } = data;
    const hashes = isWhole ? start() : all;
    for (const [, hash] of hashes) hash.update(new Uint8Array(block, 0, length));
    scope.postMessage(isWhole ? { block, digests: end(hashes) } : { block }, [block]);
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
  /** Who waits for digests, in the order of the questions. */
  readonly #asked: ((digests: Digests) => void)[] = [];
  #isOver = false;

  constructor(url: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#worker = new Worker(url, { type: "module" });
    running++;
    this.#worker.onmessage = ({ data }: { data: Reply }) => {
      if (data === "ready") return resolve();
      const { block, digests } = data;
      if (digests) this.#asked.shift()?.(digests);
      if (!block) return;
      this.#free.push(block);
      this.#freed.resolve();
      this.#freed = Promise.withResolvers();
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
    const { promise, resolve } = Promise.withResolvers<Digests>();
    this.#asked.push(resolve);
    this.#worker.postMessage("digest");
    return await this.#orEnded(promise);
  }

  async digestsOf(whole: Uint8Array): Promise<Digests> {
    const block = await this.#take();
    new Uint8Array(block).set(whole);
    const { promise, resolve } = Promise.withResolvers<Digests>();
    this.#asked.push(resolve);
    this.#worker.postMessage({ block, length: whole.length, isWhole: true }, [block]);
    return await this.#orEnded(promise);
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
    const block = this.#block;
    this.#worker.postMessage({ block, length: this.#filled, isWhole: false }, [block]);
    this.#filled = 0;
    this.#block = await this.#take();
  }

  /** A block to fill, as soon as there is one. */
  async #take(): Promise<ArrayBuffer> {
    while (this.#free.length === 0 && this.#made === BLOCKS) {
      await this.#orEnded(this.#freed.promise);
    }
    const block = this.#free.pop();
    if (block) return block;
    this.#made++;
    return new ArrayBuffer(BLOCK);
  }

  #orEnded<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended.promise]);
  }
}
