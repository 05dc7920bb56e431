/**
 * Where an answer leads.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { broken } from "../web/errors.ts";
import type { Answer } from "./answer.ts";

/**
 * The URL to which an answer to a request `from` leads, or that it leads to XNAT's login; never to another origin, since
 * the session goes along.
 *
 * @throws `Unauthenticated` where a login is in the way that is not XNAT's, or the account is to be put right first; `Protocol` with the address to which an XNAT
 * has moved
 */
export function redirection(
  answer: Answer,
  from: string,
  purpose: Purpose,
): string | "login" | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const location = answer.headers.get("location");
  const to = location && URL.parse(location, from);
  if (!to) return undefined;
  const { origin, pathname, protocol } = new URL(from);
  // Behind a proxy XNAT may think that it is elsewhere.
  const page = /\/app\/template\/(\w+)\.vm$/i.exec(to.pathname)?.[1]?.toLowerCase() ?? "";
  if (page === "login") return "login";
  const first = FIRST.get(page);
  if (first !== undefined) throw new VfsError("Unauthenticated", { ...purpose, reason: first });
  const route = /\/(data|xapi)\/.*/.exec(pathname)?.[0];
  const isMoved = route === undefined || to.pathname.endsWith(route);
  if (to.origin !== origin) {
    if (!isMoved) throw walled(to, purpose);
    throw protocol === "https:" && to.protocol === "http:"
      ? bared(to, purpose)
      : moved(to, route, purpose);
  }
  if (/\/login$/i.test(to.pathname)) return "login";
  if (!isMoved && !/\/(data|xapi)\//.test(to.pathname)) throw walled(to, purpose);
  // It would be sent in place of ours.
  to.username = to.password = "";
  return to.href;
}

/** Pages to which XNAT leads whoever has logged in, until that is done (`XnatExpiredPasswordFilter`). */
const FIRST: ReadonlyMap<string, string> = new Map([
  [
    "xdatscreen_updateuser",
    "the password has expired, or must be changed first; log in to the server's pages in a browser and change it",
  ],
  [
    "inactiveaccount",
    "the account is not active any more; log in to the server's pages in a browser, which tell how to get it back, or ask its administrator",
  ],
]);

/** The scheme of ours, the host and the context path, where the way there can be told. */
function moved({ protocol, host, origin, pathname }: URL, route = "", purpose: Purpose): VfsError {
  const context = pathname.slice(1, pathname.length - route.length);
  const scheme = { "https:": "xnat", "http:": "xnat+http" }[protocol];
  const ours = scheme && `${scheme}://${host}${context && route && `/~${context}`}`;
  return broken(
    purpose,
    `the server redirects to another origin, ${JSON.stringify(origin)}; ` +
      `write ${JSON.stringify(ours ?? origin)}`,
  );
}

/** Behind a proxy that ends TLS, XNAT may think that it is asked without; the password must not go that way. */
function bared({ origin }: URL, purpose: Purpose): VfsError {
  return broken(
    purpose,
    `the server redirects to ${
      JSON.stringify(origin)
    }, without TLS; ask its administrator to tell ` +
      "XNAT that its own address is https",
  );
}

/** Programs cannot pass by a page on which somebody logs in. */
function walled({ origin }: URL, { op, url }: Purpose): VfsError {
  const reason = `the server sends whoever asks to a page of ${JSON.stringify(origin)}, as a ` +
    "proxy does that wants a login of its own; ask its administrator to let programs through to " +
    "/data and /xapi";
  return new VfsError("Unauthenticated", { op, url, reason });
}
