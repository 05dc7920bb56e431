/**
 * Requests that are answered, and how one is found.
 *
 * @module
 */

import { isTag } from "../tag.ts";
import type { NextSample } from "./next_sample.ts";
import type { Settings } from "./options.ts";
import { Problem } from "../../serving/problem.ts";
import { invalid, missing } from "./problem.ts";

/** A request on its way. */
export interface Call {
  /** The request. */
  readonly request: Request;
  /** Its query. */
  readonly query: URLSearchParams;
  /** The parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
  /** How the server is set up. */
  readonly settings: Settings;
  /** Who gets which image next. */
  readonly nextSample: NextSample;
  /** Fires when the server ends. */
  readonly signal: AbortSignal;
  /** Does `work` without the client's waiting for it; its failure is told to `onError`. */
  afterwards(work: () => Promise<unknown>): void;
}

/** One kind of request. */
export interface Route {
  /** HTTP methods. */
  readonly methods: readonly string[];
  /** Path without a slash at its end; `:name` stands for one segment. */
  readonly path: string;
  /** Answers without a token. */
  readonly isOpen?: boolean;
  /** Answers. */
  handle(call: Call): Response | Promise<Response>;
}

/** A route that was found, with what its path names. */
export interface Match {
  /** The route. */
  readonly route: Route;
  /** Decoded segments by name. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Finds the route for a path with or without a slash at its end: clients use both.
 *
 * @throws {Problem} 404 for an unknown path, 405 for a method that it has not
 */
export function findRoute(routes: readonly Route[], method: string, path: string): Match {
  const segments = path.replace(/\/$/, "").split("/");
  const allowed: string[] = [];
  for (const route of routes) {
    const params = matchPath(route.path.split("/"), segments);
    if (!params) continue;
    if (route.methods.includes(method)) return { route, params };
    allowed.push(...route.methods);
  }
  if (allowed.length === 0) throw new Problem(404, "Not Found");
  throw new Problem(405, "Method Not Allowed", { allow: allowed.join(", ") });
}

function matchPath(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i]!;
    if (!part.startsWith(":")) {
      if (part !== segment) return undefined;
      continue;
    }
    try {
      params[part.slice(1)] = decodeURIComponent(segment);
    } catch {
      return undefined;
    }
  }
  return params;
}

/** A query parameter that must be there. @throws {Problem} 422 */
export function required(query: URLSearchParams, ...names: readonly string[]): string {
  for (const name of names) {
    const value = query.get(name);
    if (value) return value;
  }
  throw missing("query", names[0]!);
}

/** The id of an image or a label: no part of a path that leaves it. @throws {Problem} 422 */
export function idOf(query: URLSearchParams, ...names: readonly string[]): string {
  const id = required(query, ...names);
  // deno-lint-ignore no-control-regex -- these are what must not be there
  const isBad = /[\0-\x1f\x7f\\]/.test(id) || id.length > 1024 ||
    id.split("/").some((part) => part === "." || part === "..");
  if (isBad) throw invalid(["query", names[0]!], "Not an id", id.slice(0, 80));
  return id;
}

/** The tag of a label: what is left out or empty is `usual`. @throws {Problem} 422 */
export function tagOf(query: URLSearchParams, usual?: string): string {
  const tag = query.get("tag") || usual;
  if (tag === undefined) throw missing("query", "tag");
  if (!isTag(tag)) {
    throw invalid(["query", "tag"], "Not a tag: letters, digits, _ . + @ = - and blanks", tag);
  }
  return tag;
}
