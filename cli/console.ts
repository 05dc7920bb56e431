/**
 * The two outputs of a command, and the status line below them.
 *
 * @module
 */

import { printable } from "../formats/text.ts";
import type { Io, Output } from "./io.ts";

const ENCODER = new TextEncoder();
const FLUSH_AT = 16 * 1024;
const CLEAR_LINE = "\r\x1b[K";

/** The reader of an output went away. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

/** A colour of the terminal, as the number of its escape sequence. */
export type Colour = "bold" | "dim" | "red" | "yellow" | "blue" | "cyan";
const COLOURS: Readonly<Record<Colour, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  yellow: 33,
  blue: 34,
  cyan: 36,
};

/** Writes results to stdout in blocks, and messages to stderr at once. */
export class Console {
  readonly #io: Io;
  readonly #stop: (reason: BrokenPipe) => void;
  #buffer = "";
  #writing: Promise<void> = Promise.resolve();
  #broken: BrokenPipe | undefined;
  #status = "";

  /** `stop` is called when nobody reads one of the outputs any more. */
  constructor(io: Io, stop: (reason: BrokenPipe) => void) {
    this.#io = io;
    this.#stop = stop;
  }

  /** Whether a person reads stdout. */
  get isTerminal(): boolean {
    return this.#io.stdout.isTerminal;
  }

  /** Whether a person reads stdout in colour. */
  get hasColour(): boolean {
    return this.isTerminal && !this.#io.noColor;
  }

  /** Where the status line goes. */
  get stderr(): Output {
    return this.#io.stderr;
  }

  /** Text that others named, made harmless for a terminal; for programs it is kept as it is. */
  safe(text: string): string {
    return this.isTerminal ? printable(text, Infinity) : text;
  }

  /** Colours text for stdout, where it is a terminal. */
  paint(text: string, colour: Colour): string {
    return this.#paint(text, colour, this.#io.stdout);
  }

  /** Adds a line to stdout. Whoever writes many awaits {@linkcode drain} between them. */
  line(text: string): void {
    this.text(`${text}\n`);
  }

  /** Adds a record to stdout, as one line of JSON. */
  json(record: unknown): void {
    this.line(JSON.stringify(record));
  }

  /** Adds text to stdout. */
  text(text: string): void {
    this.#buffer += text;
    if (this.isTerminal || this.#buffer.length >= FLUSH_AT) {
      // What goes wrong is kept, for `drain` to throw.
      this.flush().catch(() => {});
    }
  }

  /** Writes bytes to stdout. @throws {BrokenPipe} */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#write(bytes);
  }

  /** Waits while stdout is behind. @throws {BrokenPipe} */
  async drain(): Promise<void> {
    if (this.#broken) throw this.#broken;
    await this.#writing;
  }

  /** Writes all that was added. @throws {BrokenPipe} */
  flush(): Promise<void> {
    const text = this.#buffer;
    this.#buffer = "";
    return text === "" ? this.drain() : this.#write(ENCODER.encode(text));
  }

  /** Writes an error to stderr, as one line. */
  error(text: string): void {
    this.#message([text], "red");
  }

  /** Writes a warning to stderr, as one line. */
  warning(text: string): void {
    this.#message([text], "yellow");
  }

  /** Writes a remark to stderr, as one line. */
  note(text: string): void {
    this.#message([text]);
  }

  /** Writes text to stderr that has lines of its own. */
  notes(text: string): void {
    this.#message(text.split("\n"));
  }

  /** Shows `text` on the last line of the terminal until the next one; empty to take it away. */
  status(text: string): void {
    if (!this.#io.stderr.isTerminal || text === this.#status) return;
    this.#status = text;
    this.#tell(CLEAR_LINE + printable(text, Infinity));
  }

  #message(lines: readonly string[], colour?: Colour): void {
    const { stderr } = this.#io;
    // A newline in a name would make a line that looks as if it were ours.
    const safe = stderr.isTerminal ? lines.map((line) => printable(line, Infinity)) : lines;
    const text = safe.join("\n");
    const status = this.#hideStatus();
    this.#tell(`${colour ? this.#paint(text, colour, stderr) : text}\n`);
    this.status(status);
  }

  /** Nobody waits for what is told, so that its reader went away is thrown by what waits for stdout. */
  #tell(text: string): void {
    if (this.#broken) return;
    try {
      this.#io.stderr.writeSync(ENCODER.encode(text));
    } catch (error) {
      this.#endIfUnread(error);
    }
  }

  #write(bytes: Uint8Array): Promise<void> {
    const writing = this.#writing.then(async () => {
      if (this.#broken) throw this.#broken;
      try {
        const status = this.#hideStatus();
        await this.#io.stdout.write(bytes);
        this.status(status);
      } catch (error) {
        throw this.#endIfUnread(error);
      }
    });
    this.#writing = writing;
    // It is awaited by whoever writes next.
    writing.catch(() => {});
    return writing;
  }

  /** @throws `error`, when it is another one than that of an output without a reader */
  #endIfUnread(error: unknown): BrokenPipe {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    this.#broken = new BrokenPipe("Cannot write: nobody reads the output", { cause: error });
    this.#stop(this.#broken);
    return this.#broken;
  }

  #hideStatus(): string {
    const status = this.#status;
    this.status("");
    return status;
  }

  #paint(text: string, colour: Colour, output: Output): string {
    if (!output.isTerminal || this.#io.noColor) return text;
    return `\x1b[${COLOURS[colour]}m${text}\x1b[0m`;
  }
}
