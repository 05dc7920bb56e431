/**
 * Tests of what a listing tells.
 *
 * @module
 */

import type { Entry } from "../../vfs/entry.ts";
import type { Location } from "../../vfs/location/location.ts";
import { PathPattern } from "../../vfs/patterns/path_pattern.ts";
import type { Kind } from "../../vfs/transport.ts";
import { wrong } from "../command.ts";
import { parseBytes } from "../format.ts";

/** Options of `find` that a listing answers. */
export interface EntryTestOptions {
  /** Glob of the name. */
  readonly name?: string;
  /** The kind. */
  readonly type?: Kind;
  /** Bounds of the size. */
  readonly size?: (size: number) => boolean;
  /** Changed since. */
  readonly newer?: Date;
}

/** Makes the test. What the server does not tell does not pass, and `onUnknown` is told. */
export function entryTest(
  top: Location,
  pattern: string | undefined,
  { name, type, size, newer }: EntryTestOptions,
  onUnknown: () => void,
): (entry: Entry) => boolean {
  const tests: ((entry: Entry) => boolean)[] = [];
  const passes = <T>(entry: Entry, value: T | undefined, test: (value: T) => boolean): boolean => {
    if (value !== undefined) return test(value);
    // Directories are there for what is in them, unless they are what is asked for.
    if (entry.isFile || type === "directory") onUnknown();
    return false;
  };
  if (type) tests.push((entry) => entry.kind === type);
  if (name !== undefined) tests.push(nameTest(name));
  if (pattern?.includes("/")) {
    const paths = parse(pattern);
    const depth = top.segments.length;
    tests.push(({ location }) => paths.match(location.segments.slice(depth)));
  } else if (pattern !== undefined) tests.push(nameTest(pattern));
  if (size) tests.push((entry) => entry.isFile && passes(entry, entry.size, size));
  if (newer) tests.push((entry) => passes(entry, entry.info?.mtime, (mtime) => mtime >= newer));
  return (entry) => tests.every((test) => test(entry));
}

/** How deep below its place a pattern finds anything; a name is found at any depth. */
export function depthOf(pattern: string | undefined): number {
  return pattern?.includes("/") ? parse(pattern).depth : Infinity;
}

function nameTest(glob: string): (entry: Entry) => boolean {
  const names = parse(glob);
  return ({ name }) => names.match([name]);
}

/** `find` shows names with a leading dot, and so its globs match them. */
function parse(glob: string): PathPattern {
  try {
    return PathPattern.parse(glob, { dot: true });
  } catch (error) {
    throw wrong((error as RangeError).message);
  }
}

const TYPES: Readonly<Record<string, Kind>> = { f: "file", d: "directory", l: "symlink" };

/** Parses `--type`. */
export function parseType(text: string): Kind {
  const kind = TYPES[text];
  if (kind === undefined) throw wrong("It must be f, d or l.");
  return kind;
}

/** Parses `--size`. */
export function parseSize(text: string): (size: number) => boolean {
  const [sign = ""] = /^[+-]/.exec(text) ?? [];
  const bound = parseBytes(text.slice(sign.length));
  if (Number.isNaN(bound)) throw wrong("It must be a size such as +10M, -10k or 132.");
  if (sign === "+") return (size) => size > bound;
  if (sign === "-") return (size) => size < bound;
  return (size) => size === bound;
}

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };

/** Parses `--newer`. A date without a time begins at midnight, local time. */
export function parseNewer(text: string): Date {
  const [, count, unit = ""] = /^([0-9]+)([hdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(Date.now() - Number(count) * HOURS[unit]! * 3_600_000);
  const date = new Date(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? `${text}T00:00` : text);
  if (!/^[0-9]{4}-/.test(text) || Number.isNaN(date.getTime())) {
    throw wrong("It must be a date such as 2024-01-31, or a time such as 12h or 7d.");
  }
  return date;
}
