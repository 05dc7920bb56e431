/**
 * The lines of a journal, as text and back.
 *
 * @module
 */

import { type ChunkReader, concat, memoryOf } from "../bytes/bytes.ts";
import type { Info } from "../transport.ts";
import type { CompactMap } from "./compact_map.ts";
import { type Fingerprint, fingerprintText, isFingerprint } from "./fingerprint.ts";

/** One file that was copied, or found to be the same. */
export interface Line {
  readonly path: string;
  readonly source: Fingerprint;
  readonly stored: Fingerprint;
}

/** ASCII CAN ends a line that a killed run left unfinished. */
export const CANCEL = "\x18";
/** A line holds a path and two fingerprints; it is no longer than this, in bytes. */
const MAX_LINE = 64 * 1024;
/** What is read of a journal at a time. */
export const BLOCK = 4 * MAX_LINE;

const VERSION = 1;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7d;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What is around the path of a line, and before the second fingerprint. */
const [BEFORE_PATH, AFTER_PATH, BEFORE_STORED] = ['{"path":"', '","source":{', '},"stored":{'].map(
  (text) => encoder.encode(text),
) as [Uint8Array, Uint8Array, Uint8Array];

/** The first line of a journal. */
export function headerOf(from: string, to: string): string {
  return JSON.stringify({ journal: "medvfs sync", version: VERSION, from, to });
}

/** @throws `SyntaxError` for the first line of anything else */
export function checkHeader(text: string, expected: string): void {
  if (text === expected) return;
  const header: unknown = JSON.parse(text);
  const isJournal = typeof header === "object" && header !== null && "journal" in header &&
    header.journal === "medvfs sync" && "version" in header;
  if (!isJournal) throw new SyntaxError("it is no journal");
  throw new SyntaxError(
    header.version === VERSION ? "it is of other places" : "it is of another version of medvfs",
  );
}

/** The text of the line about the file at `path`. */
export function textOf(path: string, source: Info | undefined, stored: Info): string {
  return `{"path":${JSON.stringify(path)},"source":${fingerprintText(source)},"stored":${
    fingerprintText(stored)
  }}`;
}

/** Whether a killed run left the line that ends at `end` unfinished. */
export function isCancelled(bytes: Uint8Array, end: number): boolean {
  return bytes[end - 1] === CANCEL.charCodeAt(0);
}

/**
 * The bits that `map` has of the path of a line. No string is made where the path is plain ASCII: for a million files that
 * would be much garbage.
 *
 * @throws `SyntaxError`
 */
export function pathBits(map: CompactMap, bytes: Uint8Array, start: number, end: number): number {
  const pathEnd = endOfPlainPath(bytes, start, end);
  return pathEnd === undefined
    ? map.bitsOf(parseLine(decoder.decode(bytes.subarray(start, end))).path)
    : map.bitsOf(bytes, start + BEFORE_PATH.length, pathEnd);
}

function endOfPlainPath(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (!isAt(bytes, start, BEFORE_PATH)) return undefined;
  if (bytes[end - 1] !== BRACE || bytes[end - 2] !== BRACE) return undefined;
  let pathEnd = start + BEFORE_PATH.length;
  for (; bytes[pathEnd] !== QUOTE; pathEnd++) {
    if (pathEnd >= end || bytes[pathEnd] === BACKSLASH || bytes[pathEnd]! >= 0x80) return undefined;
  }
  if (!isAt(bytes, pathEnd, AFTER_PATH)) return undefined;
  const last = end - BEFORE_STORED.length - 2;
  for (let at = pathEnd + AFTER_PATH.length; at <= last; at++) {
    if (isAt(bytes, at, BEFORE_STORED)) return pathEnd;
  }
  return undefined;
}

function isAt(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[start + i] !== text[i]) return false;
  }
  return true;
}

/** @throws `SyntaxError` */
export function parseLine(text: string): Line {
  const line: unknown = JSON.parse(text);
  const isLine = typeof line === "object" && line !== null && "path" in line &&
    typeof line.path === "string" && "source" in line && isFingerprint(line.source) &&
    "stored" in line && isFingerprint(line.stored);
  if (!isLine) throw new SyntaxError("a line is none of a journal");
  return line as Line;
}

/** Some lines one behind the other, in memory that the next ones get. */
export interface Lines {
  readonly bytes: Uint8Array;
  /** Where they begin in the journal. */
  readonly offset: number;
  /** They have their ends; the last one of all may have none. */
  readonly isWhole: boolean;
}

/**
 * The lines of a body, as many at a time as come together.
 *
 * @throws `SyntaxError` for one that is too long
 */
export async function* linesOf(reader: ChunkReader): AsyncGenerator<Lines> {
  let memory: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(BLOCK);
  let rest = new Uint8Array();
  let offset = 0;
  try {
    for (let chunk = await reader.read(memory); chunk; chunk = await reader.read(memory)) {
      const first = chunk.indexOf(NEWLINE) + 1;
      if (first > 0) {
        const begun = concat([rest, chunk.subarray(0, first)], rest.length + first);
        yield { bytes: begun, offset, isWhole: true };
        offset += begun.length;
        const end = chunk.lastIndexOf(NEWLINE) + 1;
        if (end > first) yield { bytes: chunk.subarray(first, end), offset, isWhole: true };
        offset += end - first;
        rest = chunk.slice(end);
      } else {
        rest = concat([rest, chunk], rest.length + chunk.length);
      }
      if (rest.length > MAX_LINE) throw new SyntaxError("a line is too long");
      memory &&= memoryOf(chunk, memory);
    }
    if (rest.length > 0) yield { bytes: rest, offset, isWhole: false };
  } finally {
    await reader.close();
  }
}

/** Calls `look` with where each line of `bytes` begins, and where it ends. */
export function eachLine(bytes: Uint8Array, look: (start: number, end: number) => void): void {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    look(start, end);
    start = end + 1;
  }
}

/** The line that begins at `start`, without its end; `undefined` when that is not there. */
export function lineAt(bytes: Uint8Array, start: number): Uint8Array | undefined {
  const end = bytes.indexOf(NEWLINE, start);
  return end < 0 ? undefined : bytes.subarray(start, end);
}

/** Whether a line is `text`, told without a string of it; of what is not ASCII nothing is told. */
export function isText(line: Uint8Array, text: string): boolean {
  if (line.length !== text.length) return false;
  for (let i = 0; i < line.length; i++) {
    if (line[i]! >= 0x80 || line[i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
