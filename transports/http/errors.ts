/**
 * What a web server refuses, as errors of ours.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { FetchedResponse } from "../../vfs/fetch_like.ts";
import { type Advice, kindOfStatus, retryAfterMs } from "../web/errors.ts";

/** What to do where a server cannot be reached. */
export const ADVICE: Advice = {
  authority: "give the certificate of its authority (DENO_CERT)",
  plain: "if it has only http, write http://",
};

/** The error for an answer with the status of one. */
export function refused({ op, url }: Ask, answer: FetchedResponse, now: number): VfsError {
  const { status } = answer;
  const kind = kindOfStatus(status);
  return new VfsError(kind, {
    op,
    url,
    ...(["Unavailable", "Protocol"].includes(kind) && { reason: `the server answered ${status}` }),
    detail: { http: status },
    retryAfterMs: retryAfterMs(answer.headers.get("retry-after"), now),
  });
}
