/**
 * The retrievals of series that are under way in one archive.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Instances, keyOf, type Place } from "./place.ts";
import type { Retriever } from "./retrieve.ts";
import { MANY } from "./series_fetch.ts";
import { type SeriesOptions, SeriesRetrieval } from "./series_retrieval.ts";
import type { Spool } from "./spool.ts";

/** The part of a series up to which its instances are got alone, where an archive takes no lists. */
const FEW = 1 / 4;

/** What retrievals are made with. */
export interface RetrievalsOptions {
  /** What is there. */
  readonly catalogue: Catalogue;
  /** How to retrieve. */
  readonly retriever: Retriever;
  /** Room on disk. */
  readonly spool: Spool;
  /** Time. */
  readonly clock: Clock;
  /** Series at once, and associations that they use. */
  readonly maxSeries: number;
  /** When a series that nobody reads is given up, in milliseconds. */
  readonly idleMs: number;
}

/** What is known of a series before it is retrieved. */
type About = Pick<SeriesOptions, "model" | "modality">;

/** Series whose instances come together. */
export class SeriesRetrievals {
  readonly #options: RetrievalsOptions;
  readonly #series = new Map<string, SeriesRetrieval>();
  /** All that are under way, also those that were cancelled and have yet to end. */
  readonly #underWay = new Set<SeriesRetrieval>();
  /** Listings that a series was retrieved for: each is good for one. */
  readonly #used = new WeakSet<Instances>();
  /** Associations in use beside the one of each series. */
  #lanes = 0;

  /** None yet. */
  constructor(options: RetrievalsOptions) {
    this.#options = options;
  }

  /** The one that an instance comes with, when its series was listed and so is probably being walked. */
  async holding(
    place: Place & { readonly instance: string },
    ask: Ask,
  ): Promise<SeriesRetrieval | undefined> {
    const { catalogue } = this.#options;
    const { study, series, instance } = place;
    // Asked before, so that nothing comes between looking and beginning.
    const about = await this.#about(place, ask);
    const found = this.#find({ study, series });
    if (found) return found;
    const listed = catalogue.listed.get(keyOf({ study, series }));
    if (!listed?.has(instance) || this.#used.has(listed)) return undefined;
    return this.#begin({ ...place, instance: undefined }, about, listed, false, ask);
  }

  /**
   * A new one, for these of the instances of a series, in whatever order they come, once no others of it come; undefined
   * where those are not read, and where they had better come one by one.
   */
  async begin(
    place: Place,
    instances: readonly string[],
    ask: Ask,
  ): Promise<SeriesRetrieval | undefined> {
    const { catalogue } = this.#options;
    const about = await this.#about(place, ask);
    const { signal, op, url } = ask;
    for (let other; (other = this.#find(place));) {
      // Somebody else is to have what is left of it.
      if (other.isOver) return undefined;
      await orAborted(other.over, signal, op, url);
    }
    const listed = catalogue.listed.get(keyOf(place));
    const isAll = listed?.size === instances.length && instances.every((uid) => listed.has(uid));
    const wanted = isAll ? listed : new Map(instances.map((uid) => [uid, listed?.get(uid)]));
    return this.#begin(place, about, wanted, true, ask);
  }

  /** Ends what is under way, and settles when it has. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#underWay].map((each) => each.dispose()));
    this.#series.clear();
    this.#underWay.clear();
  }

  #find({ study, series }: Place): SeriesRetrieval | undefined {
    for (const [key, each] of this.#series) if (each.isDone) this.#series.delete(key);
    for (const each of this.#underWay) {
      if (each.isDone && each.isOver) this.#underWay.delete(each);
    }
    return this.#series.get(keyOf({ study, series }));
  }

  /** The model to ask by, and the Modality where the archive tells no classes. */
  async #about(place: Place, ask: Ask): Promise<About> {
    const { catalogue } = this.#options;
    const model = await catalogue.model(place, ask);
    const { study, series } = place;
    const listed = catalogue.listed.get(keyOf({ study, series }));
    // What one answer tells, all do.
    const isUntold = listed !== undefined && [...listed.values().take(1)][0] === undefined;
    return { model, modality: isUntold ? await catalogue.modality(place, ask) : "" };
  }

  #begin(
    place: Place,
    about: About,
    instances: Instances,
    isInAnyOrder: boolean,
    { url }: Ask,
  ): SeriesRetrieval | undefined {
    const { catalogue, spool, maxSeries, retriever, clock, idleMs } = this.#options;
    const key = keyOf(place);
    const listed = catalogue.listed.get(key);
    const areFew = listed !== undefined && instances.size < FEW * listed.size;
    const isOne = instances.size < 2;
    // Who asks for few does not ask for all.
    if (listed && (areFew || isOne)) this.#used.add(listed);
    if (areFew && retriever.takesLists === false) return undefined;
    if (isOne || this.#busy >= maxSeries || !spool.isUsable) return undefined;
    if (listed) this.#used.add(listed);
    const areSome = listed === undefined || instances.size < listed.size;
    const retrieval = new SeriesRetrieval({
      retriever,
      spool,
      clock,
      place,
      ...about,
      instances,
      areSome,
      areMany: isInAnyOrder && instances.size >= MANY && maxSeries > 1,
      areFew,
      mostLanes: maxSeries,
      lane: () => this.#lane(),
      url,
      isOnly: catalogue.client.pool.limit === 1,
      idleMs,
    });
    this.#series.set(key, retrieval);
    this.#underWay.add(retrieval);
    return retrieval;
  }

  get #busy(): number {
    return [...this.#underWay].filter((each) => !each.isOver).length;
  }

  #lane(): (() => void) | undefined {
    const { catalogue, maxSeries } = this.#options;
    const most = Math.min(maxSeries, catalogue.client.pool.limit - 1);
    if (this.#busy + this.#lanes >= most) return undefined;
    this.#lanes++;
    return () => void this.#lanes--;
  }
}
