/**
 * Text that is safe and readable for people.
 *
 * @module
 */

// Control characters, and what turns or hides text on a terminal; the joiners
// U+200C and U+200D belong to the spelling of names.
const HOSTILE = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\u2028\u2029]/u;

/**
 * Makes text of a file safe to show on a terminal: control characters and
 * those that reorder or hide text appear as `\x1b`, `\u202e`; what exceeds
 * `limit` characters is cut off.
 */
export function printable(text: string, limit = 64): string {
  const pieces: string[] = [];
  let length = 0;
  for (const character of text) {
    const piece = HOSTILE.test(character) ? escape(character) : character;
    pieces.push(piece);
    length += piece.length;
    if (length > limit) return `${shorten(pieces, length, limit - 1)}…`;
  }
  return pieces.join("").toWellFormed();
}

function shorten(pieces: string[], length: number, limit: number): string {
  let left = length;
  while (left > limit) left -= pieces.pop()!.length;
  return pieces.join("").toWellFormed();
}

function escape(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
}

/**
 * `text` without the characters at its end that `tail` matches. A `/[…]+$/` would take the square of the length for many of
 * them before something else.
 */
export function withoutTail(text: string, tail: RegExp): string {
  let end = text.length;
  while (end > 0 && tail.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** Writes a count with its noun, `1 study`, `2 studies`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Writes a size in bytes as people read it, in decimal units: `1.2 MB`. */
export function byteSize(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB", "PB"];
  if (bytes < 1000) return counted(bytes, "byte");
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** Most that a function is given at once: arguments lie on the stack. */
const MOST_ARGUMENTS = 4096;

/** Decodes bytes as Latin-1, which those below 0x80 are in most character sets. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length > MOST_ARGUMENTS) {
    const half = bytes.length >> 1;
    return latin1(bytes.subarray(0, half)) + latin1(bytes.subarray(half));
  }
  // Spread, or one by one, they take four times as long, and twice the memory.
  return String.fromCharCode.apply(null, bytes as ArrayLike<number> as number[]);
}
