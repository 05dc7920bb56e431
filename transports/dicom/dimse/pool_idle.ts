/**
 * The associations of a pool that wait for their next use.
 *
 * @module
 */

import type { Clock } from "../../../vfs/concurrency/clock.ts";
import { type Association, layerOf } from "./association.ts";
import type { ContextProposal } from "./negotiation.ts";
import type { RoleSelection } from "./pdu.ts";

/** What an association must have been asked for. */
export interface Wanted {
  /** Presentation contexts. */
  readonly contexts: readonly ContextProposal[];
  /** Roles. */
  readonly roles?: readonly RoleSelection[];
  /** It must have been asked for this very array and nothing else: what else is proposed can change the answer. */
  readonly isExact?: boolean;
}

interface Offer {
  readonly contexts: readonly ContextProposal[];
  readonly has: ReadonlySet<string>;
}

interface Idle {
  readonly association: Association;
  readonly since: number;
}

/** How often it is looked whether what is idle keeps the peer from something else, in milliseconds. */
const LOOK_MS = 500;
/** How long an association is kept where the peer lacks one, in milliseconds: until the operation after this. */
const BRIEFLY_MS = 20;

/** How idle associations are kept. */
export interface Keeping {
  /** For how long, in milliseconds. */
  readonly keepMs: number;
  /** How long they are kept only briefly, once the peer lacked one, in milliseconds. */
  readonly scarceMs: number;
  /** Whether the peer has left something without an answer for so many milliseconds. */
  readonly isSilent: (forMs: number) => boolean;
}

/**
 * Associations that wait for their next use, and are released when none comes. Some servers have a few threads, or one,
 * and keep one busy with each association that is open: what the others ask for has no answer while these idle. So they
 * are released then, and only kept briefly for a while.
 */
export class IdleAssociations {
  readonly #clock: Clock;
  readonly #keeping: Keeping;
  readonly #offers = new WeakMap<Association, Offer>();
  #idle: Idle[] = [];
  #cancelSweep: (() => void) | undefined;
  #lastSilence = -Infinity;

  /** Keeps none yet. */
  constructor(clock: Clock, keeping: Keeping) {
    this.#clock = clock;
    this.#keeping = keeping;
  }

  /** Remembers what an association was asked for. */
  know(association: Association, { contexts, roles }: Wanted): void {
    this.#offers.set(association, { contexts, has: new Set(keysOf({ contexts, roles })) });
  }

  /** Whether an association is open and was asked for all of `wanted`. */
  isFit(association: Association, wanted: Wanted): boolean {
    return association.isOpen && satisfies(this.#offers.get(association)!, wanted);
  }

  /** Takes the last used that was asked for all of `wanted`, so that those in excess fall idle. */
  take(wanted: Wanted): Association | undefined {
    const at = this.#idle.findLastIndex(({ association }) => this.isFit(association, wanted));
    return at < 0 ? undefined : held(this.#idle.splice(at, 1)[0]!);
  }

  /** Takes the one that has waited longest, whatever it is for. */
  takeOldest(): Association | undefined {
    const oldest = this.#idle.shift();
    return oldest && held(oldest);
  }

  /** Takes all, for good. */
  takeAll(): Association[] {
    this.#cancelSweep?.();
    return this.#idle.splice(0).map(held);
  }

  /** Keeps an association that somebody is done with. */
  give(association: Association): void {
    // A process that has nothing else to do ends, and its connections with it.
    layerOf(association).hold(false);
    this.#idle.push({ association, since: this.#clock.now() });
    if (!this.#cancelSweep) this.#sweep();
  }

  /** Forgets an association that is closed. */
  forget(association: Association): void {
    this.#idle = this.#idle.filter((idle) => idle.association !== association);
  }

  /** Releases what has waited too long. One timer for all: to make one for each use costs as much as an echo. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    const { keepMs: usualMs, scarceMs, isSilent } = this.#keeping;
    const now = this.#clock.now();
    if (isSilent(LOOK_MS)) this.#lastSilence = now;
    const keepMs = now - this.#lastSilence < scarceMs ? Math.min(BRIEFLY_MS, usualMs) : usualMs;
    const isStale = ({ since }: Idle) => now - since >= keepMs;
    for (const idle of this.#idle.filter(isStale)) held(idle).release();
    this.#idle = this.#idle.filter((idle) => !isStale(idle));
    // While all are in use, the next that is given comes here again.
    const [oldest] = this.#idle;
    if (!oldest) return;
    const left = Math.min(oldest.since + keepMs - now, LOOK_MS);
    this.#cancelSweep = this.#clock.schedule(() => this.#sweep(), left, true);
  }
}

function held({ association }: Idle): Association {
  layerOf(association).hold(true);
  return association;
}

function* keysOf({ contexts, roles = [] }: Wanted): Generator<string> {
  for (const { sopClassUID, transferSyntaxUIDs } of contexts) {
    yield `${sopClassUID} ${transferSyntaxUIDs.join(" ")}`;
  }
  for (const { sopClassUID, scu, scp } of roles) yield `${sopClassUID} ${scu} ${scp}`;
}

function satisfies({ contexts, has }: Offer, wanted: Wanted): boolean {
  if (wanted.contexts === contexts && !wanted.roles) return true;
  if (wanted.isExact) return false;
  for (const key of keysOf(wanted)) if (!has.has(key)) return false;
  return true;
}
