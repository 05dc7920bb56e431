/**
 * Names that every file system takes.
 *
 * @module
 */

import { withoutTail } from "../../formats/text.ts";

// deno-lint-ignore no-control-regex -- these are the characters that some system refuses
const FORBIDDEN = /[\x00-\x1f\x7f<>:"/\\|?*^]/g;
/** What Windows takes for devices, whatever comes after the first dot. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;
/** Room is left for a suffix, and for what a driver adds to the name of a temporary file. */
const MAX_BYTES = 200;

/** `text` as one name: without separators and control characters, never reserved, at most 200 bytes in UTF-8. */
export function safeName(text: string): string {
  const plain = text.toWellFormed().normalize("NFC").replace(FORBIDDEN, "_").trim();
  const [stem, extension] = splitName(withoutTail(plain, /[. ]/));
  const cutOff = cut(stem, MAX_BYTES - bytesIn(extension)).trimEnd() + extension;
  const short = withoutTail(cutOff, /[. ]/);
  if (short === "") return "_";
  // A leading dot would hide it.
  return RESERVED.test(short) || short.startsWith(".") ? `_${short}` : short;
}

/** `name` with `suffix` before its extension. */
export function withSuffix(name: string, suffix: string): string {
  const [stem, extension] = splitName(name);
  return `${stem}-${suffix}${extension}`;
}

/** A short extension is kept; what is longer belongs to the name, such as a part of a UID. */
function splitName(name: string): [stem: string, extension: string] {
  const [extension = ""] = /(?<=.)\.[A-Za-z][A-Za-z0-9]{0,7}(\.gz)?$/.exec(name) ?? [];
  return [name.slice(0, name.length - extension.length), extension];
}

function bytesIn(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += bytesOf(character);
  return bytes;
}

function bytesOf(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
}

function cut(text: string, bytes: number): string {
  // No unit takes more than three.
  if (3 * text.length <= bytes) return text;
  let end = 0;
  let length = 0;
  for (const character of text) {
    length += bytesOf(character);
    if (length > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
