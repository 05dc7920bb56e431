/**
 * Finds the route of a path as Restlet does: the longest one that the path starts with.
 *
 * @module
 */

import { type Call, decodeSegment, type Vars } from "../http/call.ts";

/** Answers a call. */
export type Handler = (call: Call) => Response | Promise<Response>;

/** A path template and what answers it. */
export interface Route {
  /** `/projects/{P}/subjects`. */
  readonly template: string;
  readonly handler: Handler;
}

/** A route, and what a path has where it has variables. */
export interface Found {
  readonly route: Route;
  readonly vars: Vars;
  /** Segments after the route, joined, as they came. */
  readonly tail: string;
}

interface Compiled {
  readonly route: Route;
  readonly parts: readonly string[];
  readonly literals: number;
}

/** A table of routes. */
export class Router {
  readonly #byLength = new Map<number, Compiled[]>();
  #longest = 0;

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const parts = route.template.split("/").slice(1);
      const literals = parts.filter((part) => !part.startsWith("{")).length;
      const same = this.#byLength.get(parts.length) ?? [];
      this.#byLength.set(parts.length, same);
      same.push({ route, parts, literals });
      same.sort((a, b) => b.literals - a.literals);
      this.#longest = Math.max(this.#longest, parts.length);
    }
  }

  find(segments: readonly string[]): Found | undefined {
    for (let length = Math.min(segments.length, this.#longest); length > 0; length--) {
      for (const { route, parts } of this.#byLength.get(length) ?? []) {
        const vars = match(parts, segments);
        if (vars) return { route, vars, tail: segments.slice(length).join("/") };
      }
    }
  }
}

function match(parts: readonly string[], segments: readonly string[]): Vars | undefined {
  const vars: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index]!;
    if (part.startsWith("{")) {
      // A slash at the end makes no empty id.
      if (segment === "") return;
      vars[part.slice(1, -1)] = decodeSegment(segment);
    } else if (part !== segment) return;
  }
  return vars;
}
