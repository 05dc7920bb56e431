/**
 * WebAssembly in bytes (WebAssembly Core Specification, §5): what modules are put together of.
 *
 * @module
 */

/** Control. */
export const LOOP = 0x03, END = 0x0b, BRANCH_IF = 0x0d;
/** Locals. */
export const GET = 0x20, SET = 0x21, TEE = 0x22;
/** On integers of 32 bits. */
export const LOAD = 0x28, STORE = 0x36, CONST = 0x41;
export const LESS = 0x49, ADD = 0x6a, AND = 0x71, OR = 0x72, XOR = 0x73, ROTATE = 0x77;
/** Types. */
export const I32 = 0x7f, V128 = 0x7b, NO_RESULT = 0x40;

/** An instruction on vectors: these have a prefix. */
export function vector(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)];
}

/** A module that exports `memory`, a page, and `add`, a function of two integers without a result, of this code. */
export function moduleOf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    ...[0, ...text("asm"), 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("add"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
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
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, ...unsigned(value >>> 7)];
}

/** LEB128 of 32 bits. */
export function signed(value: number): number[] {
  const rest = (value | 0) >> 7;
  const isSigned = rest === value << 25 >> 31;
  return isSigned ? [value & 127] : [value & 127 | 128, ...signed(rest)];
}
