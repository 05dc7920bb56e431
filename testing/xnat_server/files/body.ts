/**
 * The bytes of an upload: raw or multipart, by the rules of XNAT.
 *
 * @module
 */

import { own } from "../own.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { FormError, formParts } from "../http/multipart.ts";
import type { Blobs, HeldBlob, Pieces } from "../storage/blobs.ts";

/** A file that is being sent. */
export interface Incoming {
  /** Its name in a form; of a raw body, what it is called when the path says nothing. */
  readonly name: string;
  readonly isRaw: boolean;
  readonly bytes: Pieces;
}

const RAW = new Set([
  ...["*", "octet-stream", "dicom", "zip", "x-xar", "x-gtar", "x-gzip", "x-tar", "pdf", "excel"]
    .concat("powerpoint", "word", "vnd.ms-excel", "msword").map((each) => `application/${each}`),
  ...["*", "plain", "xml", "csv", "html"].map((each) => `text/${each}`),
  ...["*", "bmp", "gif", "icon", "jpeg", "png", "svg", "svg+xml", "tiff"].map((each) =>
    `image/${each}`
  ),
  ...["*", "mpeg", "mp4", "avi", "quicktime"].map((each) => `video/${each}`),
]);

/** How files are called that come without a name (`RequestUtil.deriveFileName`). */
const ENDINGS: Readonly<Record<string, string>> = {
  "": ".unsupported",
  "application/dicom": ".dcm",
  "application/pdf": ".pdf",
  "application/x-gtar": ".tar.gz",
  "application/x-gzip": ".gzip",
  "application/x-tar": ".tar",
  "application/zip": ".zip",
  "text/csv": ".csv",
  "text/plain": ".txt",
  "text/xml": ".xml",
};

/** Whether a content type is taken as raw bytes without `inbody=true`. */
function isRaw(type: string): boolean {
  return RAW.has(type);
}

/**
 * The files in a body; those of a form are kept in `stack`.
 *
 * @throws {Refusal} 400 for a type that is not known, 500 for a form, for a body of unknown length and
 * for an empty one.
 */
export async function incoming(call: Call, stack: AsyncDisposableStack): Promise<Incoming[]> {
  const { request, query } = call;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  const inbody = query.is("inbody");
  if (type === "multipart/form-data") {
    if (inbody) refuse(400, "Body cannot be both multipart and inbody");
    return await parts(call, stack);
  }
  if (!inbody && type === "application/x-www-form-urlencoded") {
    refuse(500, "The form of the body cannot be parsed");
  }
  if (!inbody && !isRaw(type)) refuse(400, `Unknown content type "${type}" without inbody=true`);
  const length = Number(request.headers.get("content-length") ?? -1);
  if (length < 1 && type !== "application/zip") refuse(500, "Content-Length must be at least 1");
  const name = `upload${own(ENDINGS, type) ?? ""}`;
  const bytes = announced(request.body ?? ReadableStream.from([]), length < 1 ? Infinity : length);
  return [{ name, isRaw: true, bytes }];
}

/** A body, which is whole with the last byte announced: a client that has left meanwhile changes nothing, as in Tomcat. */
async function* announced(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let left = length;
  try {
    for await (const piece of body) {
      left -= piece.length;
      yield piece;
    }
  } catch (error) {
    if (left > 0) throw error;
  }
}

/** The files of a form, which XNAT reads to its end before it looks at any. */
async function parts(
  { request, world: { blobs } }: Call,
  stack: AsyncDisposableStack,
): Promise<Incoming[]> {
  const files: Incoming[] = [];
  try {
    const body = request.body ?? ReadableStream.from<Uint8Array>([]);
    const type = request.headers.get("content-type")!;
    for await (const { filename: name, bytes } of formParts(body, type)) {
      const held = await blobs.hold(bytes);
      stack.defer(() => blobs.release(held.blob));
      if (name !== undefined) files.push({ name, isRaw: false, bytes: piecesOf(blobs, held) });
    }
  } catch (error) {
    if (error instanceof FormError) refuse(500, `The form cannot be parsed: ${error.message}`);
    throw error;
  }
  return files;
}

function piecesOf(blobs: Blobs, { blob, size }: HeldBlob): Pieces {
  return { [Symbol.asyncIterator]: () => blobs.read(blob, 0, size) };
}
