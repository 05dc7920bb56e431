/**
 * Bodies of requests: forms and texts, bounded in size.
 *
 * @module
 */

import type { ItemInfo } from "../datastore.ts";
import { parseRecord } from "../../vfs/json.ts";
import { extensionOf } from "../label_file.ts";
import { Bounded } from "../../serving/bounded.ts";
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
export async function readForm({ request, settings }: Call, most?: number): Promise<FormData> {
  const body = new Bounded(request, most ?? settings.maxUploadBytes);
  const type = request.headers.get("content-type") ?? "";
  try {
    return await new Response(body.stream, { headers: { "content-type": type } }).formData();
  } catch (error) {
    if (body.failure) throw body.failure;
    if (!(error instanceof TypeError)) throw error;
    throw invalid(["body"], "Not a form");
  }
}

/** Reads the name and password of a login, which anybody may send. @throws {Problem} 400, 408, 413, 422 */
export function readLogin(call: Call): Promise<FormData> {
  return readForm(call, MOST_TEXT);
}

/** Reads a body of text. @throws {Problem} 400, 408, 413 when it is too long or does not come whole */
export async function readText({ request }: Call): Promise<string> {
  const body = new Bounded(request, MOST_TEXT);
  try {
    return await new Response(body.stream).text();
  } catch (error) {
    throw body.failure ?? error;
  }
}

/** The file in field `name`. @throws {Problem} 422 without one */
export async function uploadOf(form: FormData, name: string): Promise<Upload> {
  const field = form.get(name);
  if (!(field instanceof File)) throw missing("body", name);
  const fileName = field.name.split(/[/\\]/).at(-1)!;
  return {
    stem: fileName.replace(/^(\.*[^.]*).*$/s, "$1"),
    extension: extensionOf(fileName),
    bytes: new Uint8Array(await field.arrayBuffer()),
  };
}

/** The object in JSON in field `name`; empty without one. @throws {Problem} 422 when it is something else */
export function jsonField(form: FormData, name: string): ItemInfo {
  const text = form.get(name) ?? "{}";
  const value = typeof text === "string" ? parseRecord(text || "{}") : undefined;
  if (value) return value;
  throw invalid(["body", name], "Not a JSON object");
}
