/**
 * One line about a JSON file.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { byteSize, counted } from "../text.ts";

/** Largest file that is parsed to count its members. */
const MAX_PARSED = 1024 * 1024;

/** Describes a JSON file; one that does not parse is called text. */
export async function describeJson(source: ByteSource): Promise<string> {
  const bytes = await source.read(0, MAX_PARSED + 1);
  if (bytes.length > MAX_PARSED) {
    return source.size === undefined ? "JSON" : `JSON, ${byteSize(source.size)}`;
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return `text, ${byteSize(bytes.length)}`; // looked like JSON at its start
  }
  if (Array.isArray(value)) {
    return `JSON array of ${counted(value.length, "element")}`;
  }
  const keys = Object.keys(value as Record<string, unknown>);
  return `JSON object with ${counted(keys.length, "key")}`;
}
