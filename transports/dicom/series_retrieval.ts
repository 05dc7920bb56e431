/**
 * A series by one C-GET: the instance asked for streams, others wait on disk until they are asked for.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Instances, Place } from "./place.ts";
import type { Model } from "./client.ts";
import { type DatasetSink, type IncomingInstance, NOWHERE } from "./dimse/mod.ts";
import { Landing } from "./landing.ts";
import type { Retriever } from "./retrieve.ts";
import type { Spool } from "./spool.ts";

/** What a retrieval of a series is made with. */
export interface SeriesOptions {
  /** How to retrieve. */
  readonly retriever: Retriever;
  /** Room on disk. */
  readonly spool: Spool;
  /** Time. */
  readonly clock: Clock;
  /** The series. */
  readonly place: Place;
  /** Information model. */
  readonly model: Model;
  /** Its Modality, as far as it is known. */
  readonly modality: string;
  /** What is in it. */
  readonly instances: Instances;
  /** The URL, for errors. */
  readonly url: string;
  /** There is no other association for what has to be fetched alone. */
  readonly isOnly: boolean;
  /** Without anybody asking for so long, in milliseconds, it is cancelled and what is left is dropped. */
  readonly idleMs: number;
}

/** An instance that has come, or is coming. */
export interface Arrival {
  /** What the archive says of it. */
  readonly instance: IncomingInstance;
  /** Its dataset. */
  readonly landing: Landing;
}

/** Whoever waits for whichever comes first. No instance has this UID. */
const ANY = "";
/** Bytes ahead of demand when nobody waits, for each instance that was asked for so far. */
const AHEAD = 16 * 1_048_576;
/** How long, in milliseconds, the archive is held up before anything that nobody waits for goes to disk. */
const HOLD_MS = 1_000;
/** How long the archive may go on with what was cancelled, in milliseconds. */
const CANCEL_MS = 1_000;

/** The retrieval of one series. It begins at once. */
export class SeriesRetrieval {
  readonly #options: SeriesOptions;
  /** Instances that nobody has asked for yet. */
  readonly #ahead = new Map<string, Arrival>();
  /** Those who wait for an instance; undefined sends them to fetch it alone. */
  readonly #waiting = new Map<string, PromiseWithResolvers<Arrival | undefined>>();
  /** Landings that are being read. */
  readonly #claimed = new Set<Landing>();
  /** All that were asked for: none comes twice. */
  readonly #given = new Set<string>();
  readonly #controller = new AbortController();
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
    const { retriever, place, model, modality, instances, url } = options;
    const classes = [...new Set(instances.values())];
    const isKnown = classes.every((uid) => uid !== undefined);
    this.#job = retriever.run({
      place,
      model,
      classes: isKnown ? classes as string[] : [],
      modality,
      wants: (uid) => instances.has(uid),
      onInstance: (instance) => this.#onInstance(instance),
    }, { op: "read", url, signal: this.#controller.signal })
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

  /** The next that comes, or has come, of those that nobody has asked for; undefined when none will. @throws `Aborted` */
  async next(ask: Ask): Promise<Arrival | undefined> {
    this.#isTaken = true;
    const [uid = ANY] = this.#ahead.keys();
    const arrival = await this.claim(uid, ask);
    this.#isTaken = arrival !== undefined;
    return arrival;
  }

  /** An instance of the series, as soon as it comes; undefined when it has to be fetched alone. @throws `Aborted` */
  async claim(uid: string, { op, url, signal }: Ask): Promise<Arrival | undefined> {
    this.#claims++;
    this.#isSlow = false;
    this.#watchIdle();
    const there = this.#ahead.get(uid);
    if (!there && this.#isFull) this.#sendAway();
    const isLate = this.#isOver || this.#isCancelled || this.#isFull;
    const isListed = uid === ANY || this.#options.instances.has(uid);
    if (!isListed || this.#given.has(uid) || (!there && isLate)) return undefined;
    if (uid !== ANY) this.#given.add(uid);
    if (there) {
      this.#ahead.delete(uid);
      this.#aheadBytes -= there.landing.length;
      there.landing.claim();
      this.#claimed.add(there.landing);
      this.#wake();
      if (this.isDone) this.#stopTimer();
      if (!there.landing.hasFailed) return there;
      await there.landing.reader.close();
      return undefined;
    }
    const waiting = Promise.withResolvers<Arrival | undefined>();
    this.#waiting.set(uid, waiting);
    this.#wake();
    try {
      return await orAborted(waiting.promise, signal, op, url);
    } catch (error) {
      this.#waiting.delete(uid);
      waiting.promise.then((arrival) => arrival?.landing.reader.close());
      throw error;
    }
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
    const isNext = !this.#waiting.has(uid) && !this.#ahead.has(uid) && !this.#given.has(uid);
    const waiting = this.#waiting.get(isNext ? ANY : uid);
    // Of two with one UID the first counts, as where each is fetched alone.
    if (!waiting && (this.#ahead.has(uid) || this.#given.has(uid))) return NOWHERE;
    const landing: Landing = new Landing({
      spool,
      clock,
      url,
      isAhead: waiting === undefined,
      beforeDisk: () => this.#hold(),
      onFull: () => this.#onFull(),
      onLeft: () => this.#claimed.delete(landing),
      settled: () => this.#settled(),
    });
    const arrival = { instance, landing };
    if (waiting) {
      this.#waiting.delete(isNext ? ANY : uid);
      this.#given.add(uid);
      this.#claimed.add(landing);
      waiting.resolve(arrival);
    } else this.#ahead.set(uid, arrival);
    const { write, close, abort } = landing.sink;
    return {
      close,
      abort,
      write: (chunk) => this.#ahead.has(uid) ? this.#writeAhead(arrival, chunk) : write(chunk),
    };
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
      this.#ahead.has(uid) && this.#waiting.size === 0 && !this.#isCancelled &&
      this.#aheadBytes > AHEAD * this.#claims;
    while (isEnough()) await this.#change.promise;
    if (this.#isCancelled && this.#ahead.has(uid)) throw this.#cancelled();
  }

  /** Gives whoever was there last a moment to ask for more, unless somebody waits for what comes behind it. */
  async #hold(): Promise<void> {
    if (this.#isSlow || this.#isCancelled || this.#waiting.size > 0) return;
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
    if (this.#waiting.size > 0) this.#sendAway();
  }

  /** Those who wait fetch it alone; where this holds the only association, it makes way for them. */
  #sendAway(): void {
    if (this.#options.isOnly && this.#isFull) return this.#cancel();
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }

  #end(): void {
    this.#isOver = true;
    this.#isFull = false;
    this.#sendAway();
    if (this.isDone) this.#stopTimer();
  }

  get #isInUse(): boolean {
    return this.#isTaken || this.#waiting.size > 0 ||
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
