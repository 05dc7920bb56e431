/**
 * What people and programs tell the command while it runs.
 *
 * @module
 */

import type { Output } from "./io.ts";

/** The input of the program. */
export interface Input {
  /** The next bytes, or `null` at the end. */
  read(): Promise<Uint8Array | null>;
  /** Turns the terminal's echo and line editing off, or on again. */
  setRaw(isRaw: boolean): void;
  /** A person writes it. */
  readonly isTerminal: boolean;
}

/** The input of this process. */
export function processInput(): Input {
  return {
    async read() {
      const bytes = new Uint8Array(4096);
      const length = await Deno.stdin.read(bytes);
      return length === null ? null : bytes.subarray(0, length);
    },
    setRaw: (isRaw) => Deno.stdin.setRaw(isRaw),
    isTerminal: Deno.stdin.isTerminal(),
  };
}

/** A person ended the input with Ctrl-C or Ctrl-D where an answer was asked for. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

const MAX_LENGTH = 4096;
const INTERRUPT = "\x03";
const END = "\x04";

/** Asks for one line on a terminal. The prompt goes to `output`; with `hidden` nothing of the answer is shown. */
export async function ask(
  input: Input,
  output: Output,
  prompt: string,
  hidden = false,
): Promise<string> {
  const write = (text: string) => output.writeSync(new TextEncoder().encode(text));
  write(prompt);
  if (!hidden) return await readLine(input);
  input.setRaw(true);
  try {
    return await readHidden(input);
  } finally {
    input.setRaw(false);
    write("\n");
  }
}

/** The first line of the input, without its end; what follows is dropped. */
export async function readLine(input: Input): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let chunk = await input.read(); chunk !== null; chunk = await input.read()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_LENGTH) throw new RangeError("The line is too long");
    if (text.includes("\n")) break;
  }
  return text.split(/\r?\n/, 1)[0]!;
}

async function readHidden(input: Input): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let chunk = await input.read(); chunk !== null; chunk = await input.read()) {
    for (const character of decoder.decode(chunk, { stream: true })) {
      if (character === "\r" || character === "\n") return text;
      if (character === INTERRUPT || (character === END && text === "")) {
        throw new NoAnswer("No answer was given");
      }
      if (character === "\b" || character === "\x7f") text = [...text].slice(0, -1).join("");
      else text += character;
    }
    if (text.length > MAX_LENGTH) throw new RangeError("The line is too long");
  }
  return text;
}
