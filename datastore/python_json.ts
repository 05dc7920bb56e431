/**
 * JSON as Python writes it, with numbers that are none: `NaN`, `Infinity` and `-Infinity`.
 *
 * @module
 */

/** Before a number that is none, as a string, where no other text can be taken for it but one made to be. */
const MARK = "\0number:";
const MARK_IN_JSON = JSON.stringify(MARK).slice(1, -1);

const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
// A quote after a backslash is in the middle of a string.
const MARKED = new RegExp(`(?<!\\\\)"${RegExp.escape(MARK_IN_JSON)}(NaN|-?Infinity)"`, "g");

/** The value that `text` is the JSON of. @throws {SyntaxError} */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const marked = text.replaceAll(
      STRING_OR_NO_NUMBER,
      (token) => token.startsWith('"') ? token : `"${MARK_IN_JSON}${token}"`,
    );
    if (marked === text) throw error;
    return JSON.parse(marked, (_, value) => isMarked(value) ? Number(unmarked(value)) : value);
  }
}

/** The JSON of `value`, indented by two blanks. */
export function formatPythonJson(value: unknown): string {
  const isNoNumber = (each: unknown) => typeof each === "number" && !Number.isFinite(each);
  const text = JSON.stringify(value, (_, each) => isNoNumber(each) ? MARK + each : each, 2);
  return text.replaceAll(MARKED, "$1");
}

function isMarked(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(MARK);
}

function unmarked(value: string): string {
  return value.slice(MARK.length);
}
