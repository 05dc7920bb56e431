/**
 * What a web server or the network said, as errors of ours.
 *
 * @module
 */

import { type ErrorKind, isVfsError, VfsError } from "../../vfs/errors.ts";
import { toAborted } from "../../vfs/signals.ts";
import type { CallOptions, FetchedResponse } from "../../vfs/transport.ts";

/** What an operation does and to what, for its errors, and until when it matters. */
export interface Ask extends CallOptions {
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL that the caller gave. */
  readonly url: string;
}

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: "Unauthenticated",
  403: "PermissionDenied",
  404: "NotFound",
  407: "Unauthenticated",
  408: "TimedOut",
  410: "NotFound",
  412: "ConditionFailed",
  416: "RangeNotSatisfiable",
  429: "RateLimited",
  501: "NotSupported",
};

/** The error for an answer with the status of one (RFC 9110 §15.5, §15.6). */
export function refused({ op, url }: Ask, answer: FetchedResponse, now: number): VfsError {
  const { status } = answer;
  const kind = KINDS[status] ?? (status >= 500 ? "Unavailable" : "Protocol");
  return new VfsError(kind, {
    op,
    url,
    ...(["Unavailable", "Protocol"].includes(kind) && { reason: `the server answered ${status}` }),
    detail: { http: status },
    retryAfterMs: retryAfterMs(answer.headers.get("retry-after"), now),
  });
}

/** The header `Retry-After` in milliseconds (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null, now: number): number | undefined {
  if (!header) return undefined;
  if (/^[0-9]+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The error for an answer that is none to what was asked. */
export function broken({ op, url }: Ask, reason: string): VfsError {
  return new VfsError("Protocol", { op, url, reason });
}

/** The error for a request that got no answer, or whose answer broke off. */
export function unreachable(error: unknown, { op, url, signal }: Ask, isBegun: boolean): VfsError {
  if (isVfsError(error)) return error;
  if (signal.aborted) return toAborted(signal, op, url);
  if (error instanceof Error && error.name === "NotCapable") {
    const reason = "Deno may not reach the host; run with --allow-net=HOST";
    return new VfsError("PermissionDenied", { op, url, reason, cause: error });
  }
  return new VfsError(isBegun ? "Incomplete" : "Unavailable", { op, url, cause: error });
}
