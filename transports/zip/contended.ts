/**
 * Changes of an archive that others may change at the same time.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { type Clock, sleep } from "../../vfs/concurrency/clock.ts";
import { Semaphore } from "../../vfs/concurrency/semaphore.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Place } from "../../vfs/transport.ts";

/** A change, and how it is made. */
export interface Contended {
  /** Where the archive is. */
  readonly place: Place;
  /** Makes the change to the archive as it is now. @throws what {@linkcode changedMeanwhile} makes */
  readonly change: () => Promise<void>;
  /** Whether it can be made again, once it failed. */
  readonly isRepeatable: () => boolean;
  /** How often in all. @default {30} */
  readonly tries?: number;
  /** Time. */
  readonly clock: Clock;
}

/** Of those who change it at once one succeeds each time, so this is for many who go on changing it, or for one who never stops. */
const TRIES = 30;
/** Longest wait before the second try, in milliseconds; each further one may be as much longer, up to a limit. */
const WAIT_MS = 50;
const LONGEST_WAIT_MS = 500;

interface Turn {
  readonly semaphore: Semaphore;
  users: number;
}

/** Between the last look at an archive and its exchange somebody else may exchange it; nobody of this process does. */
const turns = new Map<string, Turn>();

/** Makes a change one at a time in this process, and otherwise like {@linkcode again}. */
export async function contended({ change, ...rest }: Contended, ask: Ask): Promise<void> {
  const inTurn = async () => {
    const leave = await takeTurn(rest.place, ask);
    try {
      await change();
    } finally {
      leave();
    }
  };
  await again({ ...rest, change: inTurn }, ask);
}

/**
 * Makes a change; once more when somebody else changed the archive meanwhile.
 *
 * @throws `ConditionFailed` when that goes on, or the change cannot be made again
 */
export async function again(
  { place, change, isRepeatable, tries = TRIES, clock }: Contended,
  ask: Ask,
): Promise<void> {
  for (let tried = 1;; tried++) {
    try {
      return await change();
    } catch (error) {
      if (!isChange(error, place) || !isRepeatable()) throw error;
      if (tried === tries) throw changedMeanwhile(place, ask, `each of ${tries} times`);
    }
    const longest = Math.min(LONGEST_WAIT_MS, WAIT_MS * tried);
    await sleep(clock, Math.random() * longest, ask.signal, ask.op, ask.url);
  }
}

/** Waits until nobody else of this process is about to exchange the archive, and gives what ends that. @throws `Aborted` */
export async function takeTurn({ location: { href } }: Place, ask: Ask): Promise<() => void> {
  const turn = turns.get(href) ?? { semaphore: new Semaphore(1), users: 0 };
  turns.set(href, turn);
  turn.users++;
  const forget = () => {
    if (--turn.users === 0) turns.delete(href);
  };
  try {
    const release = await turn.semaphore.acquire(ask.signal, ask.url);
    return () => {
      release();
      forget();
    };
  } catch (error) {
    forget();
    throw error;
  }
}

/** The error for an archive at `place` that is another one than was read. */
export function changedMeanwhile({ location }: Place, { op }: Ask, when = ""): VfsError {
  const reason = `somebody else changed it meanwhile${when === "" ? "" : `, ${when}`}`;
  return new VfsError("ConditionFailed", { op, url: location.href, reason });
}

/** Whether an error tells of a change of the archive, and not of what is put into it. */
function isChange(error: unknown, { location }: Place): boolean {
  return isVfsError(error) && error.kind === "ConditionFailed" && error.url === location.href;
}
