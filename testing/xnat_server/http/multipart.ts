/**
 * Forms, read as they come (RFC 7578): of a part only what has just arrived is in memory.
 *
 * @module
 */

/** A part of a form. */
export interface Part {
  /** What its file is called; `undefined` for a field. */
  readonly filename?: string;
  /** Its content, to be read to its end before the next part is asked for. */
  readonly bytes: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** A body that is no form, or is only the start of one. */
export class FormError extends Error {
  override readonly name = "FormError";
}

/** Bytes of a part's headers, as commons-fileupload has it. */
const MAX_HEAD = 10_240;
const HEAD_END = bytesOf("\r\n\r\n");

/** The parts of the form in `body`. @throws {FormError} */
export async function* formParts(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<Part> {
  const [, quoted, token] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? token;
  if (boundary === undefined) throw new FormError("the content type names no boundary");
  const delimiter = bytesOf(`\r\n--${boundary}`);
  const scanner = new Scanner(body);
  for await (const _ of scanner.upTo(delimiter));
  while (await scanner.peek(2) !== "--") {
    const [, ...lines] = (await head(scanner)).split("\r\n");
    const bytes = scanner.upTo(delimiter);
    yield { filename: filenameIn(lines), bytes };
  }
  await scanner.skip();
}

/** The line that a delimiter stands in, and the headers after it. */
async function head(scanner: Scanner): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const piece of scanner.upTo(HEAD_END)) {
    size += piece.length;
    if (size > MAX_HEAD) {
      throw new FormError(`the headers of a part have more than ${MAX_HEAD} bytes`);
    }
    pieces.push(piece);
  }
  return await new Blob(pieces).text();
}

function filenameIn(lines: readonly string[]): string | undefined {
  const disposition = lines.find((line) => /^content-disposition:/i.test(line)) ?? "";
  const [, quoted, token] = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition) ??
    [];
  return quoted?.replace(/\\(.)/g, "$1") ?? token;
}

/** What comes, with what was not used of it yet. */
class Scanner {
  readonly #pieces: AsyncIterator<Uint8Array>;
  /** The first delimiter may stand where the body begins. */
  #rest: Uint8Array<ArrayBuffer> = bytesOf("\r\n");

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** What stands before `mark`, which is passed over. */
  async *upTo(mark: Uint8Array): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const at = find(this.#rest, mark);
      // Its start may be the end of what there is.
      const sure = at >= 0 ? at : Math.max(0, this.#rest.length - mark.length + 1);
      const piece = this.#rest.subarray(0, sure);
      this.#rest = this.#rest.subarray(at >= 0 ? at + mark.length : sure);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await this.#more();
    }
  }

  /** The next `count` bytes, as text. */
  async peek(count: number): Promise<string> {
    while (this.#rest.length < count) await this.#more();
    return String.fromCharCode(...this.#rest.subarray(0, count));
  }

  /** Takes what comes after the form, so that the connection can go on. The form is whole, whether that is or not. */
  async skip(): Promise<void> {
    const next = () => this.#pieces.next().catch(() => ({ done: true }));
    while (!(await next()).done);
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#pieces.next();
    if (done) throw new FormError("it ends before its last boundary");
    const rest = new Uint8Array(this.#rest.length + value.length);
    rest.set(this.#rest);
    rest.set(value, this.#rest.length);
    this.#rest = rest;
  }
}

/** Where `mark` stands in `bytes`; -1 where it does not. */
function find(bytes: Uint8Array, mark: Uint8Array): number {
  const isAt = (at: number) => mark.every((byte, i) => bytes[at + i] === byte);
  let at = bytes.indexOf(mark[0]!);
  while (at >= 0 && !isAt(at)) at = bytes.indexOf(mark[0]!, at + 1);
  return at;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
