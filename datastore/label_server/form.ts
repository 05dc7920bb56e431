/**
 * Bodies of requests: forms, bounded in size.
 *
 * @module
 */

import type { ItemInfo } from "../datastore.ts";
import { extensionOf } from "../label_file.ts";
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

/**
 * Reads a form, multipart or URL-encoded.
 *
 * @throws {Problem} 413 when it is longer than the server takes, 422 when it is no form
 */
export async function readForm({ request, settings }: Call): Promise<FormData> {
  const { maxUploadBytes } = settings;
  const tooLong = new Problem(413, `At most ${maxUploadBytes} bytes are taken`);
  if (Number(request.headers.get("content-length") ?? 0) > maxUploadBytes) throw tooLong;
  let length = 0;
  const limit = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      length += chunk.length;
      if (length > maxUploadBytes) controller.error(tooLong);
      else controller.enqueue(chunk);
    },
  });
  const body = request.body?.pipeThrough(limit) ?? "";
  const type = request.headers.get("content-type") ?? "";
  try {
    return await new Response(body, { headers: { "content-type": type } }).formData();
  } catch (error) {
    if (length > maxUploadBytes) throw tooLong;
    if (!(error instanceof TypeError)) throw error;
    throw invalid(["body"], "Not a form");
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
  if (typeof text === "string") {
    try {
      const value: unknown = JSON.parse(text || "{}");
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        return value as ItemInfo;
      }
    } catch {
      // It is told below, as is JSON that is no object.
    }
  }
  throw invalid(["body", name], "Not a JSON object");
}
