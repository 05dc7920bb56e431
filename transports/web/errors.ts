/**
 * What web servers and the network say, as errors of ours that tell what to do.
 *
 * @module
 */

import type { Ask, Purpose } from "../../vfs/ask.ts";
import { type ErrorKind, isVfsError, VfsError, type VfsErrorOptions } from "../../vfs/errors.ts";
import { toAborted } from "../../vfs/concurrency/signals.ts";
import { type CertificateTrouble, certificateTrouble, isNoTls } from "../../vfs/tls_words.ts";

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

/** What the status of a refusal means (RFC 9110 §15.5, §15.6), where a server gives it no meaning of its own. */
export function kindOfStatus(status: number): ErrorKind {
  return KINDS[status] ?? (status >= 500 ? "Unavailable" : "Protocol");
}

/** The header `Retry-After` in milliseconds (RFC 9110 §10.2.3). */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^[0-9]+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The error for an answer that is none to what was asked. */
export function broken(
  { op, url }: Purpose,
  reason: string,
  options: Partial<VfsErrorOptions> = {},
): VfsError {
  return new VfsError("Protocol", { op, url, reason, ...options });
}

/** What users of one scheme can do. */
export interface Advice {
  /** Where nobody known has signed the server's certificate. */
  readonly authority: string;
  /** Whatever is wrong with the certificate. */
  readonly insecure?: string;
  /** Where the server does not speak TLS. */
  readonly plain: string;
}

/** The error for a request that got no answer, or whose answer broke off once it had begun. */
export function unreachable(
  error: unknown,
  { op, url, signal }: Ask,
  advice: Advice,
  isBegun: boolean,
): VfsError {
  if (isVfsError(error)) return error;
  if (signal.aborted) return toAborted(signal, op, url);
  const text = textOf(error);
  if (/NotCapable|net access/.test(text)) {
    const host = /net access to "([^"]+)"/.exec(text)?.[1] ?? "HOST";
    const reason = `Deno may not reach the host; run with --allow-net=${host}`;
    return new VfsError("PermissionDenied", { op, url, reason, cause: error });
  }
  const trouble = certificateTrouble(text);
  if (trouble) {
    const [problem, ...remedies] = certificateProblem(trouble, advice);
    const reason = `the server's certificate is not trusted (${problem}); ${remedies.join(", ")}`;
    return new VfsError("Unavailable", { op, url, reason, status: "permanent", cause: error });
  }
  if (isBegun) return new VfsError("Incomplete", { op, url, cause: error });
  if (isNoTls(text)) {
    const reason = `the server does not speak https; ${advice.plain}`;
    return new VfsError("Unavailable", { op, url, reason, status: "permanent", cause: error });
  }
  if (/invalid HTTP version|Expected HTTP/.test(text)) {
    const reason = "what answers there is no web server; check scheme, host and port";
    return new VfsError("Unavailable", { op, url, reason, status: "permanent", cause: error });
  }
  return new VfsError("Unavailable", { op, url, reason: why(text), cause: error });
}

/** HTTP clients tell what happened in words alone, each in its own, and at any depth. */
function textOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) {
    parts.push(`${at.name} ${(at as Error & { code?: unknown }).code ?? ""} ${at.message}`);
  }
  return parts.join(" ");
}

function certificateProblem(
  trouble: CertificateTrouble,
  { authority, insecure }: Advice,
): string[] {
  const more = insecure === undefined ? [] : [insecure];
  switch (trouble) {
    case "name":
      return ["it is for another host", "use the name that it is for", ...more];
    case "expired":
      return ["it has expired", "have it renewed", ...more];
    case "issuer":
      return ["its issuer is unknown", authority, ...more];
    case "authority":
      return ["it is that of an authority", "the server needs one issued by it", ...more];
    case "refused":
      return ["it was refused", authority, ...more];
  }
}

function why(text: string): string {
  if (/refused/i.test(text)) return "the server refuses connections; check host and port";
  if (/dns|lookup|ENOTFOUND/i.test(text)) return "the host name is unknown";
  // So do DICOM peers that take a request for a broken one of theirs.
  return "the connection broke before an answer came; check that a web server listens there";
}
