/**
 * Globs, guided: the literal beginning of a pattern is where listing starts, and only directories that can
 * still match are listed.
 *
 * @module
 */

import type { Connections, Resolved } from "./connections.ts";
import { Entry } from "./entry.ts";
import { isVfsError, VfsError } from "./errors.ts";
import { encodeSegment } from "./location.ts";
import { NEVER } from "./signals.ts";
import { type WalkOptions, walkSteps } from "./walk.ts";

type Matcher = string | { match(name: string): boolean } | "**";
type Pattern = readonly Matcher[];
/** Which matchers of which pattern come next, as pairs of indices. */
type State = readonly (readonly [pattern: number, next: number])[];

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]+:\/\/[^/?]*)([^?]*)(\?.*)?$/s;
/** A leading `!` or `#` is a character like others. */
const MATCHING = { nobrace: true, nonegate: true, nocomment: true };
const MAGIC = /[*?[\]{}]|[!+@]\(/;

/**
 * Gives the entries that match a pattern: `*` and `?` within a segment, `[…]`, `{a,b}`, `**` for any depth.
 * Names with a leading dot are matched only by a pattern with one. In a URL `?` begins the query as ever, and
 * `%2A` is a plain `*`. A beginning that does not exist matches nothing.
 */
export async function* globEntries(
  connections: Connections,
  pattern: string | URL,
  options: WalkOptions = {},
): AsyncGenerator<Entry> {
  const { braceExpand, Minimatch } = await import("minimatch");
  const text = typeof pattern === "string" ? pattern : pattern.href;
  const [, origin = "", path = text, query = ""] = URL_PARTS.exec(text) ?? [];
  const isUrl = origin !== "";
  const expanded = braceExpand(path).map((one) => one.split("/"));
  const base = commonLiteral(expanded);
  const directory = base.join("/") || (path.startsWith("/") ? "/" : ".");
  const top = await connections.resolve(
    isUrl ? `${origin}${base.join("/")}${query}` : directory,
  );
  const patterns = expanded.map((segments) =>
    segments.slice(base.length).filter((s) => s !== "" && s !== ".")
      .map((segment) => toMatcher(segment))
  );

  if (patterns.every((p) => p.length === 0)) yield* literal(top, options);
  else {
    for await (const entry of matching(top, patterns, options)) {
      if (!path.endsWith("/") || entry.isDirectory || entry.target === "directory") yield entry;
    }
  }

  function toMatcher(segment: string): Matcher {
    if (segment === "**") return "**";
    if (segment === "..") throw invalid('".." cannot follow a wildcard');
    try {
      const glob = isUrl ? decodeOutsideMagic(segment) : segment;
      if (MAGIC.test(segment)) return new Minimatch(glob, MATCHING);
      return isUrl ? decodeURIComponent(segment) : segment;
    } catch (error) {
      throw invalid(`"${segment}" is malformed`, error);
    }
  }

  function invalid(reason: string, cause?: unknown): VfsError {
    return new VfsError("InvalidUrl", { op: "glob", url: text, reason, cause });
  }
}

/** The leading segments that all patterns share and that hold no magic. */
function commonLiteral(patterns: readonly (readonly string[])[]): string[] {
  const [first = []] = patterns;
  let count = first.findIndex((segment, i) =>
    MAGIC.test(segment) || patterns.some((other) => other[i] !== segment)
  );
  if (count < 0) count = first.length;
  // Where a pattern ends and others go on, its last segment is looked for like theirs.
  const shortest = Math.min(...patterns.map((pattern) => pattern.length));
  const longest = Math.max(...patterns.map((pattern) => pattern.length));
  return first.slice(0, shortest < longest ? Math.min(count, shortest - 1) : count);
}

/** Decodes `%XX`, and escapes what decoding made magic, so that `%2A` is a plain star. */
function decodeOutsideMagic(segment: string): string {
  return segment.replace(
    /(?:%[0-9A-Fa-f]{2})+/g,
    (escapes) => decodeURIComponent(escapes).replace(/[\\*?[\]{}!+@()]/g, "\\$&"),
  );
}

async function* literal(
  { transport, location }: Resolved,
  { signal = NEVER }: WalkOptions,
): AsyncGenerator<Entry> {
  const parent = location.parent();
  if (parent === undefined) return;
  try {
    const info = await transport.stat(location, { signal });
    yield new Entry({ name: location.name, kind: info.kind, info }, parent);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function* matching(
  top: Resolved,
  patterns: readonly Pattern[],
  options: WalkOptions,
): AsyncGenerator<Entry> {
  const start = closure(patterns, patterns.map((_, i) => [i, 0] as const));
  const states = new Map<string, State>([["", start]]);
  const depth = Math.max(...patterns.map((p) => p.includes("**") ? Infinity : p.length));
  const maxDepth = Math.min(options.maxDepth ?? Infinity, depth);
  const key = (path: readonly string[]) => path.map(encodeSegment).join("/");
  let first = true;
  try {
    for await (const { path, dirs, files } of walkSteps(top, { ...options, maxDepth })) {
      first = false;
      const at = key(path);
      const state = states.get(at) ?? [];
      states.delete(at);
      const matched: Entry[] = [];
      let kept = 0;
      for (const entry of dirs) {
        const next = advance(patterns, state, entry.name);
        if (next.some(([p, i]) => i === patterns[p]!.length)) {
          matched.push(entry);
        }
        if (next.some(([p, i]) => i < patterns[p]!.length)) {
          states.set(key([...path, entry.name]), next);
          dirs[kept++] = entry;
        }
      }
      dirs.length = kept;
      for (const entry of files) {
        const next = advance(patterns, state, entry.name);
        if (next.some(([p, i]) => i === patterns[p]!.length)) {
          matched.push(entry);
        }
      }
      for (const entry of matched) {
        if (entry.isDirectory && options.includeDirs === false) continue;
        yield entry;
      }
    }
  } catch (error) {
    if (!first || !isAbsent(error)) throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return isVfsError(error) &&
    (error.kind === "NotFound" || error.kind === "NotADirectory");
}

function advance(
  patterns: readonly Pattern[],
  state: State,
  name: string,
): State {
  const next: (readonly [number, number])[] = [];
  for (const [p, i] of state) {
    const matcher = patterns[p]![i];
    if (matcher === undefined) continue;
    if (matcher === "**") {
      if (!name.startsWith(".")) next.push([p, i]);
    } else if (
      typeof matcher === "string" ? matcher === name : matcher.match(name)
    ) next.push([p, i + 1]);
  }
  return closure(patterns, next);
}

/** Adds the states that a `**` reaches by matching nothing. */
function closure(patterns: readonly Pattern[], state: State): State {
  const seen = new Set<string>();
  const closed: (readonly [number, number])[] = [];
  const add = (p: number, i: number) => {
    const id = `${p}:${i}`;
    if (seen.has(id)) return;
    seen.add(id);
    closed.push([p, i]);
    if (patterns[p]![i] === "**") add(p, i + 1);
  };
  for (const [p, i] of state) add(p, i);
  return closed;
}
