/**
 * What went wrong, as the page is told.
 *
 * @module
 */

import { Problem, problemOf } from "../serving/problem.ts";
import { type ErrorKind, isVfsError } from "../vfs/errors.ts";

/** An error in the page's terms. */
export interface Failure {
  /** HTTP status code. */
  readonly status: number;
  /** Kind of a `VfsError`, otherwise `Refused` or `Unexpected`. */
  readonly kind: string;
  /** A sentence for people: never a stack, never a credential. */
  readonly message: string;
}

/** Kinds that the visitor can do something about here. */
const STATUS: Readonly<Partial<Record<ErrorKind, number>>> = {
  PermissionDenied: 403,
  IsADirectory: 422,
  NotADirectory: 422,
};

/** What `error` is to the visitor. */
export function failureOf(error: unknown): Failure {
  const { status, detail } = problemOf(error);
  const message = typeof detail === "string" ? detail : "That cannot be done";
  if (isVfsError(error)) {
    const { kind } = error;
    return { status: STATUS[kind] ?? status, kind, message };
  }
  if (error instanceof Problem) return { status, kind: "Refused", message };
  return { status, kind: "Unexpected", message: "Something went wrong in medvfs itself" };
}

/** The answer that tells of `error`. */
export function failureResponse(error: unknown): Response {
  const failure = failureOf(error);
  const headers = error instanceof Problem ? error.headers : {};
  return Response.json({ error: failure }, { status: failure.status, headers });
}

/** Whether the one who runs the server should hear of it too. */
export function isOurs({ status }: Failure): boolean {
  return status >= 500 && status !== 501;
}
