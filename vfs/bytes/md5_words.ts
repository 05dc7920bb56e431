/**
 * What the steps of MD5 do with words, in instructions of WebAssembly: with words of one message, or of four side by side.
 *
 * @module
 */

import * as wasm from "./wasm.ts";

const { CONST, GET, TEE, signed, unsigned, vector } = wasm;

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
  /** Of nothing to a word of the block whose address is in a local. */
  inBlock(word: number, address: number): readonly number[];
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

/** Bytes from a block of one of four messages to that of the next: a page has room for the state and for all of them. */
export const STRIDE = 255 * 64;

const LOAD_FIRST = vector(0x5c), LOAD_LANE = vector(0x56);
const CONSTANT = vector(0x0c), LEFT = vector(0xab), RIGHT = vector(0xad), OR = vector(0x50);

/** Of four messages, one in each lane of a vector. */
export const FOUR: Words = {
  type: wasm.V128,
  bytes: 16,
  load: [...vector(0x00), 2],
  store: [...vector(0x0b), 2],
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
  inBlock: (word, address) => [
    ...[0, 1, 2, 3].flatMap(() => [GET, address]),
    ...[...LOAD_FIRST, 2, ...unsigned(4 * word)],
    ...[1, 2, 3].flatMap((lane) => [...LOAD_LANE, 2, ...unsigned(lane * STRIDE + 4 * word), lane]),
  ],
};
