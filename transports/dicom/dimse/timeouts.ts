/**
 * Time limits, and what watches them.
 *
 * @module
 */

import type { Clock } from "../../../vfs/concurrency/clock.ts";

/** Time limits of an association, in milliseconds. */
export interface Timeouts {
  /** TCP and TLS; 10 s. */
  readonly connectMs: number;
  /** From A-ASSOCIATE-RQ to its answer; 30 s. */
  readonly requestMs: number;
  /** An acceptor's wait for A-ASSOCIATE-RQ, and the wait for a peer to close; 30 s. */
  readonly artimMs: number;
  /** Without a byte in either direction, while a C-ECHO, C-STORE or C-FIND is under way; 60 s. */
  readonly responseMs: number;
  /** The same for C-GET and C-MOVE; 120 s. */
  readonly subOperationMs: number;
  /** A message's bytes, and a second more for each KiB; time in which a sink is busy does not count; 300 s. */
  readonly messageMs: number;
  /** From A-RELEASE-RQ to its answer; 5 s. */
  readonly releaseMs: number;
  /** An acceptor's wait for the next operation; 300 s. */
  readonly idleMs: number;
}

/** The time limits that hold unless others are given. */
export const TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  requestMs: 30_000,
  artimMs: 30_000,
  responseMs: 60_000,
  subOperationMs: 120_000,
  messageMs: 300_000,
  releaseMs: 5_000,
  idleMs: 300_000,
};

/**
 * Calls `onExpired` once `limitMs` have passed since what `lastActivity` tells; gives what stops it. Where `isIdle`, the
 * process need not go on for it.
 */
export function watchdog(
  clock: Clock,
  limitMs: number,
  lastActivity: () => number,
  onExpired: () => void,
  isIdle = false,
): () => void {
  const begin = clock.now();
  let cancel: () => void;
  const check = () => {
    const left = Math.max(begin, lastActivity()) + limitMs - clock.now();
    if (left > 0) cancel = clock.schedule(check, left, isIdle);
    else onExpired();
  };
  cancel = clock.schedule(check, limitMs, isIdle);
  return () => cancel();
}
