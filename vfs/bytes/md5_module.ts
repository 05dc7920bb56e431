/**
 * The WebAssembly modules that add blocks to an MD5, or to eight at once: its steps (RFC 1321 §3.4) one after the other, each of
 * them ordered so that as little as can be waits for the one before.
 *
 * @module
 */

import { aside, FOUR, ONE, type Words } from "./md5_words.ts";
import { ADD, BRANCH_IF, CONST, END, GET, LESS, LOOP, moduleOf, NO_RESULT } from "./wasm.ts";
import { SET, signed, TEE, unsigned } from "./wasm.ts";

/** Locals: where to read, where to stop, then the words A, B, C, D of each set. */
const FROM = 0, TO = 1, FIRST = 2;
const WORDS = [0, 1, 2, 3] as const;
/** Locals for anything else, after these. */
const SPARES = 8;

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
 * The same for four, or for eight in two sets. Steps wait for each other, so that the processor has room for the others. The
 * state of a set is A of all, B of all, and so on; blocks are a {@linkcode STRIDE} from those of the message before.
 */
export function md5LanesModule(sets: number): Uint8Array<ArrayBuffer> {
  const spare = FIRST + sets * WORDS.length;
  return moduleOf(addition(FOUR, sets, (set) => aside(set, FROM, spare)));
}

/** The code for `sets` of messages; `begin` is done for the blocks of each set before their steps. */
function addition(
  words: Words,
  sets = 1,
  begin: (set: number) => readonly number[] = () => [],
): number[] {
  const { type, bytes, load, store, add } = words;
  const all = Array.from({ length: sets }, (_, set) => set);
  const states = all.flatMap((set) => WORDS.map((word) => FIRST + set * WORDS.length + word));
  const spare = FIRST + states.length;
  const stateAt = (i: number) => [CONST, 0, ...load, ...unsigned(bytes * i)];
  return [
    ...[1, states.length + SPARES, type],
    ...states.flatMap((word, i) => [...stateAt(i), SET, word]),
    ...[LOOP, NO_RESULT],
    ...all.flatMap(begin),
    ...Array.from({ length: 64 }, (_, i) => [
      ...[...words.constant(Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1)))), SET, spare + 1],
      ...all.flatMap((set) => step(words, i, set, spare)),
    ]).flat(),
    ...states.flatMap((word, i) => [
      ...[CONST, 0, GET, word, ...stateAt(i), ...add],
      ...[TEE, word, ...store, ...unsigned(bytes * i)],
    ]),
    ...[GET, FROM, CONST, ...signed(64), ADD, TEE, FROM, GET, TO, LESS, BRANCH_IF, 0],
    ...[END, END],
  ];
}

/**
 * `a = b + ((a + f(b, c, d) + word + constant) <<< rotation)`, where a to d change places with each step; the constant is in the
 * second of the locals from `spare` on.
 */
function step(words: Words, i: number, set: number, spare: number): number[] {
  const { add, rotate, inBlock } = words;
  const round = i >> 4;
  const first = FIRST + set * WORDS.length;
  const [a, b, c, d] = WORDS.map((place) => first + ((place - i) & 3)) as [
    number,
    number,
    number,
    number,
  ];
  const [factor, offset] = ORDERS[round]!;
  return [
    ...[GET, a, ...inBlock((factor * i + offset) & 15, FROM, set), ...add],
    ...[GET, spare + 1, ...add],
    ...[...mixed(words, round, b, c, d), ...add],
    ...[...rotate(ROTATIONS[round]![i & 3]!, spare), GET, b, ...add, SET, a],
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
