/**
 * What the command tells the shell.
 *
 * @module
 */

import { isVfsError, TransportNotFound } from "../vfs/errors.ts";
import { BrokenPipe } from "./console.ts";
import { NoAnswer } from "./input.ts";

/** The exit codes, and what the help says of them. */
export const EXIT = {
  ok: 0,
  notFound: 1,
  usage: 2,
  denied: 3,
  partial: 4,
  failed: 5,
  interrupted: 130,
  brokenPipe: 141,
} as const;

/** The table of exit codes in the help. */
export const EXIT_HELP = `Exit codes:
  0    done
  1    not found
  2    wrong usage: an option, a URL or a scheme that does not exist
  3    permission denied, or a login is needed
  4    some items failed, the others are done
  5    another failure: damaged, timed out, not reachable, not supported
  130  interrupted
  141  the reader of the output went away`;

/** A wrong use of the command that only running it shows. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The exit code that goes with `error`. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof BrokenPipe) return EXIT.brokenPipe;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NoAnswer) return EXIT.interrupted;
  if (!isVfsError(error)) return EXIT.failed;
  if (error instanceof TransportNotFound) {
    return error.cause === undefined ? EXIT.usage : EXIT.failed;
  }
  switch (error.kind) {
    case "NotFound":
      return EXIT.notFound;
    case "InvalidUrl":
    case "InvalidArgument":
      return EXIT.usage;
    case "PermissionDenied":
    case "Unauthenticated":
      return EXIT.denied;
    case "PartialFailure":
      return EXIT.partial;
    case "Aborted":
      return EXIT.interrupted;
    default:
      return EXIT.failed;
  }
}
