/** Tars for tests, as right or as wrong as a test wants them. @module */

import { concat } from "../../../vfs/bytes/bytes.ts";

/** A member of a tar to build. */
export interface Draft {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly type?: string;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly gnu?: boolean;
  readonly size?: number;
  readonly checksum?: number;
}

const encode = (text: string | Uint8Array) =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;

/** The tar of `drafts`; without its end when asked. */
export function buildTar(drafts: readonly Draft[], hasEnd = true): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const draft of drafts) {
    const content = encode(draft.content ?? "");
    parts.push(header(draft, content.length), content);
    parts.push(new Uint8Array((512 - content.length % 512) % 512));
  }
  if (hasEnd) parts.push(new Uint8Array(1024));
  return concat(parts, parts.reduce((sum, { length }) => sum + length, 0));
}

function header(draft: Draft, length: number): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, text: string | Uint8Array) => block.set(encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, encode(draft.name).subarray(0, 100));
  put(100, "0000644\0");
  put(124, `${octal(draft.size ?? length, 11)}\0`);
  put(136, `${octal(1_767_225_600, 11)}\0`);
  put(156, draft.type ?? "0");
  put(157, draft.linkName ?? "");
  put(257, draft.gnu ? "ustar  \0" : "ustar\x0000");
  put(345, draft.prefix ?? "");
  put(148, "        ");
  const sum = block.reduce((all, byte) => all + byte, 0);
  put(148, `${octal(draft.checksum ?? sum, 6)}\0 `);
  return block;
}

/** Records of a pax header. */
export function pax(records: Readonly<Record<string, string>>): string {
  return Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const bytes = encode(rest).length;
    let length = bytes + 1;
    while (`${length}`.length + bytes !== length) length++;
    return `${length}${rest}`;
  }).join("");
}

/** The tar of `files` by path, long names by pax. */
export function tarOf(
  files: Readonly<Record<string, Uint8Array | string>>,
): Uint8Array<ArrayBuffer> {
  return buildTar(
    Object.entries(files).flatMap(([name, content]) => [
      { name: "x", type: "x", content: pax({ path: name }) },
      { name: name.slice(0, 20), content },
    ]),
  );
}
