/**
 * Answers that are no success, and which of them an error is.
 *
 * @module
 */

import { type ErrorKind, isVfsError } from "../vfs/errors.ts";

/** One fault of a request, in the shape of FastAPI. */
export interface Fault {
  /** Kind of fault: `missing`, `value_error`… */
  readonly type: string;
  /** Where it is: `["query", "tag"]`. */
  readonly loc: readonly string[];
  /** What is wrong, for people. */
  readonly msg: string;
  /** What came. */
  readonly input: unknown;
}

/** An answer that is no success. */
export class Problem extends Error {
  /** HTTP status code. */
  readonly status: number;
  /** What the body says. */
  readonly detail: string | readonly Fault[];
  /** More headers. */
  readonly headers: Readonly<Record<string, string>>;

  /** Makes the answer with `status`. */
  constructor(
    status: number,
    detail: string | readonly Fault[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(typeof detail === "string" ? detail : detail.map(({ msg }) => msg).join("; "));
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

const STATUS: Readonly<Partial<Record<ErrorKind, number>>> = {
  NotFound: 404,
  AlreadyExists: 409,
  ConditionFailed: 409,
  NotEmpty: 409,
  InvalidArgument: 422,
  InvalidUrl: 422,
  Corrupt: 422,
  NotSupported: 501,
  RangeNotSatisfiable: 416,
  StorageFull: 507,
  RateLimited: 503,
  Unavailable: 503,
  TimedOut: 504,
  // The store's server refused us, and not we the client.
  PermissionDenied: 502,
  Unauthenticated: 502,
  Incomplete: 502,
  Protocol: 502,
};

/** The problem that an error is to the client. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!isVfsError(error)) return new Problem(500, "Internal Server Error");
  return new Problem(STATUS[error.kind] ?? 500, error.message);
}
