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
  /** The digests of parts of `memory`, each by itself, and the memory, which was away meanwhile. */
  digestsOf(memory: ArrayBuffer, parts: readonly Extent[]): Promise<PartDigests>;
}

/** What became of memory that was away. */
export interface PartDigests {
  /** The same bytes. */
  readonly memory: ArrayBuffer;
  /** The digests of each part, in order. */
  readonly digests: readonly Digests[];
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
  /** What to add. */
  readonly added?: Extent;
  /** What to hash by itself; by default all that was added. */
  readonly parts?: readonly Extent[];
}
/** Each order has one reply, in the same order. */
interface Reply {
  readonly memory?: ArrayBuffer;
  readonly digests?: readonly Digests[];
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
  const start = () => starters.map(([name, begin]) => [name, begin()] as const);
  type Hashes = ReturnType<typeof start>;
  const add = (hashes: Hashes, memory: ArrayBuffer, { start, end }: Extent) => {
    for (const [, hash] of hashes) hash.update(new Uint8Array(memory, start, end - start));
    return hashes;
  };
  const end = (hashes: Hashes) =>
    Object.fromEntries(hashes.map(([name, hash]) => [name, hash.copy().digest("hex")]));
  const all = start();
  scope.onmessage = ({ data: { memory, added, parts } }) => {
    if (!memory) return scope.postMessage({ digests: [end(all)] });
    if (added) add(all, memory, added);
    const digests = parts?.map((part) => end(add(start(), memory, part)));
    scope.postMessage({ memory, digests }, [memory]);
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
    return digests![0]!;
  }

  async digestsOf(memory: ArrayBuffer, extents: readonly Extent[]): Promise<PartDigests> {
    // Whatever else they have would be copied with them.
    const parts = extents.map(({ start, end }) => ({ start, end }));
    const { memory: back, digests } = await this.#order({ memory, parts });
    return { memory: back!, digests: digests! };
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
