/**
 * Bodies of requests: forms and texts, bounded in size.
 *
 * @module
 */

import type { ItemInfo } from "../datastore.ts";
import { isRecord } from "../../vfs/json.ts";
import { extensionOf } from "../label_file.ts";
import { parsePythonJson } from "../python_json.ts";
import { Bounded } from "../../serving/bounded.ts";
import { type Form, parseMultipart } from "./multipart.ts";
import { Problem } from "../../serving/problem.ts";
import { invalid, missing } from "./problem.ts";
import type { Call } from "./route.ts";

/** A file in a form. */
export interface Upload {
  /** Its name without folders, which some clients send too, and without all of its extensions. */
  readonly stem: string;
  /** Its extension with the dot, `.nii.gz` and the like as one; empty when it has none. */
  readonly extension: string;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Longest of what is no upload, in bytes. */
const MOST_TEXT = 65_536;

/**
 * Reads a form, multipart or URL-encoded, of at most `most` bytes.
 *
 * @throws {Problem} 413 when it is longer, 400 or 408 when it does not come whole, 422 when it is no form
 */
export async function readForm({ request, settings }: Call, most?: number): Promise<Form> {
  const bytes = await readBytes(request, most ?? settings.maxUploadBytes);
  const type = request.headers.get("content-type") ?? "";
  const isUrlEncoded = /^application\/x-www-form-urlencoded\b/i.test(type);
  const form = isUrlEncoded
    ? new Map([...new URLSearchParams(new TextDecoder().decode(bytes))].reverse())
    : parseMultipart(bytes, type);
  if (!form) throw invalid(["body"], "Not a form");
  return form;
}

/** The body, in memory once. @throws {Problem} 400, 408, 413 */
async function readBytes(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Bounded(request, most);
  const said = Number(request.headers.get("content-length") ?? 0);
  let bytes = held(new ArrayBuffer(0), said > 0 ? said : 0);
  let length = 0;
  try {
    for await (const chunk of body.stream) {
      const end = length + chunk.length;
      if (end > bytes.length) {
        const room = Math.max(end, Math.min(2 * bytes.length, most));
        bytes = held(bytes.buffer, room);
      }
      bytes.set(chunk, length);
      length = end;
    }
  } catch (error) {
    throw body.failure ?? error;
  }
  return bytes.subarray(0, length);
}

/** Those bytes, with room for so many. @throws {Problem} 413 for more than can be had */
function held(bytes: ArrayBuffer, room: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes.transfer(room));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem(413, `There is no room for ${room} bytes`);
  }
}

/** Reads the name and password of a login, which anybody may send. @throws {Problem} 400, 408, 413, 422 */
export function readLogin(call: Call): Promise<Form> {
  return readForm(call, MOST_TEXT);
}

/** Reads a body of text. @throws {Problem} 400, 408, 413 when it is too long or does not come whole */
export async function readText({ request }: Call): Promise<string> {
  return new TextDecoder().decode(await readBytes(request, MOST_TEXT));
}

/** The file in field `name`. @throws {Problem} 422 without one */
export function uploadOf(form: Form, name: string): Upload {
  const field = form.get(name);
  if (typeof field !== "object") throw missing("body", name);
  const fileName = field.fileName.split(/[/\\]/).at(-1)!;
  return {
    stem: fileName.replace(/^(\.*[^.]*).*$/s, "$1"),
    extension: extensionOf(fileName),
    bytes: field.bytes,
  };
}

/** The object in JSON in field `name`; empty without one. @throws {Problem} 422 when it is something else */
export function jsonField(form: Form, name: string): ItemInfo {
  const text = form.get(name) ?? "{}";
  try {
    const value = typeof text === "string" ? parsePythonJson(text || "{}") : undefined;
    if (isRecord(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid(["body", name], "Not a JSON object");
}
