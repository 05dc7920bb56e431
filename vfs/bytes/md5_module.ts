/**
 * The WebAssembly module that adds blocks to an MD5: its steps (RFC 1321 §3.4) one after the other, each of them ordered so
 * that as little as can be waits for the one before. Opcodes and sections are those of the WebAssembly Core Specification, §5.
 *
 * @module
 */

const LOOP = 0x03, END = 0x0b, BRANCH_IF = 0x0d;
const GET = 0x20, SET = 0x21, TEE = 0x22;
const LOAD = 0x28, STORE = 0x36, CONST = 0x41;
const LESS = 0x49, ADD = 0x6a, AND = 0x71, OR = 0x72, XOR = 0x73, ROTATE = 0x77;
const I32 = 0x7f, NO_RESULT = 0x40;

/** Locals: where to read, where to stop, and the words A, B, C, D. */
const FROM = 0, TO = 1, WORDS = [2, 3, 4, 5] as const;

/** By how much each step of a round rotates, four by turns. */
const ROTATIONS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]] as const;
/** Which words of a block the steps of a round take: `[factor, offset]`. */
const ORDERS = [[1, 0], [5, 1], [3, 5], [7, 0]] as const;

/**
 * The module: `memory`, a page whose first 16 bytes are the state, and `add(start, end)`, which adds the blocks from `start`
 * to `end` to it.
 */
export function md5Module(): Uint8Array<ArrayBuffer> {
  const locals = [1, WORDS.length, I32];
  const code = [...locals, ...addition(), END];
  return new Uint8Array([
    ...[0, ...text("asm"), 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("add"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

function addition(): number[] {
  const stateAt = (i: number) => [CONST, 0, LOAD, 2, 4 * i];
  return [
    ...WORDS.flatMap((word, i) => [...stateAt(i), SET, word]),
    ...[LOOP, NO_RESULT],
    ...Array.from({ length: 64 }, (_, i) => step(i)).flat(),
    ...WORDS.flatMap((word, i) => [
      ...[CONST, 0, GET, word, ...stateAt(i), ADD],
      ...[TEE, word, STORE, 2, 4 * i],
    ]),
    ...[GET, FROM, CONST, ...signed(64), ADD, TEE, FROM, GET, TO, LESS, BRANCH_IF, 0],
    END,
  ];
}

/** `a = b + ((a + f(b, c, d) + word + constant) <<< rotation)`, where a to d change places with each step. */
function step(i: number): number[] {
  const round = i >> 4;
  const [a, b, c, d] = [0, 1, 2, 3].map((place) => WORDS[(place - i) & 3]!) as [
    number,
    number,
    number,
    number,
  ];
  const [factor, offset] = ORDERS[round]!;
  const word = (factor * i + offset) & 15;
  const constant = Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1)));
  return [
    ...[GET, a, GET, FROM, LOAD, 2, 4 * word, ADD, CONST, ...signed(constant), ADD],
    ...mixed(round, b, c, d),
    ...[CONST, ROTATIONS[round]![i & 3]!, ROTATE, GET, b, ADD, SET, a],
  ];
}

/** Adds f(b, c, d). Only b comes from the step before, so it is taken last. */
function mixed(round: number, b: number, c: number, d: number): number[] {
  const not = [CONST, ...signed(-1), XOR];
  switch (round) {
    case 0:
      return [GET, c, GET, d, XOR, GET, b, AND, GET, d, XOR, ADD];
    case 1:
      // The two halves have no bit in common: they can be added one after the other.
      return [GET, d, ...not, GET, c, AND, ADD, GET, b, GET, d, AND, ADD];
    case 2:
      return [GET, c, GET, d, XOR, GET, b, XOR, ADD];
    default:
      return [GET, d, ...not, GET, b, OR, GET, c, XOR, ADD];
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(name: string): number[] {
  return [name.length, ...text(name)];
}

function text(ascii: string): number[] {
  return [...new TextEncoder().encode(ascii)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, ...unsigned(value >>> 7)];
}

/** LEB128 of 32 bits. */
function signed(value: number): number[] {
  const rest = (value | 0) >> 7;
  const isSigned = rest === value << 25 >> 31;
  return isSigned ? [value & 127] : [value & 127 | 128, ...signed(rest)];
}
