/**
 * Callbacks of transfers that throw.
 *
 * @module
 */

import type { OpOptions } from "../options.ts";
import type { TransferOptions } from "./transfer.ts";

/** What callers are told by, as a transfer goes on. */
interface Callbacks<T> extends OpOptions, Pick<TransferOptions, "onProgress"> {
  readonly onOutcome?: (outcome: T) => void;
  readonly onKept?: (outcome: T) => void;
}

/**
 * Runs a transfer whose callbacks may throw. The first that does aborts it, and what it threw is thrown once all under way
 * has come to its end, and was told: what became of a file does not depend on who is told.
 */
export async function heeding<T, O extends Callbacks<T>, R>(
  options: O & Callbacks<T>,
  transfer: (options: O) => Promise<R>,
): Promise<R> {
  const { signal, onOutcome, onProgress, onKept } = options;
  if (!onOutcome && !onProgress && !onKept) return await transfer(options);
  const abort = new AbortController();
  let thrown: { readonly error: unknown } | undefined;
  const safe = <A>(call: ((told: A) => void) | undefined) =>
    call && ((told: A) => {
      try {
        call(told);
      } catch (error) {
        thrown ??= { error };
        abort.abort(error);
      }
    });
  const safely = {
    ...options,
    signal: signal ? AbortSignal.any([signal, abort.signal]) : abort.signal,
    onOutcome: safe(onOutcome),
    onProgress: safe(onProgress),
    onKept: safe(onKept),
  };
  let report: R;
  try {
    report = await transfer(safely);
  } catch (error) {
    throw thrown ? thrown.error : error;
  }
  if (thrown) throw thrown.error;
  return report;
}
