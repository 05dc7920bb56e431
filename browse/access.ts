/**
 * Who may ask. A link with the token comes first; then a cookie stands for it, so that pictures and downloads need no
 * script.
 *
 * @module
 */

import { isSame } from "../serving/access.ts";
import { Problem } from "../serving/problem.ts";
import type { Settings } from "./options.ts";

const COOKIE = "medvfs";
const READS: readonly string[] = ["GET", "HEAD"];

/**
 * Refuses a request that came by a name which is not ours: a page elsewhere whose name was made to lead here (DNS
 * rebinding) is of the same origin to a browser.
 *
 * @throws {Problem} 421
 */
export function checkHost(url: URL, { hosts }: Settings): void {
  if (!hosts.includes(url.hostname)) {
    throw new Problem(421, "This server does not answer to that host name");
  }
}

/**
 * Refuses what a page from elsewhere asks for, another port of this machine included: to a cookie that is the same
 * site.
 *
 * @throws {Problem} 403
 */
export function checkSource(request: Request, url: URL): void {
  // Every browser of today tells (Fetch Metadata); programs need not.
  const site = request.headers.get("sec-fetch-site");
  const isOurs = site === null || site === "same-origin" || site === "none";
  const origin = request.headers.get("origin");
  const isChange = !READS.includes(request.method);
  if (isOurs && (origin === url.origin || (origin === null && !isChange))) return;
  throw new Problem(403, "Only the page itself may ask for that");
}

/** @throws {Problem} 401 without the cookie of {@linkcode openSession} */
export function checkSession(request: Request, { token }: Settings): void {
  const cookies = (request.headers.get("cookie") ?? "").split(";");
  const given = cookies.map((one) => one.trim().split("="))
    .filter(([name]) => name === COOKIE).map(([, value = ""]) => value);
  if (given.some((value) => isSame(value, token))) return;
  throw new Problem(401, "Open the link that the command printed");
}

/**
 * Takes the token for a cookie. Browsers send a cookie to all ports of a host; by its path, which is random, no other
 * server gets to see it.
 *
 * @throws {Problem} 401 for a wrong token
 */
export async function openSession(request: Request, { token, key }: Settings): Promise<Response> {
  const longest = 256;
  const given = Number(request.headers.get("content-length") ?? Infinity) > longest
    ? ""
    : await request.text();
  if (!isSame(given, token)) throw new Problem(401, "Open the link that the command printed");
  const cookie = `${COOKIE}=${token}; Path=/${key}/; HttpOnly; SameSite=Strict`;
  return new Response(null, { status: 204, headers: { "set-cookie": cookie } });
}
