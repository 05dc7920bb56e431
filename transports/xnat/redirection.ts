/**
 * Where an answer leads.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import { broken } from "../web/errors.ts";
import type { Answer } from "./answer.ts";

/**
 * The URL to which an answer to a request `from` leads, or that it leads to a login; never to another origin, since the
 * login goes along.
 */
export function redirection(
  answer: Answer,
  from: string,
  purpose: Purpose,
): string | "login" | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const to = URL.parse(answer.headers.get("location") ?? "", from);
  if (to === null) return undefined;
  if (to.origin === new URL(from).origin) return isLoginPath(to) ? "login" : to.href;
  throw broken(
    purpose,
    `the server redirects to another origin, ${JSON.stringify(to.origin)}; use that in the URL`,
  );
}

function isLoginPath({ pathname }: URL): boolean {
  return /\/(login|app\/template\/Login\.vm|app\/template\/XDATScreen_UpdateUser\.vm)$/i
    .test(pathname);
}
