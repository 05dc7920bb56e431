/**
 * Instances of a series, asked for all at once or by lists.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { ArchivePace } from "./archive_pace.ts";
import type { Model } from "./client.ts";
import { type DatasetSink, type IncomingInstance, ServiceFailed } from "./dimse/mod.ts";
import type { Instances, Place } from "./place.ts";
import type { Retriever } from "./retrieve.ts";

/** What is fetched, and how. */
export interface FetchOptions {
  /** How to retrieve. */
  readonly retriever: Retriever;
  /** Time. */
  readonly clock: Clock;
  /** The series. */
  readonly place: Place;
  /** Information model. */
  readonly model: Model;
  /** Its Modality, as far as it is known. */
  readonly modality: string;
  /** Those that are wanted. */
  readonly instances: Instances;
  /** There are others in the series. */
  readonly areSome: boolean;
  /** So many that they had better come by lists over several associations, where the archive is slow. */
  readonly areMany: boolean;
  /** Without lists each had better be fetched alone: an archive sends all of the series. */
  readonly areFew: boolean;
  /** Associations that may be used at once. */
  readonly mostLanes: number;
  /** Takes one more association while one is free; the function returned gives it back. */
  readonly lane: () => (() => void) | undefined;
  /** Gives the sink for an instance. */
  readonly onInstance: (instance: IncomingInstance) => DatasetSink;
}

/** How long, in milliseconds, the archive may go on with what was cancelled. */
export const CANCEL_MS = 1_000;
/** From so many on, instances come by several lists. */
export const MANY = 128;
/** UIDs of a list then: few, so that associations come free for others. */
const LIST = 32;
/** Of a larger series the lists are longer instead of more for each association: an archive may look through all of it for each. */
const ROUNDS = 8;
/** … up to what archives bear, and an element holds in explicit VR. */
const LONGEST = 512;

/** Instances of a series on their way. What does not come is to be fetched alone, which tells why. */
export class SeriesFetch {
  /** Settles when nothing more comes. */
  readonly done: Promise<void>;
  readonly #options: FetchOptions;
  readonly #ask: Ask;
  /** Lists that have yet to be asked for. */
  #lists: string[][] = [];
  /** Lists that are on their way beside those of the first association. */
  readonly #beside = new Set<Promise<void>>();
  readonly #missing: Set<string>;
  #isWide = false;
  #isStopped = false;

  /** Begins. */
  constructor(options: FetchOptions, ask: Ask) {
    this.#options = options;
    this.#ask = ask;
    this.#missing = new Set(options.instances.keys());
    this.done = this.#run();
  }

  /** What comes is taken at once, so that more may come side by side. */
  widen(): void {
    this.#isWide = true;
    this.#addLanes();
  }

  /** Asks for no more. */
  stop(): void {
    this.#isStopped = true;
    this.#lists = [];
  }

  async #run(): Promise<void> {
    const { retriever, areSome, areFew } = this.#options;
    if (!areSome && !this.#isSplit && await this.#fetch()) return;
    if (areSome) await this.#fetchInTurn();
    if (this.#isSplit) await this.#fetchSideBySide();
    if (retriever.takesLists !== false || areFew || this.#missing.size === 0) return;
    await this.#retrieve((instance) => this.#take(instance));
  }

  /** What is left had better come by many lists over several associations. */
  get #isSplit(): boolean {
    const { retriever, areMany } = this.#options;
    return areMany && retriever.isSlow && retriever.takesLists !== false;
  }

  /** By few lists, one after the other, unless the archive turns out to be slow. */
  async #fetchInTurn(): Promise<void> {
    const { retriever } = this.#options;
    const lists = parts([...this.#missing], Math.ceil(this.#missing.size / LONGEST));
    for (const list of lists) {
      if (this.#isStopped || this.#isSplit || retriever.takesLists === false) return;
      await this.#fetchList(list);
    }
  }

  async #fetchSideBySide(): Promise<void> {
    const { retriever, mostLanes } = this.#options;
    if (!this.#isStopped) this.#lists = shortLists([...this.#missing], mostLanes);
    while (this.#lists.length > 0 && retriever.takesLists !== false) {
      await this.#fetchList(this.#lists.shift()!);
    }
    while (this.#beside.size > 0) await Promise.all(this.#beside);
  }

  async #fetchList(list: readonly string[]): Promise<void> {
    try {
      await this.#fetch(list);
    } catch (error) {
      // Some could not be sent; of anything else, the other lists would fail as well.
      if (!(error instanceof ServiceFailed) && this.#options.retriever.takesLists) this.stop();
    }
  }

  /** Has a list come, or the whole series. False where the archive turned out to be slow, and was told to stop. */
  async #fetch(list?: readonly string[]): Promise<boolean> {
    const { retriever, areMany, clock } = this.#options;
    const { op, url, signal } = this.#ask;
    const isWatched = areMany && !this.#isSplit && retriever.takesLists !== false;
    const pace = isWatched ? new ArchivePace(clock) : undefined;
    const stopped = new VfsError("Aborted", { op, url, reason: "lists are quicker" });
    const unheeded = new AbortController();
    let stopTimer: (() => void) | undefined;
    const take = (instance: IncomingInstance) => {
      if (pace?.begun()) {
        retriever.isSlow = true;
        // The C-CANCEL goes out with what is thrown.
        stopTimer = clock.schedule(() => unheeded.abort(stopped), CANCEL_MS);
      }
      if (stopTimer) throw stopped;
      const sink = this.#take(instance);
      return pace?.timed(sink) ?? sink;
    };
    try {
      await this.#retrieve(take, list, AbortSignal.any([signal, unheeded.signal]));
    } catch (error) {
      if (!stopTimer || signal.aborted) throw error;
    } finally {
      stopTimer?.();
    }
    return stopTimer === undefined;
  }

  #addLanes(): void {
    const { retriever, lane } = this.#options;
    if (!this.#isWide || !retriever.takesLists) return;
    while (this.#lists.length > 0) {
      const free = lane();
      if (!free) return;
      const fetching = this.#fetchList(this.#lists.shift()!).finally(() => {
        this.#beside.delete(fetching);
        free();
        this.#addLanes();
      });
      this.#beside.add(fetching);
    }
  }

  #take(instance: IncomingInstance): DatasetSink {
    this.#missing.delete(instance.sopInstanceUID);
    this.#addLanes();
    return this.#options.onInstance(instance);
  }

  /** Those of a list, or of the whole series. */
  #retrieve(
    onInstance: FetchOptions["onInstance"],
    list?: readonly string[],
    signal = this.#ask.signal,
  ): Promise<void> {
    const { retriever, place, model, modality, instances } = this.#options;
    const classes = [...new Set(instances.values())];
    const isKnown = classes.every((uid) => uid !== undefined);
    // As long as it is not known what the archive makes of a list, it may send what other lists would have.
    const wanted = retriever.takesLists && list ? new Set(list) : instances;
    return retriever.run({
      place,
      model,
      modality,
      list,
      classes: isKnown ? classes as string[] : [],
      wants: (uid) => wanted.has(uid),
      onInstance,
    }, { ...this.#ask, signal });
  }
}

/** As many lists for each of the associations, so that the last end together. */
function shortLists(uids: readonly string[], lanes: number): string[][] {
  const rounds = (most: number) => Math.ceil(uids.length / (lanes * most));
  return parts(uids, lanes * Math.max(Math.min(rounds(LIST), ROUNDS), rounds(LONGEST)));
}

/** Lists of equal length. */
function parts(uids: readonly string[], count: number): string[][] {
  const { length } = uids;
  return Array.from(
    { length: count },
    (_, i) => uids.slice(Math.floor(i * length / count), Math.floor((i + 1) * length / count)),
  );
}
