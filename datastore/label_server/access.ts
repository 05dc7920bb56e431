/**
 * Who may ask: by token, by host name, and from which web pages.
 *
 * @module
 */

import { isLoopback, isSame } from "../../serving/access.ts";
import { Problem } from "../../serving/problem.ts";
import type { Settings } from "./options.ts";

/**
 * Refuses a request that came by a name which is not ours: a page elsewhere whose name was made to lead here (DNS
 * rebinding) is of the same origin to a browser.
 *
 * @throws {Problem} 421
 */
export function checkHost(request: Request, { allowedHosts, token }: Settings): void {
  // With a token, such a page has nothing to ask with.
  if (token !== undefined) return;
  const { hostname } = new URL(request.url);
  if (!isLoopback(hostname) && !allowedHosts.includes(hostname)) {
    throw new Problem(421, "This server does not answer to that host name");
  }
}

/** @throws {Problem} 401 when the token is not in the request */
export function checkToken(request: Request, { token }: Settings): void {
  if (token === undefined) return;
  const [kind = "", given = ""] = (request.headers.get("authorization") ?? "").split(" ");
  if (kind.toLowerCase() === "bearer" && isSame(given, token)) return;
  throw new Problem(401, "Not authenticated", { "www-authenticate": "Bearer" });
}

/** Headers that let a web page read the answer (Fetch Standard, CORS protocol), if it may. */
export function corsHeaders(request: Request, settings: Settings): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !mayCall(origin, settings)) return { vary: "origin" };
  return {
    vary: "origin",
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE, OPTIONS",
    "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "*",
    "access-control-expose-headers": "content-disposition, content-range, etag",
  };
}

/** @throws {Problem} 403 when a web page that may not call wants to change something */
export function checkOrigin(request: Request, settings: Settings): void {
  const origin = request.headers.get("origin");
  if (origin === null || ["GET", "HEAD", "OPTIONS"].includes(request.method)) return;
  if (!mayCall(origin, settings)) {
    throw new Problem(403, "Pages of that origin may not change anything here");
  }
}

function mayCall(origin: string, { allowedOrigins }: Settings): boolean {
  if (allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}
