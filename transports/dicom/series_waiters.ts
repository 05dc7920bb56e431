/**
 * Who waits for instances of a series that have yet to come.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { IncomingInstance } from "./dimse/mod.ts";
import type { Landing } from "./landing.ts";

/** An instance that has come, or is coming. */
export interface Arrival {
  /** What the archive says of it. */
  readonly instance: IncomingInstance;
  /** Its dataset. */
  readonly landing: Landing;
}

type Waiter = PromiseWithResolvers<Arrival | undefined>;

/** Those who wait; undefined sends them away, so that they fetch it alone. */
export class Waiters {
  readonly #forOne = new Map<string, Waiter>();
  readonly #forAny = new Set<Waiter>();

  /** Nobody waits. */
  get isEmpty(): boolean {
    return this.#forOne.size + this.#forAny.size === 0;
  }

  /** Waits for an instance that nobody else waits for. @throws `Aborted` */
  one(uid: string, ask: Ask): Promise<Arrival | undefined> {
    const waiter: Waiter = Promise.withResolvers();
    this.#forOne.set(uid, waiter);
    return wait(waiter, ask, () => this.#forOne.delete(uid));
  }

  /** Waits for whichever comes. @throws `Aborted` */
  any(ask: Ask): Promise<Arrival | undefined> {
    const waiter: Waiter = Promise.withResolvers();
    this.#forAny.add(waiter);
    return wait(waiter, ask, () => this.#forAny.delete(waiter));
  }

  /** Whom to give this instance: who waits for it, or, when nobody has asked for it, for whichever comes. */
  next(uid: string, isAskedFor: boolean): ((arrival: Arrival) => void) | undefined {
    const [any] = this.#forAny;
    const waiter = isAskedFor ? this.#forOne.get(uid) : any;
    if (!waiter) return undefined;
    if (isAskedFor) this.#forOne.delete(uid);
    else this.#forAny.delete(waiter);
    return waiter.resolve;
  }

  /** Sends all away. */
  sendAway(): void {
    for (const { resolve } of this.#forOne.values()) resolve(undefined);
    this.#forOne.clear();
    this.sendTakersAway();
  }

  /** Sends those away who wait for whichever comes. */
  sendTakersAway(): void {
    for (const { resolve } of this.#forAny) resolve(undefined);
    this.#forAny.clear();
  }
}

async function wait(
  { promise }: Waiter,
  { op, url, signal }: Ask,
  forget: () => void,
): Promise<Arrival | undefined> {
  try {
    return await orAborted(promise, signal, op, url);
  } catch (error) {
    forget();
    // It may have come in the same moment.
    promise.then((arrival) => arrival?.landing.reader.close());
    throw error;
  }
}
