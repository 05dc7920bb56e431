/**
 * The lines of a journal, as text and back.
 *
 * @module
 */

import { type ChunkReader, concat } from "../bytes/bytes.ts";
import type { Info } from "../transport.ts";
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
export const MAX_LINE = 64 * 1024;

const VERSION = 1;
const NEWLINE = 0x0a;
const decoder = new TextDecoder();

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

const PATH = /^\{"path":"([^"\\]*)","source":\{[^\n]*\},"stored":\{[^\n]*\}\}$/;

/** The path of a line, in which nothing else is looked at where it can be told without. @throws `SyntaxError` */
export function pathIn(text: string): string {
  return PATH.exec(text)?.[1] ?? parseLine(text).path;
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

/** One line, and where it begins, in bytes. */
export interface LineAt {
  readonly text: string;
  readonly offset: number;
  /** It has its end; the last one may have none. */
  readonly isWhole: boolean;
}

/**
 * The lines of a body, as many at a time as come together; each is made as it is asked for, so that none is held.
 *
 * @throws `SyntaxError` for one that is too long
 */
export async function* linesOf(reader: ChunkReader): AsyncGenerator<Iterable<LineAt>> {
  let rest = new Uint8Array();
  let offset = 0;
  try {
    for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      const left = chunk.subarray(end);
      if (end > 0) {
        const whole = concat([rest, chunk.subarray(0, end)], rest.length + end);
        yield linesIn(whole, offset);
        offset += whole.length;
        rest = left.slice();
      } else {
        rest = concat([rest, left], rest.length + left.length);
      }
      if (rest.length > MAX_LINE) throw new SyntaxError("a line is too long");
    }
    if (rest.length > 0) yield [{ text: decoder.decode(rest), offset, isWhole: false }];
  } finally {
    await reader.close();
  }
}

function* linesIn(bytes: Uint8Array, offset: number): Generator<LineAt> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    yield {
      text: decoder.decode(bytes.subarray(start, end)),
      offset: offset + start,
      isWhole: true,
    };
    start = end + 1;
  }
}

/** The line that begins at `start`, without its end; `undefined` when that is not there. */
export function lineAt(bytes: Uint8Array, start: number): string | undefined {
  const end = bytes.indexOf(NEWLINE, start);
  return end < 0 ? undefined : decoder.decode(bytes.subarray(start, end));
}
