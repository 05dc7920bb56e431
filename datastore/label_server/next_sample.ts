/**
 * Which image is annotated next, and by whom.
 *
 * @module
 */

import type { Datastore, ItemInfo } from "../datastore.ts";
import { recordOf } from "../../vfs/json.ts";
import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Settings } from "./options.ts";

/** An image to annotate. */
export interface Sample {
  /** Its id. */
  readonly id: string;
  /** What is known of it. */
  readonly info: ItemInfo;
  /** What the strategy thought of it. */
  readonly weight?: number;
}

interface Candidate {
  readonly id: string;
  readonly info: ItemInfo;
}

interface Lease {
  readonly user: string;
  /** By the steady clock. */
  readonly until: number;
}

/** Picks one of at least one candidate. */
type Strategy = (
  candidates: readonly Candidate[],
  context: { readonly name: string; readonly now: number; readonly random: () => number },
) => Sample;

/** The strategies by name, with what they are. */
export const STRATEGIES: Readonly<
  Record<string, { readonly description: string; readonly pick: Strategy }>
> = {
  first: {
    description: "The first image without a final label, by id",
    pick: (candidates) => candidates[0]!,
  },
  random: {
    description: "A random image without a final label, the likelier the longer it was not given",
    pick: pickRandom,
  },
};

/**
 * Gives images to users, one at a time each. An image that a user has is not given to another until it is labelled,
 * he takes another one, or his lease is over.
 */
export class NextSample {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #leases = new Map<string, Lease>();

  /** Nobody has anything yet. */
  constructor(settings: Settings) {
    this.#settings = settings;
    this.#clock = steadyClock(settings.clock);
  }

  /**
   * The next image for `user`, which is his from now on; somebody without a name gets no lease.
   *
   * @returns undefined when there is none left for him
   */
  async take(
    strategy: string,
    user: string | undefined,
    { signal }: OpOptions = {},
  ): Promise<Sample | undefined> {
    const { datastore, clock, random, leaseMs } = this.#settings;
    const unlabeled = await datastore.getUnlabeledImages(undefined, { signal });
    const now = this.#clock.now();
    this.#dropOld(now);
    const isFree = (id: string) => {
      const lease = this.#leases.get(id);
      return lease === undefined || lease.user === user;
    };
    const free = unlabeled.filter(isFree);
    // Others may take some while their infos are read.
    const candidates = (await candidatesOf(datastore, free.sort(), { signal }))
      .filter(({ id }) => isFree(id));
    if (candidates.length === 0) return undefined;
    const context = { name: strategy, now: Math.floor(clock.now() / 1000), random };
    const sample = STRATEGIES[strategy]!.pick(candidates, context);
    if (user !== undefined) this.#lease(sample.id, { user, until: now + leaseMs });
    return sample;
  }

  /** The image is done: nobody has it. */
  release(imageId: string): void {
    this.#leases.delete(imageId);
  }

  #lease(imageId: string, lease: Lease): void {
    for (const [id, { user }] of this.#leases) if (user === lease.user) this.#leases.delete(id);
    this.#leases.set(imageId, lease);
  }

  #dropOld(now: number): void {
    for (const [id, { until }] of this.#leases) if (until <= now) this.#leases.delete(id);
  }
}

async function candidatesOf(
  datastore: Datastore,
  ids: readonly string[],
  options: OpOptions,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const id of ids) candidates.push({ id, info: await datastore.getImageInfo(id, options) });
  return candidates;
}

/** Weights are the seconds since an image was given last, as in MONAI Label. */
function pickRandom(
  candidates: readonly Candidate[],
  { name, now, random }: Parameters<Strategy>[1],
): Sample {
  const weights = candidates.map(({ info }) => Math.max(1, now - lastGiven(info, name)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let at = random() * sum;
  const found = weights.findIndex((weight) => (at -= weight) < 0);
  const i = found < 0 ? candidates.length - 1 : found;
  return { ...candidates[i]!, weight: weights[i]! };
}

/** When a strategy gave an image last, in seconds since the epoch; 0 for never. */
function lastGiven(info: ItemInfo, strategy: string): number {
  const given = recordOf(recordOf(info.strategy)[strategy]).ts;
  return typeof given === "number" ? given : 0;
}

/** The info to merge into that of an image when it is given: other strategies' notes stay. */
export function givenBy(
  strategy: string,
  user: string,
  info: ItemInfo,
  nowMs: number,
): ItemInfo {
  const note = { ts: Math.floor(nowMs / 1000), client_id: user };
  return { strategy: { ...recordOf(info.strategy), [strategy]: note } };
}
