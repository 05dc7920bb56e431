/**
 * Associations with one peer, used again.
 *
 * @module
 */

import { type Clock, sleep, steadyClock, systemClock } from "../../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { NEVER, toAborted } from "../../../vfs/concurrency/signals.ts";
import { Association } from "./association.ts";
import {
  AssociationAborted,
  AssociationNotEstablished,
  AssociationRejected,
  NotConnected,
} from "./errors.ts";
import { IdleAssociations, type Wanted } from "./pool_idle.ts";
import { SharedAssociations } from "./pool_shared.ts";
import { type AssociationOptions, requestAssociation } from "./requestor.ts";

/** How a pool works, and with whom. */
export interface PoolOptions
  extends Omit<AssociationOptions, "contexts" | "roles" | "signal" | "asyncWindow"> {
  /** Most associations at once, 1 to 16; 4. Fewer for a while after the peer rejected one for want of resources. */
  readonly size?: number;
  /** How long after such a rejection, or silence, one more is tried or kept, and then the next, in milliseconds; 30 s. */
  readonly growBackMs?: number;
  /**
   * How long an association is kept without use, in milliseconds; 20 s, since archives abort after 30 s. Much less where
   * the peer left others without an answer meanwhile.
   */
  readonly idlePoolMs?: number;
  /** How often a transient rejection is tried again when no other association is open; 2. */
  readonly maxRetries?: number;
  /** Pause before the first of these, doubled for each; 250 ms. */
  readonly backOffMs?: number;
}

/** What an operation needs: an open association that was asked for all of it is used again. */
export interface PoolRequest extends Wanted {
  /** Operations at once to ask the peer for on a new association (PS3.7 §D.3.3.3); 1. */
  readonly window?: number;
  /**
   * Once the pool is full, shares an association with others for the very same contexts, as far as the peer granted a
   * window. What ends it is then a failure of all of them.
   */
  readonly isShared?: boolean;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
}

/** Associations that one pool may have at most. */
const MAX_POOL_SIZE = 16;

/**
 * Associations with one peer, used in turn and in parallel: many servers answer 22 messages a second on one, whatever
 * the client.
 *
 * @example
 * ```ts
 * import { AssociationPool, cEcho, serveDicom, VERIFICATION } from "./mod.ts";
 *
 * await using server = serveDicom({ aeTitle: "NODE", port: 0 });
 * const { port } = server;
 * await using pool = new AssociationPool({ hostname: "127.0.0.1", port, calledAET: "NODE" });
 * const contexts = [{ sopClassUID: VERIFICATION, transferSyntaxUIDs: ["1.2.840.10008.1.2"] }];
 * await pool.run({ contexts }, (association) => cEcho(association));
 * ```
 */
export class AssociationPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #open = new Set<Association>();
  readonly #idle: IdleAssociations;
  readonly #shared = new SharedAssociations((each, wanted) => this.#idle.isFit(each, wanted));
  /** Whether the peer has let somebody in who asked for a window, or only who did not. */
  #takesWindow: boolean | undefined;
  #limit: number;
  #lastRejection = -Infinity;
  #opening = 0;
  #isClosed = false;
  readonly #waiting = new Set<() => void>();
  readonly #connecting = new Set<Promise<Association>>();
  /** When what is under way began: requests for associations, and operations. */
  readonly #begun = new Map<object, number>();
  readonly #closing = new AbortController();

  /** Opens nothing yet. @throws `RangeError` for a size outside of 1 to 16 */
  constructor(options: PoolOptions) {
    const { size = 4 } = options;
    if (!Number.isInteger(size) || size < 1 || size > MAX_POOL_SIZE) {
      throw new RangeError(`A pool has 1 to ${MAX_POOL_SIZE} associations, not ${size}`);
    }
    this.#options = options;
    this.#clock = steadyClock(options.clock ?? systemClock);
    this.#limit = size;
    this.#idle = new IdleAssociations(this.#clock, {
      keepMs: options.idlePoolMs ?? 20_000,
      scarceMs: options.growBackMs ?? 30_000,
      isSilent: (forMs) => this.#isSilent(forMs),
    });
  }

  /** Associations that are open now. */
  get open(): number {
    return this.#open.size;
  }

  /** Most associations at once, as far as the peer has let us know. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Runs `action` with an association of its own.
   *
   * @throws what `action` throws; the errors of {@linkcode requestAssociation}; `Aborted`
   */
  async run<T>(
    request: PoolRequest,
    action: (association: Association) => Promise<T>,
  ): Promise<T> {
    const association = await this.#acquire(request);
    if (request.isShared && this.#shared.begin(association)) this.#wakeAll();
    this.#begun.set(association, this.#clock.now());
    try {
      return await action(association);
    } finally {
      const isLast = this.#shared.end(association);
      if (isLast) this.#begun.delete(association);
      if (isLast) this.#giveBack(association);
      else this.#wakeAll();
    }
  }

  /** Releases what is idle, aborts what is in use. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const kept = new Set(this.#idle.takeAll());
    this.#closing.abort(this.#closed());
    this.#wakeAll();
    await Promise.allSettled(this.#connecting);
    await Promise.all(
      [...this.#open].map((each) => kept.has(each) ? each.release() : each.abort()),
    );
  }

  async #acquire(request: PoolRequest): Promise<Association> {
    const { signal = NEVER } = request;
    const { maxRetries = 2, backOffMs = 250 } = this.#options;
    for (let retries = 0;;) {
      if (this.#isClosed) throw this.#closed();
      const kept = this.#idle.take(request);
      if (kept) return kept;
      this.#growBack();
      if (this.#open.size + this.#opening >= this.#limit) {
        const joined = this.#join(request);
        if (joined) return joined;
        const other = this.#idle.takeOldest();
        if (!other) {
          const leave = this.#shared.wait(request);
          try {
            await this.#changed(signal);
          } finally {
            leave();
          }
          continue;
        }
        // Its place is ours: those that wait for one like it would take it again and again.
        this.#opening++;
        await other.release();
        this.#opening--;
        if (this.#isClosed) throw this.#closed();
      }
      try {
        return await this.#connectOrTake(request, signal);
      } catch (error) {
        const others = this.#open.size + this.#opening;
        // Before anybody else is woken, who would ask in vain as well.
        if (isTransient(error)) this.#shrink(others);
        this.#wakeAll();
        if (!isTransient(error)) throw error;
        if (others > 0) continue;
        if (retries >= maxRetries) throw isVfsError(error) ? error.exhausted(retries + 1) : error;
        await sleep(this.#clock, backOffMs * 2 ** retries++, signal);
      }
    }
  }

  /**
   * A new association, or one that is given back before it is there: a peer that serves one at a time lets others
   * wait. What comes too late is kept for the next operation.
   */
  #connectOrTake(request: PoolRequest, signal: AbortSignal): Promise<Association> {
    const { promise, resolve, reject } = Promise.withResolvers<Association>();
    // What is shared is not given back while more and more join it.
    const leave = this.#shared.wait(request);
    let isOver = false;
    const end = () => {
      isOver = true;
      leave();
      this.#waiting.delete(look);
      signal.removeEventListener("abort", onAbort);
    };
    // At once, before those that have come later: they would have each turn.
    const look = () => {
      const other = this.#idle.take(request) ?? this.#join(request);
      if (!other) return;
      end();
      resolve(other);
    };
    const onAbort = () => {
      end();
      reject(toAborted(signal, "wait for", this.#url));
    };
    const connecting = this.#connect(request);
    this.#connecting.add(connecting);
    connecting.then((association) => {
      this.#connecting.delete(connecting);
      if (isOver) return this.#giveBack(association);
      end();
      resolve(association);
    }, (error) => {
      this.#connecting.delete(connecting);
      // Whoever asked for it has gone, and cannot tell others that there is room for theirs.
      if (isOver) return this.#wakeAll();
      end();
      reject(error);
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else this.#waiting.add(look);
    return promise;
  }

  #join(request: PoolRequest): Association | undefined {
    const isFull = this.#open.size + this.#opening >= this.#limit;
    return isFull && request.isShared ? this.#shared.join(request) : undefined;
  }

  async #connect(request: PoolRequest): Promise<Association> {
    const { contexts, roles, signal = NEVER } = request;
    const asked = {};
    this.#opening++;
    this.#begun.set(asked, this.#clock.now());
    try {
      const association = await this.#agree({
        ...this.#options,
        contexts,
        roles,
        signal: AbortSignal.any([signal, this.#closing.signal]),
      }, request.window);
      this.#open.add(association);
      this.#idle.know(association, { contexts, roles });
      association.closed.then(() => {
        this.#open.delete(association);
        this.#idle.forget(association);
        this.#wakeAll();
      });
      return association;
    } finally {
      this.#opening--;
      this.#begun.delete(asked);
    }
  }

  /** Asks for a window, and again without where that might be what a peer has ended an association for. */
  async #agree(options: AssociationOptions, window = 1): Promise<Association> {
    if (window === 1 || this.#takesWindow === false) return await requestAssociation(options);
    try {
      const asyncWindow = { invoked: window, performed: 1 };
      const association = await requestAssociation({ ...options, asyncWindow });
      this.#takesWindow = true;
      return association;
    } catch (error) {
      if (this.#takesWindow || !mayDislikeItem(error)) throw error;
    }
    const association = await requestAssociation(options);
    this.#takesWindow ??= false;
    return association;
  }

  /** Whether something under way has heard nothing for so long. */
  #isSilent(forMs: number): boolean {
    const now = this.#clock.now();
    for (const [each, begun] of this.#begun) {
      const heard = each instanceof Association ? each.lastActivity : begun;
      if (now - Math.max(begun, heard) >= forMs) return true;
    }
    return false;
  }

  #shrink(others: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, others));
    this.#lastRejection = this.#clock.now();
  }

  /** One more, once the peer has not complained for a while. */
  #growBack(): void {
    const { size = 4, growBackMs = 30_000 } = this.#options;
    const now = this.#clock.now();
    if (this.#limit >= size || now - this.#lastRejection < growBackMs) return;
    this.#limit++;
    this.#lastRejection = now;
  }

  #giveBack(association: Association): void {
    if (association.isOpen && !this.#isClosed) this.#idle.give(association);
    this.#wakeAll();
  }

  /** Waits until an association has come, gone or been given back. */
  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(wake);
        reject(toAborted(signal, "wait for", this.#url));
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  get #url(): string {
    const { hostname, port, calledAET } = this.#options;
    return `dicom://${hostname}:${port}/${calledAET}`;
  }

  #closed(): AssociationNotEstablished {
    const reason = "the pool is closed";
    return new AssociationNotEstablished("Aborted", {
      op: "associate with",
      url: this.#url,
      reason,
    });
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof AssociationRejected && error.status === "temporary";
}

/** Whether a peer that does not know an item of the request might have ended the association so. */
function mayDislikeItem(error: unknown): boolean {
  if (error instanceof AssociationAborted) return true;
  if (!(error instanceof AssociationNotEstablished) || error instanceof NotConnected) return false;
  if (!(error instanceof AssociationRejected)) return error.kind === "Unavailable";
  // Without a reason, or by ACSE; AE titles and want of resources have reasons of their own.
  return error.result === 1 && (error.source === 2 || error.reason === 1);
}
