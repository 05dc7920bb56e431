/**
 * What the steps of MD5 do with words, in instructions of WebAssembly: with words of one message, or of several side by side.
 *
 * @module
 */

import * as wasm from "./wasm.ts";

const { CONST, GET, SET, TEE, signed, unsigned, vector } = wasm;

/** Instructions on words. */
export interface Words {
  /** Type of a word. */
  readonly type: number;
  /** Bytes of a word in the state. */
  readonly bytes: number;
  /** Of an address to a word; what follows is how much further it lies. */
  readonly load: readonly number[];
  /** Of an address and a word to nothing; the same follows. */
  readonly store: readonly number[];
  /** Of two words to one. */
  readonly add: readonly number[];
  readonly and: readonly number[];
  readonly or: readonly number[];
  readonly xor: readonly number[];
  /** Of a word to its complement. */
  readonly not: readonly number[];
  /** Of a word to one that is rotated to the left; the local `spare` may be changed. */
  rotate(bits: number, spare: number): readonly number[];
  /** Of nothing to a word. */
  constant(value: number): readonly number[];
  /** Of nothing to a word of the block whose address is in a local, of this set of messages. */
  inBlock(word: number, address: number, set: number): readonly number[];
}

/** Of one message. */
export const ONE: Words = {
  type: wasm.I32,
  bytes: 4,
  load: [wasm.LOAD, 2],
  store: [wasm.STORE, 2],
  add: [wasm.ADD],
  and: [wasm.AND],
  or: [wasm.OR],
  xor: [wasm.XOR],
  not: [CONST, ...signed(-1), wasm.XOR],
  rotate: (bits) => [CONST, bits, wasm.ROTATE],
  constant: (value) => [CONST, ...signed(value)],
  inBlock: (word, address) => [GET, address, wasm.LOAD, 2, 4 * word],
};

/** Messages in the lanes of a vector, and sets of them that are added to by turns. */
export const LANES = 4, SETS = 2;
/** Bytes of the state of a set, and of a block of all its messages. */
export const STATE_BYTES = 16 * LANES, SET_BYTES = 64 * LANES;
/** Where the words of a block lie side by side. */
const ASIDE = SETS * STATE_BYTES;
/** Where the messages' own blocks begin, which have what is left of a page. */
export const BLOCKS_AT = ASIDE + SETS * SET_BYTES;
/** Bytes from a block of a message to that of the next. */
export const STRIDE = Math.floor((65536 - BLOCKS_AT) / (SETS * LANES * 64)) * 64;

const VECTOR_LOAD = [...vector(0x00), 2], VECTOR_STORE = [...vector(0x0b), 2];
const CONSTANT = vector(0x0c), LEFT = vector(0xab), RIGHT = vector(0xad), OR = vector(0x50);

/** Of four messages, one in each lane of a vector. */
export const FOUR: Words = {
  type: wasm.V128,
  bytes: 16,
  load: VECTOR_LOAD,
  store: VECTOR_STORE,
  add: vector(0xae),
  and: vector(0x4e),
  or: OR,
  xor: vector(0x51),
  not: vector(0x4d),
  // Vectors do not rotate: they are shifted both ways.
  rotate: (bits, spare) => [
    ...[TEE, spare, CONST, bits, ...LEFT, GET, spare, CONST, 32 - bits, ...RIGHT, ...OR],
  ],
  constant(value) {
    const bytes = [0, 8, 16, 24].map((bit) => value / 2 ** bit & 255);
    return [...CONSTANT, ...bytes, ...bytes, ...bytes, ...bytes];
  },
  inBlock: (word, _address, set) => [CONST, 0, ...VECTOR_LOAD, ...unsigned(asideAt(word, set))],
};

function asideAt(word: number, set: number): number {
  return ASIDE + set * SET_BYTES + 4 * LANES * word;
}

/**
 * Puts the words of the blocks of a set side by side, four words of four messages at a time, with the help of eight locals from
 * `spare` on: each is needed four times, and taking it from four places each time would take most of all.
 */
export function aside(set: number, address: number, spare: number): number[] {
  const [rows, pairs] = [[0, 1, 2, 3].map((i) => spare + i), [4, 5, 6, 7].map((i) => spare + i)];
  const shuffled = (a: number, b: number, order: readonly number[]) => [
    ...[GET, a, GET, b, ...vector(0x0d)],
    ...order.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
  ];
  const LOW = [0, 4, 1, 5], HIGH = [2, 6, 3, 7], FIRST = [0, 1, 4, 5], SECOND = [2, 3, 6, 7];
  const [r0, r1, r2, r3] = rows as [number, number, number, number];
  const [p0, p1, p2, p3] = pairs as [number, number, number, number];
  return [0, 4, 8, 12].flatMap((word) => [
    ...rows.flatMap((row, lane) => [
      ...[GET, address, ...VECTOR_LOAD, ...unsigned((set * LANES + lane) * STRIDE + 4 * word)],
      ...[SET, row],
    ]),
    ...[...shuffled(r0, r1, LOW), SET, p0, ...shuffled(r2, r3, LOW), SET, p1],
    ...[...shuffled(r0, r1, HIGH), SET, p2, ...shuffled(r2, r3, HIGH), SET, p3],
    ...[[p0, p1, FIRST], [p0, p1, SECOND], [p2, p3, FIRST], [p2, p3, SECOND]].flatMap(
      ([a, b, order], i) => [
        ...[CONST, 0, ...shuffled(a as number, b as number, order as number[])],
        ...[...VECTOR_STORE, ...unsigned(asideAt(word + i, set))],
      ],
    ),
  ]);
}
