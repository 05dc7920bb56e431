/**
 * The one error class of medvfs, its kinds, and the subclasses that users of the field know by name.
 *
 * @module
 */

/** Why an operation failed. Match on this, never on message text. */
export type ErrorKind =
  | "NotFound"
  | "AlreadyExists"
  | "PermissionDenied"
  | "Unauthenticated"
  | "IsADirectory"
  | "NotADirectory"
  | "NotEmpty"
  | "NotSupported"
  | "InvalidUrl"
  | "InvalidArgument"
  | "ConditionFailed"
  | "RangeNotSatisfiable"
  | "StorageFull"
  | "Corrupt"
  | "Incomplete"
  | "RateLimited"
  | "TimedOut"
  | "Aborted"
  | "Unavailable"
  | "Protocol"
  | "PartialFailure"
  | "Unexpected";

/**
 * Whether trying again may help: `permanent` no, `temporary` yes, `exhausted` it was temporary and the
 * retries are used up.
 */
export type ErrorStatus = "permanent" | "temporary" | "exhausted";

const REASONS: Readonly<Record<ErrorKind, string>> = {
  NotFound: "not found",
  AlreadyExists: "already exists",
  PermissionDenied: "permission denied",
  Unauthenticated: "not logged in, or the credentials were refused",
  IsADirectory: "is a directory",
  NotADirectory: "not a directory",
  NotEmpty: "directory not empty",
  NotSupported: "not supported",
  InvalidUrl: "invalid URL",
  InvalidArgument: "invalid argument",
  ConditionFailed: "changed meanwhile",
  RangeNotSatisfiable: "range not satisfiable",
  StorageFull: "no space left",
  Corrupt: "content is damaged",
  Incomplete: "ended early",
  RateLimited: "too many requests",
  TimedOut: "timed out",
  Aborted: "aborted",
  Unavailable: "not reachable",
  Protocol: "the peer broke the protocol",
  PartialFailure: "some items failed",
  Unexpected: "unexpected failure",
};

const TEMPORARY: ReadonlySet<ErrorKind> = new Set([
  "Incomplete",
  "RateLimited",
  "TimedOut",
  "Unavailable",
]);

/** Protocol codes behind an error, as far as the transport has them. */
export interface ErrorDetail {
  /** HTTP status code. */
  readonly http?: number;
  /** DIMSE status code (PS3.7 Annex C). */
  readonly dimse?: number;
  /** Operating system error code, such as `ENOSPC`. */
  readonly os?: string;
  /** What the peer said, shortened and without credentials. */
  readonly text?: string;
  /** URL at which the same operation does what was asked for. */
  readonly instead?: string;
}

/** What a {@linkcode VfsError} is made from. */
export interface VfsErrorOptions {
  /** The operation that failed, as a verb: `stat`, `list`, `read`, `copy`. */
  readonly op: string;
  /** The URL concerned; userinfo in it is removed. */
  readonly url: string;
  /** The reason, when the kind alone does not tell enough. Sentence part, no full stop. */
  readonly reason?: string;
  /** Overrides the status that goes with the kind. */
  readonly status?: ErrorStatus;
  /** Protocol codes. */
  readonly detail?: ErrorDetail;
  /** How long the peer asked to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** How often the operation was tried. */
  readonly attempts?: number;
  /** The error underneath. */
  readonly cause?: unknown;
}

const BRAND: unique symbol = Symbol.for("medvfs.VfsError") as never;

/**
 * The error of every medvfs operation.
 *
 * @example
 * ```ts
 * import { stat, VfsError } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * const error = await stat("memory:///nothing-here").catch((e) => e);
 * assert(error instanceof VfsError);
 * assert.equal(error.kind, "NotFound");
 * ```
 */
export class VfsError extends Error {
  /** `VfsError`, whatever a bundler makes of the class. */
  override readonly name: string = "VfsError";
  /** Why it failed. */
  readonly kind: ErrorKind;
  /** Whether trying again may help. */
  readonly status: ErrorStatus;
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL concerned, without credentials. */
  readonly url: string;
  /** Protocol codes. */
  readonly detail?: ErrorDetail;
  /** How long the peer asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** How often the operation was tried. */
  readonly attempts?: number;
  readonly #options: VfsErrorOptions;

  /** Makes an error whose message says the action, the redacted URL and the reason. */
  constructor(kind: ErrorKind, options: VfsErrorOptions) {
    const url = redactUrl(options.url);
    super(
      `Cannot ${options.op} "${url}": ${options.reason ?? REASONS[kind]}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.kind = kind;
    this.status = options.status ??
      (TEMPORARY.has(kind) ? "temporary" : "permanent");
    this.op = options.op;
    this.url = url;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
    this.attempts = options.attempts;
    this.#options = options;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The same temporary error after the last of `attempts` tries. */
  exhausted(attempts: number): VfsError {
    const reason = this.#options.reason ?? REASONS[this.kind];
    const last = new VfsError(this.kind, {
      ...this.#options,
      reason: attempts === 1 ? reason : `${reason} (after ${attempts} attempts)`,
      status: "exhausted",
      attempts,
    });
    // A subclass stays one, for those who ask with `instanceof`.
    Object.setPrototypeOf(last, Object.getPrototypeOf(this));
    return Object.assign(last, this, { status: last.status, attempts });
  }

  /** A plain record for machines. */
  toJSON(): Record<string, unknown> {
    const { name, kind, status, op, url, message, detail, attempts } = this;
    return { name, kind, status, op, url, message, detail, attempts };
  }
}

/** True for an error of medvfs, also one from another copy of the package. */
export function isVfsError(error: unknown): error is VfsError {
  return error instanceof Error && BRAND in error;
}

/** The reason in a message, behind the action and the URL. */
export function reasonIn({ message }: VfsError): string {
  return message.slice(message.indexOf('": ') + 3);
}

/** True when `error` says that the thing does not exist; "could not check" is not that. */
export function isNotFound(error: unknown): boolean {
  return isVfsError(error) && error.kind === "NotFound";
}

/** The root of a mount must be a directory and is something else. */
export class RootIsNotDirectory extends VfsError {
  /** `RootIsNotDirectory`, whatever a bundler makes of the class. */
  override readonly name = "RootIsNotDirectory";
  /** Makes the error for the root at `url`. */
  constructor(url: string) {
    super("NotADirectory", {
      op: "mount",
      url,
      reason: "the root is not a directory",
    });
  }
}

/** No transport is registered for the scheme, or the one registered could not be loaded. */
export class TransportNotFound extends VfsError {
  /** `TransportNotFound`, whatever a bundler makes of the class. */
  override readonly name = "TransportNotFound";
  /** Makes the error; `reason` tells which schemes there are, or why loading failed. */
  constructor(url: string, reason: string, cause?: unknown) {
    super("NotSupported", { op: "open", url, reason, cause });
  }
}

/** The transport has no such operation or option. */
export class FunctionNotSupported extends VfsError {
  /** `FunctionNotSupported`, whatever a bundler makes of the class. */
  override readonly name = "FunctionNotSupported";
  /** Makes the error; `what` names the operation or option, such as `append` or `put with mode "create"`. */
  constructor(scheme: string, op: string, url: string, what: string = op) {
    super("NotSupported", {
      op,
      url,
      reason: `the ${scheme} transport does not support ${what}`,
    });
  }
}

/**
 * Removes userinfo from URL text, whether or not the text is a valid URL: all up to the last `@`, since a
 * password may hold an unescaped slash. Our own URLs never hold a literal `@`.
 */
export function redactUrl(url: string): string {
  const at = url.lastIndexOf("@");
  const head = /^[^:/\\@]*:[\\/]*/.exec(url)?.[0];
  return redactNested(at < 0 || head === undefined ? url : head + url.slice(at + 1));
}

/** The same for a percent-encoded URL in place of the host, and for one in that, encoded twice. */
function redactNested(url: string): string {
  const authority = /^[^:/\\]*:[\\/]*[^\\/?#]*/.exec(url)?.[0] ?? "";
  const redacted = authority.replace(
    /(%((?:25)*)3a(?:%\2(?:2f|5c))*).*%\2(?:40)/gi,
    "$1",
  );
  return redacted + url.slice(authority.length);
}
