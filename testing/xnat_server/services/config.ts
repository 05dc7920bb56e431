/**
 * `/config` of the site and of projects, where nothing has been configured.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { needProject } from "../routes/locate.ts";

/** GET of any tool's file: there is none. Nothing is stored. */
export function config(call: Call): Response {
  if (call.vars.P !== undefined) needProject(call);
  if (call.method !== "GET" && call.method !== "HEAD") refuse(405);
  if (call.query.is("accept-not-found")) return new Response(null, { status: 204 });
  refuse(404, "There is no configuration of that name");
}
