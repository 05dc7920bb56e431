/**
 * Forms with files, taken apart where they lie: the platform's parser has every file in memory twice.
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A file in a form. */
export interface FormFile {
  /** Its name, as it was sent. */
  readonly fileName: string;
  /** Its content: a part of the body. */
  readonly bytes: Bytes;
}

/** The fields of a form; of several with one name the first. */
export type Form = ReadonlyMap<string, string | FormFile>;

/** Longest head of a part, in bytes. */
const MOST_HEAD = 16_384;

/** Most parts; our forms have two. */
const MOST_PARTS = 100;

const [CR, LF, DASH] = [13, 10, 45];

/** One parameter of a header. */
const PARAMETER = /;[ \t]*([\w*-]+)=(?:"((?:\\"|[^"])*)"|([^;"\s]*))[ \t]*/gy;

/** Takes a `multipart/form-data` apart; undefined when it is none, or does not come to its end. */
export function parseMultipart(body: Bytes, contentType: string): Form | undefined {
  const boundary = parametersOf(contentType, /^multipart\/form-data[ \t]*/i)?.get("boundary");
  if (!boundary) return undefined;
  const delimiter = new TextEncoder().encode(`--${boundary}`);
  const form = new Map<string, string | FormFile>();
  let at = isAt(body, delimiter, 0) ? 0 : find(body, delimiter, 0);
  // Parts count, not fields: those without a name, or of one name, make no new field.
  for (let parts = 0; at >= 0 && parts <= MOST_PARTS; parts++) {
    at += delimiter.length;
    if (body[at] === DASH && body[at + 1] === DASH) return form;
    while (body[at] === 32 || body[at] === 9) at++;
    const next = find(body, delimiter, at);
    if (next < 0) return undefined;
    const start = endOfHead(body, at, next);
    if (start < 0) return undefined;
    addPart(
      form,
      new TextDecoder().decode(body.subarray(at, start)),
      body.subarray(start, next - 2),
    );
    at = next;
  }
  return undefined;
}

function addPart(form: Map<string, string | FormFile>, head: string, bytes: Bytes): void {
  // Blanks only where the search is anchored: beside `.*` they take time with the square of their number.
  const [, disposition = ""] = /\r\ncontent-disposition:(.*)\r\n/i.exec(head) ?? [];
  const parameters = parametersOf(disposition, /^[ \t]*form-data[ \t]*/i);
  const name = parameters?.get("name");
  if (name === undefined || form.has(name)) return;
  const fileName = parameters?.get("filename");
  const value = fileName === undefined ? new TextDecoder().decode(bytes) : { fileName, bytes };
  form.set(name, value);
}

/** Parameters of a header that begins with `kind`; undefined when it begins with something else. */
function parametersOf(header: string, kind: RegExp): Map<string, string> | undefined {
  const start = kind.exec(header);
  if (!start) return undefined;
  const parameters = header.slice(start[0].length).matchAll(PARAMETER);
  return new Map(Array.from(parameters, ([, name, quoted, plain]) => {
    // Browsers write a quotation mark as %22, curl as \".
    const value = quoted?.replace(/\\"|%22/g, '"') ?? plain!;
    return [name!.toLowerCase(), value];
  }));
}

/** Where the content of a part begins, whose head begins at `from`; -1 when its head is none. */
function endOfHead(body: Bytes, from: number, to: number): number {
  if (body[from] !== CR || body[from + 1] !== LF) return -1;
  const last = Math.min(to - 2, from + MOST_HEAD);
  for (let i = from; i + 4 <= last; i++) {
    const isEnd = body[i] === CR && body[i + 1] === LF && body[i + 2] === CR && body[i + 3] === LF;
    if (isEnd) return i + 4;
  }
  return -1;
}

/** Where the next `delimiter` is that begins a line; -1 without one. */
function find(body: Bytes, delimiter: Bytes, from: number): number {
  const last = body.length - delimiter.length - 2;
  for (let i = from; i <= last; i++) {
    if (body[i] === CR && body[i + 1] === LF && isAt(body, delimiter, i + 2)) return i + 2;
  }
  return -1;
}

function isAt(body: Bytes, wanted: Bytes, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (body[at + i] !== wanted[i]) return false;
  return true;
}
