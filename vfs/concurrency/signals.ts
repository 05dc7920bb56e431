/**
 * Abort signals: the one that never fires, and what an abort becomes.
 *
 * @module
 */

import { isVfsError, reasonIn, VfsError } from "../errors.ts";

/** A signal that never aborts, for calls that were given none. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Why `signal` was aborted, as an error: a {@linkcode VfsError} given as reason is kept. */
export function toAborted(
  signal: AbortSignal,
  op = "finish",
  url = "",
): VfsError {
  const reason: unknown = signal.reason;
  if (isVfsError(reason)) return reason;
  const timedOut = reason instanceof DOMException &&
    reason.name === "TimeoutError";
  return new VfsError(timedOut ? "TimedOut" : "Aborted", {
    op,
    url,
    status: "permanent",
    cause: reason,
  });
}

/** What an abort became, with the failure that came before it: what that one left nobody has looked at since. */
export function abortedAfter(failure: VfsError, aborted: unknown): unknown {
  if (!isVfsError(aborted) || aborted === failure) return aborted;
  const { kind, op, url, status } = aborted;
  const reason = `${reasonIn(aborted)}, after: ${failure.message}`;
  return new VfsError(kind, { op, url, status, reason, cause: aborted });
}

/** Throws when `signal` is aborted. @throws `Aborted`, or `TimedOut` for `AbortSignal.timeout` */
export function throwIfAborted(
  signal: AbortSignal,
  op: string,
  url: string,
): void {
  if (signal.aborted) throw toAborted(signal, op, url);
}

/**
 * Settles as `promise` does, or rejects as soon as `signal` is aborted. The promise goes on alone then, and
 * what it settles to is dropped. What is there already is not lost by an abort.
 */
export function orAborted<T>(
  promise: Promise<T> | T,
  signal: AbortSignal,
  op: string,
  url: string,
): Promise<T> {
  if (signal === NEVER || !(promise instanceof Promise)) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    const abort = () => reject(toAborted(signal, op, url));
    // What has settled by then is on its way, and what came of it should not be lost.
    const onAbort = () => queueMicrotask(abort);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const forget = () => signal.removeEventListener("abort", onAbort);
    promise.then((value) => {
      forget();
      resolve(value);
    }, (error) => {
      forget();
      reject(error);
    });
  });
}
