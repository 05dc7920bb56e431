/**
 * One request, with who asks and what the router found in its path.
 *
 * @module
 */

import type { World } from "../world.ts";
import type { HttpSession, Login } from "../auth/sessions.ts";
import type { Maker } from "../model/create.ts";
import { Query } from "./query.ts";

/** Variables of a path, by the name that the route gives them. */
export type Vars = Readonly<Record<string, string | undefined>>;

/** A request on its way through the emulator. */
export interface Call {
  readonly world: World;
  readonly request: Request;
  readonly method: string;
  /** Segments of the path below the context, as they came. */
  readonly segments: readonly string[];
  readonly query: Query;
  readonly login: Login;
  /** The session that the cookie or this request's login stands for. */
  readonly session?: HttpSession;
  /** Variables of the route, decoded. */
  readonly vars: Vars;
  /** What follows the route, as it came. */
  readonly tail: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Who makes what this call makes. */
export function makerOf({ world, login, now }: Call): Maker {
  return { login: login.name, now, siteId: world.options.siteId };
}

/** A segment as Restlet decodes it: once, by the rules of forms. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment.replaceAll("+", " "));
  } catch {
    return segment;
  }
}

/** Path below the origin as it came, and the query. */
export function splitTarget(url: string): { path: string; query: Query } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const target = start < 0 ? "/" : url.slice(start);
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: new Query("") }
    : { path: target.slice(0, mark), query: new Query(target.slice(mark + 1)) };
}
