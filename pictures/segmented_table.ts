/**
 * Palettes that are written in segments.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";

const DISCRETE = 0;
const LINEAR = 1;
const INDIRECT = 2;

/**
 * Expands a segmented palette (PS3.3 §C.7.9.2) to `count` entries.
 *
 * @throws {FormatError} `Corrupt` where segments end early, or refer to what is no segment
 */
export function expandSegments(coded: Uint16Array, count: number): Uint16Array {
  const out = new Uint16Array(count);
  const starts: number[] = [];
  let made = 0;
  let at = 0;

  const next = (): number => {
    const word = coded[at++];
    if (word === undefined) throw corrupt();
    return word;
  };
  const add = (value: number): void => {
    if (made < count) out[made++] = value;
  };
  const segment = (isCopy: boolean): void => {
    const kind = next();
    const length = next();
    if (kind === DISCRETE) {
      for (let i = 0; i < length; i++) add(next());
    } else if (kind === LINEAR) {
      if (made === 0) throw corrupt();
      const from = out[made - 1]!;
      const to = next();
      for (let i = 1; i <= length; i++) add(Math.round(from + (to - from) * i / length));
    } else if (kind === INDIRECT && !isCopy) {
      const offset = next() + next() * 0x10000;
      const first = starts.indexOf(offset);
      const back = at;
      if (first < 0 || first + length > starts.length) throw corrupt();
      for (const start of starts.slice(first, first + length)) {
        at = start;
        segment(true);
      }
      at = back;
    } else throw corrupt();
  };
  while (made < count && at < coded.length) {
    const start = at;
    segment(false);
    starts.push(start);
  }
  if (made < count) throw corrupt();
  return out;
}

function corrupt(): FormatError {
  return new FormatError("Corrupt", "A segmented palette is malformed");
}
