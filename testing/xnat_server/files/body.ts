/**
 * The bytes of an upload: raw or multipart, by the rules of XNAT.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import type { Pieces } from "../storage/blobs.ts";

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
 * The files in a body.
 *
 * @throws {Refusal} 400 for a type that is not known, 500 for a form, for a body of unknown length and
 * for an empty one.
 */
export async function incoming(call: Call): Promise<Incoming[]> {
  const { request, query } = call;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  const inbody = query.is("inbody");
  if (type === "multipart/form-data") {
    if (inbody) refuse(400, "Body cannot be both multipart and inbody");
    return await parts(request);
  }
  if (!inbody && type === "application/x-www-form-urlencoded") {
    refuse(500, "The form of the body cannot be parsed");
  }
  if (!inbody && !isRaw(type)) refuse(400, `Unknown content type "${type}" without inbody=true`);
  const length = Number(request.headers.get("content-length") ?? -1);
  if (length < 1 && type !== "application/zip") refuse(500, "Content-Length must be at least 1");
  const name = `upload${ENDINGS[type] ?? ""}`;
  return [{ name, isRaw: true, bytes: request.body ?? [] }];
}

async function parts(request: Request): Promise<Incoming[]> {
  let form: FormData;
  try {
    form = await request.formData();
  } catch (error) {
    if (error instanceof TypeError) refuse(500, `The form cannot be parsed: ${error.message}`);
    throw error;
  }
  return [...form.values()].flatMap((value) =>
    typeof value === "string" ? [] : [{ name: value.name, isRaw: false, bytes: value.stream() }]
  );
}
