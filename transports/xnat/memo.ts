/**
 * What was asked a moment ago and need not be asked again.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { retold } from "./errors.ts";

/** Names what is kept; what is below a key begins with it. */
export type Key = readonly string[];

interface Kept {
  readonly promise: Promise<unknown>;
  readonly key: Key;
  /** What the first who asked was about. */
  readonly url?: string;
  readonly abort: AbortController;
  value?: { readonly value: unknown };
  asked: number;
  waiting: number;
  weight: number;
}

/** Answers by key, for a time. Parallel questions share one answer; failures are not kept. */
export class Memo {
  readonly #kept = new Map<string, Kept>();
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #maxWeight: number;
  #weight = 0;
  #forgotAt = -Infinity;

  readonly #also: Memo | undefined;

  /** Keeps answers for `ttlMs` milliseconds, and at most `maxWeight` rows of them; tells `also` each of them. */
  constructor(clock: Clock, ttlMs: number, maxWeight: number, also?: Memo) {
    this.#also = also;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#maxWeight = maxWeight;
  }

  /** The answer kept under `key`, or that of `load`, whose signal aborts when nobody waits any more. */
  async get<T>(key: Key, ask: Ask, load: (ask: Ask) => Promise<T>): Promise<T> {
    const id = JSON.stringify(key);
    const kept = this.#fresh(id) ?? this.#start(id, key, ask, load);
    if (kept.value) return kept.value.value as T;
    kept.waiting++;
    try {
      return await orAborted(kept.promise, ask.signal, ask.op, ask.url) as T;
    } catch (error) {
      // It is told of what the first who asked is about.
      const isOfFirst = isVfsError(error) && error.url === kept.url;
      throw isOfFirst ? retold(error, ask) : error;
    } finally {
      if (--kept.waiting === 0 && !kept.value) {
        kept.abort.abort();
        this.#drop(id, kept);
      }
    }
  }

  /** What is kept under `key` now. */
  peek<T>(key: Key): T | undefined {
    return this.#fresh(JSON.stringify(key))?.value?.value as T | undefined;
  }

  /** When what is kept under `key` was asked, in milliseconds. */
  askedAt(key: Key): number | undefined {
    return this.#fresh(JSON.stringify(key))?.asked;
  }

  /** Keeps an answer that came with another one, asked at `asked`. */
  set(key: Key, value: unknown, asked: number): void {
    this.#also?.set(key, value, asked);
    this.keep(key, value, asked);
  }

  /** The same, and tells nobody else: it will do here, and is less than what would be asked for. */
  keep(key: Key, value: unknown, asked: number): void {
    // It may be of a time before a change that made us forget.
    if (this.#ttlMs <= 0 || asked <= this.#forgotAt) return;
    const id = JSON.stringify(key);
    const old = this.#kept.get(id);
    if (old) this.#drop(id, old);
    const kept: Kept = {
      key,
      promise: Promise.resolve(value),
      abort: new AbortController(),
      value: { value },
      asked,
      waiting: 0,
      weight: weightOf(value),
    };
    this.#kept.set(id, kept);
    this.#grow(kept.weight);
  }

  /** Forgets all whose keys begin with `prefix`. */
  forget(prefix: Key): void {
    this.#forgotAt = this.#clock.now();
    for (const [id, kept] of this.#kept) {
      if (prefix.every((part, i) => part === kept.key[i])) this.#drop(id, kept);
    }
  }

  /** Forgets what was asked before `time` under keys that begin with `prefix`; tells whether that was anything. */
  forgetBefore(prefix: Key, time: number): boolean {
    const size = this.#kept.size;
    for (const [id, kept] of this.#kept) {
      const isMeant = kept.asked < time && prefix.every((part, i) => part === kept.key[i]);
      if (isMeant && kept.value) this.#drop(id, kept);
    }
    return this.#kept.size < size;
  }

  /** Lets go of answers whose keys `isMeant` picks, and which nobody needs any more. */
  release(isMeant: (key: Key) => boolean): void {
    for (const [id, kept] of this.#kept) {
      if (kept.value && isMeant(kept.key)) this.#drop(id, kept);
    }
  }

  #fresh(id: string): Kept | undefined {
    const kept = this.#kept.get(id);
    if (!kept?.value || this.#clock.now() - kept.asked < this.#ttlMs) return kept;
    this.#drop(id, kept);
    return undefined;
  }

  #start<T>(id: string, key: Key, ask: Ask, load: (ask: Ask) => Promise<T>): Kept {
    const abort = new AbortController();
    const asked = this.#clock.now();
    const promise = load({ op: ask.op, url: ask.url, signal: abort.signal });
    const kept: Kept = { promise, key, url: ask.url, abort, asked, waiting: 0, weight: 0 };
    this.#kept.set(id, kept);
    promise.then((value) => {
      kept.value = { value };
      if (this.#kept.get(id) !== kept) return;
      this.#also?.set(key, value, asked);
      if (this.#ttlMs <= 0) return this.#drop(id, kept);
      kept.weight = weightOf(value);
      this.#grow(kept.weight);
    }, () => this.#drop(id, kept));
    return kept;
  }

  #drop(id: string, kept: Kept): void {
    if (this.#kept.get(id) !== kept) return;
    this.#kept.delete(id);
    this.#weight -= kept.weight;
  }

  /** Makes room by forgetting what was asked first. */
  #grow(weight: number): void {
    this.#weight += weight;
    for (const [id, kept] of this.#kept) {
      if (this.#weight <= this.#maxWeight) break;
      if (kept.value) this.#drop(id, kept);
    }
  }
}

function weightOf(value: unknown): number {
  return Array.isArray(value) ? value.length + 1 : 1;
}
