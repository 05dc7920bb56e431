/**
 * Globs, guided: the literal beginning of a pattern is where listing starts, and only directories that can
 * still match are listed.
 *
 * @module
 */

import { expandBraces } from "./patterns/braces.ts";
import type { Connections } from "./connections.ts";
import { Entry, followed } from "./entry.ts";
import { isVfsError, VfsError } from "./errors.ts";
import { withSlashes } from "./location/native_path.ts";
import { encodeSegment } from "./location/url_syntax.ts";
import { NamePattern } from "./patterns/name_pattern.ts";
import { type MatchState, PathPattern } from "./patterns/path_pattern.ts";
import { NEVER } from "./concurrency/signals.ts";
import { type WalkOptions, walkSteps } from "./walk.ts";
import type { Place } from "./transport.ts";

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]+:\/\/[^/?]*)([^?]*)(\?.*)?$/s;

/**
 * Gives the entries that match a pattern: `*` and `?` within a name, `[…]`, `{a,b}`, `**` for any depth.
 * Names with a leading dot are matched only by a pattern with one. In a URL `?` begins the query as ever, and
 * `%2A` is a plain `*`. In a path a backslash takes the meaning of what follows, but on Windows, where it separates names and
 * `[*]` is a plain `*`. A beginning that does not exist matches nothing. Of several patterns, one is looked for after the
 * other, and what several match is given once.
 */
export async function* globEntries(
  connections: Connections,
  patterns: string | URL | readonly (string | URL)[],
  options: WalkOptions = {},
): AsyncGenerator<Entry> {
  if (typeof patterns === "string" || patterns instanceof URL) {
    return yield* globOne(connections, patterns, options);
  }
  const given = new Set<string>();
  for (const pattern of patterns) {
    for await (const entry of globOne(connections, pattern, options)) {
      const { url } = entry;
      if (!given.has(url)) yield entry;
      given.add(url);
    }
  }
}

async function* globOne(
  connections: Connections,
  pattern: string | URL,
  options: WalkOptions,
): AsyncGenerator<Entry> {
  const text = typeof pattern === "string" ? pattern : pattern.href;
  const [, origin = "", path = withSlashes(text), query = ""] = URL_PARTS.exec(text) ?? [];
  const isUrl = origin !== "";
  const alternatives = expand(path, text);
  const base = commonLiteral(alternatives);
  const directory = base.join("/") || (path.startsWith("/") ? "/" : ".");
  const top = await connections.resolve(
    isUrl ? `${origin}${base.join("/")}${query}` : directory,
  );
  const rest = alternatives.map((names) =>
    names.slice(base.length).filter((name) => name !== "" && name !== ".")
      .map((name) => isUrl ? decodeOutsideMagic(name, text) : name)
  );
  if (rest.some((names) => names.includes(".."))) {
    throw invalid(text, '".." cannot follow a wildcard');
  }

  if (rest.every((names) => names.length === 0)) yield* literal(top, options);
  else {
    for await (const entry of matching(top, new PathPattern(rest), options)) {
      if (!path.endsWith("/") || followed(entry) === "directory") yield entry;
    }
  }
}

function expand(path: string, url: string): string[][] {
  try {
    return expandBraces(path).map((one) => one.split("/"));
  } catch (error) {
    throw invalid(url, (error as RangeError).message, error);
  }
}

/** The leading names that all alternatives share and that hold no magic. */
function commonLiteral(alternatives: readonly (readonly string[])[]): string[] {
  const [first = []] = alternatives;
  let count = first.findIndex((name, i) =>
    !new NamePattern(name).isLiteral || name.includes("\\") ||
    alternatives.some((other) => other[i] !== name)
  );
  if (count < 0) count = first.length;
  // Where an alternative ends and others go on, its last name is looked for like theirs.
  const shortest = Math.min(...alternatives.map((names) => names.length));
  const longest = Math.max(...alternatives.map((names) => names.length));
  return first.slice(0, shortest < longest ? Math.min(count, shortest - 1) : count);
}

/** Decodes `%XX`, and escapes what decoding made magic, so that `%2A` is a plain star. */
function decodeOutsideMagic(name: string, url: string): string {
  return name.replace(/%([0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*)?/g, (escapes) => {
    try {
      return decodeURIComponent(escapes).replace(/[\\*?[\]{},]/g, "\\$&");
    } catch (error) {
      throw invalid(url, `"${name}" is malformed`, error);
    }
  });
}

function invalid(url: string, reason: string, cause?: unknown): VfsError {
  return new VfsError("InvalidUrl", { op: "glob", url, reason, cause });
}

async function* literal(
  { transport, location }: Place,
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
  top: Place,
  pattern: PathPattern,
  options: WalkOptions,
): AsyncGenerator<Entry> {
  const states = new Map<string, MatchState>([["", pattern.start]]);
  const maxDepth = Math.min(options.maxDepth ?? Infinity, pattern.depth);
  const key = (path: readonly string[]) => path.map(encodeSegment).join("/");
  let first = true;
  try {
    for await (const { path, dirs, files } of walkSteps(top, { ...options, maxDepth })) {
      first = false;
      const state = states.get(key(path)) ?? [];
      states.delete(key(path));
      const matched: Entry[] = [];
      let kept = 0;
      for (const entry of dirs) {
        const { name, aliases = [] } = entry;
        const next = [name, ...aliases].flatMap((each) => pattern.advance(state, each));
        if (pattern.isMatch(next)) matched.push(entry);
        if (!pattern.canGoOn(next)) continue;
        states.set(key([...path, entry.name]), next);
        dirs[kept++] = entry;
      }
      dirs.length = kept;
      for (const entry of files) {
        if (pattern.isMatch(pattern.advance(state, entry.name))) matched.push(entry);
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
