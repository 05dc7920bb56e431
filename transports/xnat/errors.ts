/**
 * What a server or the network said, as errors of ours that tell what to do. None of them holds a credential.
 *
 * @module
 */

import { type ErrorKind, isVfsError, VfsError, type VfsErrorOptions } from "../../vfs/errors.ts";
import { toAborted } from "../../vfs/signals.ts";

/** What an operation does and to what, for its errors. */
export interface Purpose {
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL that the caller gave. */
  readonly url: string;
}

/** An answer that is an error. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** Text of the body, as far as it was read. */
  readonly text: string;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | null;
  /** Whether somebody is logged in. */
  readonly isGuest: boolean;
  /** Now, in milliseconds. */
  readonly now: number;
}

/** What to do where nobody is logged in. */
export const LOG_IN =
  'log in: with "user:password@" in the URL, XNAT_USER and XNAT_PASS, ~/.netrc or "medvfs login"';

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: "InvalidArgument",
  401: "Unauthenticated",
  403: "PermissionDenied",
  404: "NotFound",
  407: "Unauthenticated",
  408: "TimedOut",
  409: "AlreadyExists",
  412: "ConditionFailed",
  413: "StorageFull",
  416: "RangeNotSatisfiable",
  417: "InvalidArgument",
  422: "InvalidArgument",
  429: "RateLimited",
  501: "NotSupported",
  507: "StorageFull",
};

/** The error for an answer with the status of one. */
export function refused(purpose: Purpose, refusal: Refusal): VfsError {
  const { status, text, retryAfter, now } = refusal;
  const kind = KINDS[status] ?? (status >= 500 ? "Unavailable" : "Protocol");
  const said = messageOf(text);
  return new VfsError(kind, {
    ...purpose,
    reason: reasonOf(kind, refusal, said),
    detail: { http: status, ...(said !== "" && { text: said }) },
    retryAfterMs: retryAfterMs(retryAfter, now),
  });
}

function reasonOf(kind: ErrorKind, { status, isGuest }: Refusal, said: string): string | undefined {
  const tail = said === "" ? "" : `: ${said}`;
  switch (kind) {
    case "NotFound":
      return isGuest ? `not found, or not open to guests; if it is private, ${LOG_IN}` : undefined;
    case "Unauthenticated":
      return isGuest
        ? `the server wants to know who you are; ${LOG_IN}`
        : "the server did not accept the login; check user, password or token";
    case "PermissionDenied":
      return isGuest
        ? `guests may not do this; ${LOG_IN}`
        : `this user has no right to do it${tail}; ask an owner of the project`;
    case "StorageFull":
      return status === 413 ? "larger than the server, or a proxy before it, takes" : undefined;
    case "RateLimited":
      return undefined;
    default:
      return `the server answered ${status}${tail}`;
  }
}

/** What a page says in its `<h3>`, or a short text itself; shortened, in one line. */
export function messageOf(text: string): string {
  const isPage = /^\s*<(!doctype|html)/i.test(text);
  const said = isPage ? /<h3>([\s\S]*?)<\/h3>/i.exec(text)?.[1] ?? "" : text;
  const line = said.replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** The header `Retry-After` (RFC 9110 §10.2.3) in milliseconds. */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^[0-9]+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The error for an answer that is no answer to what was asked. */
export function broken(
  purpose: Purpose,
  reason: string,
  options: Partial<VfsErrorOptions> = {},
): VfsError {
  return new VfsError("Protocol", { ...purpose, reason, ...options });
}

/** The error for a request that got no answer, or whose answer broke off. */
export function unreachable(
  error: unknown,
  purpose: Purpose,
  signal: AbortSignal,
  isBegun = false,
): VfsError {
  if (isVfsError(error)) return error;
  if (signal.aborted) return toAborted(signal, purpose.op, purpose.url);
  const text = textOf(error);
  if (/NotCapable|net access/.test(text)) {
    return new VfsError("PermissionDenied", {
      ...purpose,
      reason: "Deno may not reach the host; run with --allow-net=HOST",
      cause: error,
    });
  }
  if (/certificate|UnknownIssuer|self.signed|CERT_|NotValidForName/i.test(text)) {
    const [problem, remedy] = certificateProblem(text);
    return new VfsError("Unavailable", {
      ...purpose,
      reason: `the server's certificate is not trusted (${problem}); ${remedy}, or, if you must, ` +
        "check none (option insecure, --insecure)",
      status: "permanent",
      cause: error,
    });
  }
  if (isBegun) return new VfsError("Incomplete", { ...purpose, cause: error });
  return new VfsError("Unavailable", { ...purpose, reason: whyUnreachable(text), cause: error });
}

function textOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) {
    parts.push(`${at.name} ${(at as Error & { code?: unknown }).code ?? ""} ${at.message}`);
  }
  return parts.join(" ");
}

function certificateProblem(text: string): [problem: string, remedy: string] {
  if (/NotValidForName|not valid for name/i.test(text)) {
    return ["it is for another host", "use the name that it is for"];
  }
  if (/expired/i.test(text)) return ["it has expired", "have it renewed"];
  const isUnknown = /UnknownIssuer|self.signed|CaUsedAsEndEntity/i.test(text);
  return [
    isUnknown ? "its issuer is unknown" : "it was refused",
    "give the certificate of its authority (option caCerts, or DENO_CERT)",
  ];
}

function whyUnreachable(text: string): string {
  if (/refused/i.test(text)) return "the server refuses connections; check host and port";
  if (/dns|lookup|ENOTFOUND/i.test(text)) return "the host name is unknown";
  if (/InvalidContentType|corrupt message|wrong version/i.test(text)) {
    return "the server does not speak https; if it has only http, write xnat+http://";
  }
  return "the connection broke before an answer came";
}
