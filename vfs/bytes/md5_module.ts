/**
 * The WebAssembly modules that add blocks to an MD5, or to four at once: its steps (RFC 1321 §3.4) one after the other, each of
 * them ordered so that as little as can be waits for the one before.
 *
 * @module
 */

import { FOUR, ONE, type Words } from "./md5_words.ts";
import { ADD, BRANCH_IF, CONST, END, GET, LESS, LOOP, moduleOf, NO_RESULT } from "./wasm.ts";
import { SET, signed, TEE } from "./wasm.ts";

/** Locals: where to read, where to stop, the words A, B, C, D, and one more. */
const FROM = 0, TO = 1, STATE = [2, 3, 4, 5] as const, SPARE = 6;

/** By how much each step of a round rotates, four by turns. */
const ROTATIONS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]] as const;
/** Which words of a block the steps of a round take: `[factor, offset]`. */
const ORDERS = [[1, 0], [5, 1], [3, 5], [7, 0]] as const;

/**
 * The module for one message: `memory`, a page whose first 16 bytes are the state, and `add(start, end)`, which adds the blocks
 * from `start` to `end` to it.
 */
export function md5Module(): Uint8Array<ArrayBuffer> {
  return moduleOf(addition(ONE));
}

/**
 * The same for four. Steps wait for each other, so that the processor has room for the other three: all take little longer
 * than one. The state is A of all, B of all, and so on; blocks are a {@linkcode STRIDE} from those of the message before.
 */
export function md5LanesModule(): Uint8Array<ArrayBuffer> {
  return moduleOf(addition(FOUR));
}

function addition(words: Words): number[] {
  const { type, bytes, load, store, add } = words;
  const stateAt = (i: number) => [CONST, 0, ...load, bytes * i];
  return [
    ...[1, STATE.length + 1, type],
    ...STATE.flatMap((word, i) => [...stateAt(i), SET, word]),
    ...[LOOP, NO_RESULT],
    ...Array.from({ length: 64 }, (_, i) => step(words, i)).flat(),
    ...STATE.flatMap((word, i) => [
      ...[CONST, 0, GET, word, ...stateAt(i), ...add],
      ...[TEE, word, ...store, bytes * i],
    ]),
    ...[GET, FROM, CONST, ...signed(64), ADD, TEE, FROM, GET, TO, LESS, BRANCH_IF, 0],
    ...[END, END],
  ];
}

/** `a = b + ((a + f(b, c, d) + word + constant) <<< rotation)`, where a to d change places with each step. */
function step(words: Words, i: number): number[] {
  const { add, rotate, constant, inBlock } = words;
  const round = i >> 4;
  const [a, b, c, d] = [0, 1, 2, 3].map((place) => STATE[(place - i) & 3]!) as [
    number,
    number,
    number,
    number,
  ];
  const [factor, offset] = ORDERS[round]!;
  return [
    ...[GET, a, ...inBlock((factor * i + offset) & 15, FROM), ...add],
    ...[...constant(Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1)))), ...add],
    ...[...mixed(words, round, b, c, d), ...add],
    ...[...rotate(ROTATIONS[round]![i & 3]!, SPARE), GET, b, ...add, SET, a],
  ];
}

/** f(b, c, d), as far as it is not added already. Only b comes from the step before, so it is taken last. */
function mixed(
  { add, and, or, xor, not }: Words,
  round: number,
  b: number,
  c: number,
  d: number,
): number[] {
  switch (round) {
    case 0:
      return [GET, c, GET, d, ...xor, GET, b, ...and, GET, d, ...xor];
    case 1:
      // The two halves have no bit in common: they can be added one after the other.
      return [GET, d, ...not, GET, c, ...and, ...add, GET, b, GET, d, ...and];
    case 2:
      return [GET, c, GET, d, ...xor, GET, b, ...xor];
    default:
      return [GET, d, ...not, GET, b, ...or, GET, c, ...xor];
  }
}
