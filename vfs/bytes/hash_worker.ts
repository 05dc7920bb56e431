/**
 * Hashing beside the main thread.
 *
 * @module
 */

import type { Digests } from "./digest.ts";
import { md5Starter } from "./md5.ts";
import { md5Module } from "./md5_module.ts";
import type { Extent } from "./range.ts";
import type { DigestAlgorithm } from "../transport.ts";

/** Hashes what it is given in another thread. Its thread ends when it is disposed, and not before. */
export interface HashWorker extends Disposable {
  /** Adds a copy of a chunk; resolves when more may be added. Rejects when the thread has failed. */
  update(chunk: Uint8Array): Promise<void>;
  /** Adds a chunk, all of whose memory goes to the thread; resolves to the same bytes when it is back. */
  lend(chunk: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** The digests of what was added. */
  digests(): Promise<Digests>;
}

/** Bytes that are copied and go to the thread at once: a message costs as much as hashing 50 KiB. */
const BLOCK = 1024 * 1024;
/** Blocks under way: one that is filled, one that is hashed, and some for threads that are woken late. */
const BLOCKS = 4;

/** The part of a worker's global scope that is used. */
interface Scope {
  onmessage: ((event: { data: Order }) => void) | null;
  postMessage(message: Reply, transfer?: ArrayBuffer[]): void;
}

/** Memory goes to and fro: arrays that are moved to a thread for good are freed too late. */
interface Order {
  readonly memory?: ArrayBuffer;
  /** What of it to add; without, the digests of all are asked for. */
  readonly added?: Extent;
}
/** Each order has one reply, in the same order. */
interface Reply {
  readonly memory?: ArrayBuffer;
  readonly digests?: Digests;
}

/** The platform's hashes have more than is needed of them. */
interface Hash {
  update(chunk: Uint8Array): unknown;
  copy(): { digest(encoding: "hex"): string };
}

/** Runs in the thread, as text: it can use nothing from outside. */
function work(
  scope: Scope,
  starters: readonly (readonly [DigestAlgorithm, () => Hash])[],
): void {
  const hashes = starters.map(([name, start]) => [name, start()] as const);
  const digests = () =>
    Object.fromEntries(hashes.map(([name, hash]) => [name, hash.copy().digest("hex")]));
  scope.onmessage = ({ data: { memory, added } }) => {
    if (!memory || !added) return scope.postMessage({ digests: digests() });
    const chunk = new Uint8Array(memory, added.start, added.end - added.start);
    for (const [, hash] of hashes) hash.update(chunk);
    scope.postMessage({ memory }, [memory]);
  };
  scope.postMessage({});
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
  let thread: Thread | undefined;
  try {
    thread = new Thread(`data:text/javascript,${encodeURIComponent(textOf(algorithms))}`);
    await thread.ready;
    return thread;
  } catch {
    // Whatever forbids threads, hashing goes on without.
    thread?.[Symbol.dispose]();
    return undefined;
  }
}

function textOf(algorithms: readonly DigestAlgorithm[]): string {
  const isOurs = (name: string) => name === "md5" && "WebAssembly" in globalThis;
  const starters = algorithms.map((name) => {
    const start = isOurs(name)
      ? `(${md5Starter})(new Uint8Array([${md5Module()}]))`
      : `() => createHash("${name}")`;
    return `["${name}", ${start}]`;
  });
  // It takes as long to load as the thread to start.
  const isNeeded = !algorithms.every(isOurs);
  return `${isNeeded ? 'import { createHash } from "node:crypto";' : ""}
(${work})(self, [${starters}]);`;
}

class Thread implements HashWorker {
  /** Resolves when the thread listens. */
  readonly ready: Promise<unknown>;
  readonly #worker: Worker;
  /** Who waits for replies, in their order. */
  readonly #asked: PromiseWithResolvers<Reply>[] = [];
  /** Blocks under way. */
  readonly #sent: Promise<Reply>[] = [];
  #block: ArrayBuffer | undefined;
  #filled = 0;
  #failure: Error | undefined;
  #isOver = false;

  constructor(url: string) {
    this.#worker = new Worker(url, { type: "module" });
    running++;
    this.ready = this.#reply();
    this.#worker.onmessage = ({ data }: { data: Reply }) => this.#asked.shift()?.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`The thread that hashes failed: ${event.message}`));
    };
  }

  async update(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#filled === BLOCK) this.#send();
      this.#block ??= await this.#take();
      const part = chunk.subarray(at, at + BLOCK - this.#filled);
      new Uint8Array(this.#block).set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  async lend(
    { buffer, byteOffset: start, length }: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.#send();
    const { memory } = await this.#order({ memory: buffer, added: { start, end: start + length } });
    return new Uint8Array(memory!, start, length);
  }

  async digests(): Promise<Digests> {
    this.#send();
    const { digests } = await this.#order({});
    return digests!;
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    running--;
    this.#worker.terminate();
    this.#fail(new Error("The thread that hashes was ended"));
  }

  /** Sends what is filled. */
  #send(): void {
    if (!this.#block) return;
    this.#sent.push(this.#order({ memory: this.#block, added: { start: 0, end: this.#filled } }));
    this.#block = undefined;
    this.#filled = 0;
  }

  /** A block to fill: a new one, or the oldest as soon as it is back. */
  async #take(): Promise<ArrayBuffer> {
    if (this.#sent.length < BLOCKS) return new ArrayBuffer(BLOCK);
    return (await this.#sent.shift()!).memory!;
  }

  #order(order: Order): Promise<Reply> {
    this.#worker.postMessage(order, order.memory ? [order.memory] : []);
    return this.#reply();
  }

  #reply(): Promise<Reply> {
    const asked = Promise.withResolvers<Reply>();
    // Nobody may be waiting when it fails.
    asked.promise.catch(() => {});
    if (this.#failure) asked.reject(this.#failure);
    else this.#asked.push(asked);
    return asked.promise;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
  }
}
