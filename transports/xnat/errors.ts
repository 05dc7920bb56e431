/**
 * What a server or the network said, as errors of ours that tell what to do.
 *
 * Words of a server come into them in one way, by {@linkcode messageOf}: what it says of a request, short and without
 * the credentials. What was to be data is never quoted, since it holds names of patients.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import { type ErrorKind, isVfsError, reasonIn, VfsError } from "../../vfs/errors.ts";
import { type Advice, kindOfStatus, retryAfterMs } from "../web/errors.ts";
import { withoutSecrets } from "./hidden.ts";
import { urlOfPage } from "./web_address.ts";

/** An answer that is an error. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** What the body says, by {@linkcode messageOf}. @default {""} */
  readonly said?: string;
  /** The header `Retry-After`. */
  readonly retryAfter?: string | null;
  /** Whether somebody is logged in. */
  readonly isGuest: boolean;
  /** Now, in milliseconds. */
  readonly now: number;
}

/** What to do where nobody is logged in. */
const LOG_IN =
  'log in: with "user:password@" in the URL, XNAT_HOST, XNAT_USER and XNAT_PASS, ~/.netrc or "medvfs login"';

/** Why a change is refused to who did not log in, and what to do. */
export const NOT_FOR_GUESTS = `guests may not do this; ${LOG_IN}`;

/** XNAT itself has no such limit; nginx refuses more than 1 MiB unless told otherwise. */
const TOO_LARGE = "larger than the server, or a proxy before it, takes; ask its administrator to " +
  "raise that limit (client_max_body_size in nginx, LimitRequestBody in Apache)";

/** What to do where a server cannot be reached. */
export const ADVICE: Advice = {
  authority: "give the certificate of its authority (option caCerts, or DENO_CERT)",
  insecure: "or, if you must, check none (option insecure, --insecure)",
  plain: "if it has only http, write xnat+http://",
};

/** What XNAT means by some statuses. */
const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: "InvalidArgument",
  409: "AlreadyExists",
  413: "StorageFull",
  417: "InvalidArgument",
  422: "InvalidArgument",
  507: "StorageFull",
};

/** The error for an answer with the status of one. */
export function refused(purpose: Purpose, refusal: Refusal): VfsError {
  const { status, said = "", retryAfter, now } = refusal;
  const kind = KINDS[status] ?? kindOfStatus(status);
  return new VfsError(kind, {
    ...purpose,
    reason: pageReason(kind, purpose.url) ?? reasonOf(kind, refusal),
    detail: { http: status, ...(said !== "" && { text: said }) },
    retryAfterMs: retryAfterMs(retryAfter, now),
  });
}

function pageReason(kind: ErrorKind, url: string): string | undefined {
  const ours = kind === "NotFound" ? urlOfPage(url) : undefined;
  return ours && `that is the address of a page of XNAT; write "${ours}"`;
}

function reasonOf(kind: ErrorKind, { status, isGuest, said = "" }: Refusal): string | undefined {
  const tail = said === "" ? "" : `: ${said}`;
  switch (kind) {
    case "NotFound":
      return isGuest
        ? `not found, or not open to guests; if it is private, ${LOG_IN}`
        : "not found, or this user may not see it";
    case "Unauthenticated":
      return isGuest
        ? `the server wants to know who you are; ${LOG_IN}`
        : "the server did not accept the login; check user, password or token; XNAT says the same of " +
          "an account that is locked or disabled, or has too many sessions";
    case "PermissionDenied":
      return isGuest
        ? NOT_FOR_GUESTS
        : `this user has no right to do it${tail}; ask an owner of the project`;
    case "StorageFull":
      return status === 413 ? TOO_LARGE : undefined;
    case "RateLimited":
      return undefined;
    default:
      return `the server answered ${status}${tail}`;
  }
}

const MAX_SAID = 16_384;

/**
 * What a page says in its `<h3>` or its title, or a short text itself; shortened, in one line, without what would
 * steer a terminal. Servers repeat what they were sent, so `secrets` are left out.
 */
export function messageOf(answer: string, secrets: readonly string[]): string {
  // What tags that do not end would cost grows with the square of the length.
  const text = withoutSecrets(answer, secrets).slice(0, MAX_SAID);
  const isPage = /^\s*<(!doctype|html)/i.test(text);
  const parts = [/<h3>([^]*?)<\/h3>/i, /<title>([^]*?)<\/title>/i];
  const said = isPage ? parts.map((part) => part.exec(text)?.[1]).find((each) => each) ?? "" : text;
  const line = said.replace(/<[^>]*>/g, "").replace(/[\s\p{C}]+/gu, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** The same error, told of what somebody else asked for, with what is there now. */
export function retold(error: unknown, { op, url }: Purpose, left?: string): unknown {
  if (!isVfsError(error) || (left === undefined && error.op === op && error.url === url)) {
    return error;
  }
  const { kind, status, detail, retryAfterMs, attempts } = error;
  const said = reasonIn(error);
  const reason = left === undefined ? said : `${said}; ${left}`;
  const options = { op, url, status, detail, retryAfterMs, attempts, reason };
  return new VfsError(kind, { ...options, cause: error });
}
