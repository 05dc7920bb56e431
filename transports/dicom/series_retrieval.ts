/**
 * A series on its way: the instance asked for streams, others wait on disk until they are asked for.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { type DatasetSink, type IncomingInstance, NOWHERE } from "./dimse/mod.ts";
import { Landing } from "./landing.ts";
import { CANCEL_MS, type FetchOptions, SeriesFetch } from "./series_fetch.ts";
import { type Arrival, Waiters } from "./series_waiters.ts";
import type { Spool } from "./spool.ts";

/** What a retrieval of a series is made with. */
export interface SeriesOptions extends Omit<FetchOptions, "onInstance"> {
  /** Room on disk. */
  readonly spool: Spool;
  /** The URL, for errors. */
  readonly url: string;
  /** There is no other association for what has to be fetched alone. */
  readonly isOnly: boolean;
  /** Without anybody asking for so long, in milliseconds, it is cancelled and what is left is dropped. */
  readonly idleMs: number;
}

/** Bytes ahead of demand when nobody waits, for each instance that was asked for so far. */
const AHEAD = 16 * 1_048_576;
/** How long, in milliseconds, the archive is held up before anything that nobody waits for goes to disk. */
const HOLD_MS = 1_000;

/** The retrieval of one series. It begins at once. */
export class SeriesRetrieval {
  readonly #options: SeriesOptions;
  /** Instances that nobody has asked for yet. */
  readonly #ahead = new Map<string, Arrival>();
  readonly #waiters = new Waiters();
  /** Landings that are being read. */
  readonly #claimed = new Set<Landing>();
  /** All that were asked for: none comes twice. */
  readonly #given = new Set<string>();
  readonly #controller = new AbortController();
  readonly #fetch: SeriesFetch;
  readonly #job: Promise<void>;
  #aheadBytes = 0;
  #claims = 0;
  #isOver = false;
  #isFull = false;
  #isCancelled = false;
  /** Somebody takes all of it in the order in which it comes, however long each takes to get where it goes. */
  #isTaken = false;
  /** Nobody has asked since the archive was held up. */
  #isSlow = false;
  /** Settles when somebody asks, or it ends; an archive may send several at once by C-MOVE. */
  #change = Promise.withResolvers<void>();
  #stopTimer: () => void = () => {};

  /** Begins. */
  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#fetch = new SeriesFetch(
      { ...options, onInstance: (instance) => this.#onInstance(instance) },
      { op: "read", url: options.url, signal: this.#controller.signal },
    );
    this.#job = this.#fetch.done
      // What did not come is fetched alone, which tells why.
      .catch(() => {})
      .finally(() => this.#end());
    this.#watchIdle();
  }

  /** It holds no association any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Settles when it is. */
  get over(): Promise<void> {
    return this.#job;
  }

  /** Nothing more can be got from it. */
  get isDone(): boolean {
    return (this.#isOver || this.#isCancelled) && this.#ahead.size === 0;
  }

  /** Those who ask take whatever comes: it may come over several associations. */
  widen(): void {
    this.#fetch.widen();
  }

  /** The next that comes, or has come, of those that nobody has asked for; undefined when none will. @throws `Aborted` */
  async next(ask: Ask): Promise<Arrival | undefined> {
    this.#isTaken = true;
    const arrival = await this.#next(ask);
    this.#isTaken = arrival !== undefined;
    return arrival;
  }

  async #next(ask: Ask): Promise<Arrival | undefined> {
    this.#onDemand();
    for (let first; (first = this.#ahead.keys().next().value) !== undefined;) {
      const arrival = await this.#take(first);
      if (arrival) return arrival;
    }
    if (this.#isLate()) return undefined;
    const coming = this.#waiters.any(ask);
    this.#wake();
    return await coming;
  }

  /** An instance of the series, as soon as it comes; undefined when it has to be fetched alone. @throws `Aborted` */
  async claim(uid: string, ask: Ask): Promise<Arrival | undefined> {
    this.#onDemand();
    const isLate = !this.#ahead.has(uid) && this.#isLate();
    if (isLate || this.#given.has(uid) || !this.#options.instances.has(uid)) return undefined;
    this.#given.add(uid);
    if (this.#ahead.has(uid)) return await this.#take(uid);
    const coming = this.#waiters.one(uid, ask);
    this.#wake();
    return await coming;
  }

  /** Takes back what was claimed, and what is behind it, for somebody else. Nothing of it has been read. */
  leave(arrival: Arrival): void {
    this.#isTaken = false;
    const { instance: { sopInstanceUID: uid }, landing } = arrival;
    this.#given.delete(uid);
    this.#claimed.delete(landing);
    this.#ahead.set(uid, arrival);
    this.#aheadBytes += landing.length;
    landing.unclaim();
    // What they wait for is this one.
    this.#waiters.sendTakersAway();
  }

  /** Whoever asked for all of it asks for no more: it is cancelled, unless others have come for some of it. */
  async quit(): Promise<void> {
    this.#isTaken = false;
    if (!this.#isInUse) await this.dispose();
  }

  /** Cancels it, and drops what nobody has asked for. */
  async dispose(): Promise<void> {
    this.#drop();
    this.#controller.abort(this.#cancelled());
    await this.#job;
  }

  #onInstance(instance: IncomingInstance): DatasetSink {
    if (this.#isCancelled) throw this.#cancelled();
    const { spool, clock, url } = this.#options;
    const { sopInstanceUID: uid } = instance;
    const isKnown = this.#ahead.has(uid) || this.#given.has(uid);
    const give = this.#waiters.next(uid, isKnown);
    // Of two with one UID the first counts, as where each is fetched alone.
    if (!give && isKnown) return NOWHERE;
    const landing: Landing = new Landing({
      spool,
      clock,
      url,
      isAhead: give === undefined,
      beforeDisk: () => this.#hold(),
      onFull: () => this.#onFull(),
      onLeft: () => this.#claimed.delete(landing),
      settled: () => this.#settled(),
    });
    const arrival = { instance, landing };
    if (give) {
      this.#given.add(uid);
      this.#claimed.add(landing);
      give(arrival);
    } else this.#ahead.set(uid, arrival);
    const { write, close, abort } = landing.sink;
    return {
      close,
      abort,
      write: (chunk) => this.#ahead.has(uid) ? this.#writeAhead(arrival, chunk) : write(chunk),
    };
  }

  #onDemand(): void {
    this.#claims++;
    this.#isSlow = false;
    this.#watchIdle();
  }

  /** Nothing that has not begun to come will. */
  #isLate(): boolean {
    if (this.#isFull) this.#sendAway();
    return this.#isOver || this.#isCancelled || this.#isFull;
  }

  /** Gives what has come, or is coming; undefined when that has failed. */
  async #take(uid: string): Promise<Arrival | undefined> {
    const arrival = this.#ahead.get(uid)!;
    const { landing } = arrival;
    this.#given.add(uid);
    this.#ahead.delete(uid);
    this.#aheadBytes -= landing.length;
    landing.claim();
    this.#claimed.add(landing);
    this.#wake();
    if (this.isDone) this.#stopTimer();
    if (!landing.hasFailed) return arrival;
    await landing.reader.close();
  }

  async #writeAhead({ instance, landing }: Arrival, chunk: Uint8Array): Promise<void> {
    const { sopInstanceUID: uid } = instance;
    await this.#mayGoOn(uid);
    await landing.sink.write(chunk);
    this.#isFull = false;
    if (this.#ahead.has(uid)) this.#aheadBytes += chunk.length;
  }

  /** When all have been read, so has the archive's last answer. */
  async #settled(): Promise<void> {
    const isAll = this.#given.size >= this.#options.instances.size;
    if (isAll && [...this.#claimed].every((landing) => landing.isOver)) await this.#job;
  }

  /** Holds the archive up while there is enough ahead, and nobody waits for what it sends. */
  async #mayGoOn(uid: string): Promise<void> {
    const isEnough = () =>
      this.#ahead.has(uid) && this.#waiters.isEmpty && !this.#isCancelled &&
      this.#aheadBytes > AHEAD * this.#claims;
    while (isEnough()) await this.#change.promise;
    if (this.#isCancelled && this.#ahead.has(uid)) throw this.#cancelled();
  }

  /** Gives whoever was there last a moment to ask for more, unless somebody waits for what comes behind it. */
  async #hold(): Promise<void> {
    if (this.#isSlow || this.#isCancelled || !this.#waiters.isEmpty) return;
    this.#isSlow = true;
    const held = Promise.withResolvers<void>();
    const stop = this.#options.clock.schedule(held.resolve, HOLD_MS);
    await Promise.race([held.promise, this.#change.promise]);
    stop();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** Without room on disk what is wanted cannot come. */
  #onFull(): void {
    this.#isFull = true;
    if (!this.#waiters.isEmpty) this.#sendAway();
  }

  /** Those who wait fetch it alone; where this holds the only association, it makes way for them. */
  #sendAway(): void {
    if (this.#options.isOnly && this.#isFull) return this.#cancel();
    this.#waiters.sendAway();
  }

  #end(): void {
    this.#isOver = true;
    this.#isFull = false;
    this.#sendAway();
    if (this.isDone) this.#stopTimer();
  }

  get #isInUse(): boolean {
    return this.#isTaken || !this.#waiters.isEmpty ||
      [...this.#claimed].some((landing) => !landing.isOver);
  }

  #watchIdle(): void {
    // Of one that is cancelled, the timer is the one that ends it.
    if (this.#isCancelled) return;
    this.#stopTimer();
    if (this.isDone) return;
    const { clock, idleMs } = this.#options;
    this.#stopTimer = clock.schedule(() => {
      if (this.#isInUse) this.#watchIdle();
      else this.#cancel();
    }, idleMs);
  }

  /** The C-CANCEL goes out with the next instance; an archive that does not heed it is left. */
  #cancel(): void {
    this.#drop();
    const abort = () => this.#controller.abort(this.#cancelled());
    this.#stopTimer = this.#options.clock.schedule(abort, CANCEL_MS);
    this.#job.then(() => this.#stopTimer());
  }

  #drop(): void {
    this.#isCancelled = true;
    this.#isFull = false;
    this.#fetch.stop();
    this.#stopTimer();
    this.#sendAway();
    const dropped = [...this.#ahead.values()];
    this.#ahead.clear();
    for (const { landing } of dropped) landing.reader.close();
    this.#wake();
  }

  #cancelled(): VfsError {
    const { url } = this.#options;
    return new VfsError("Aborted", { op: "read", url, reason: "nobody asks for the series" });
  }
}
