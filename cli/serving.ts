/**
 * What the commands that serve share.
 *
 * @module
 */

import { wholeNumber, wrong } from "./command.ts";
import { UsageError } from "./exit_code.ts";

/** Parses a port; 0 takes a free one. */
export function parsePort(text: string): number {
  const value = wholeNumber(0)(text);
  if (value > 65_535) throw wrong("A port is 65535 at the most.");
  return value;
}

const NOT_OURS: readonly unknown[] = ["EADDRNOTAVAIL", "EINVAL", "ENOTFOUND"];

/** The error of listening, in the user's words where he can do something about it. */
export function listenError(error: unknown, host: string, port: number): unknown {
  // Of TLS and of the page it is Node's error, which says EINVAL for an address from elsewhere.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (error instanceof Deno.errors.AddrInUse || code === "EADDRINUSE") {
    return new UsageError(`Port ${port} is in use; take another one with --port`);
  }
  if (error instanceof Deno.errors.AddrNotAvailable || NOT_OURS.includes(code)) {
    return new UsageError(`Cannot listen at "${host}": it is no address of this machine`);
  }
  return error;
}

/** Settles when `signal` is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
