/**
 * The requests that store files, by the rules that XNAT has for bodies and names.
 *
 * @module
 */

import type { Upload } from "./body.ts";
import type { XnatRequest } from "./client.ts";
import { filePath } from "./escape.ts";
import { formFor } from "./form.ts";
import { SizedBlob } from "./sized_blob.ts";
import { storedZip, zipSize } from "./stored_zip.ts";
import { filesPath, type ResourceAt } from "./writing.ts";

/** A request that stores something. */
export type Put = Pick<XnatRequest, "query" | "headers" | "body" | "replayable"> & {
  readonly url: string;
};

/** The request that stores one file; `replaces` where another one is in its place. */
export function requestFor(
  at: ResourceAt,
  path: readonly string[],
  upload: Upload,
  replaces: boolean,
): Put {
  if (!needsZip(path, upload)) {
    return {
      url: `${filesPath(at)}/${filePath(path)}`,
      ...content("upload", "application/octet-stream", () => upload.body(), replaces),
      replayable: upload.replayable,
    };
  }
  const members = [{ path: path.join("/"), size: upload.size, open: () => upload.open() }];
  const stream = () => ReadableStream.from(storedZip(members));
  return zipRequest(at, () => new SizedBlob(zipSize(members), stream), replaces);
}

/** An empty body is refused, and other names are stored as they are escaped: a zip keeps both as they are. */
export function needsZip(path: readonly string[], { size }: { readonly size?: number }): boolean {
  return size === 0 || !isKept(path);
}

/** The request that stores the files of a zip, which is unpacked on arrival, and catalogs them at once. */
export function zipRequest(
  at: ResourceAt,
  body: () => Uint8Array<ArrayBuffer> | Blob,
  replaces: boolean,
): Put {
  const { query, ...rest } = content(ZIP, "application/zip", body, replaces);
  return { url: `${filesPath(at)}/${ZIP}`, query: { ...query, extract: true }, ...rest };
}

/** How content goes: as it is, or as a form, which leaves the old file alone until all of it is there. */
function content(
  name: string,
  type: string,
  body: () => Uint8Array<ArrayBuffer> | Blob,
  replaces: boolean,
): Pick<Put, "query" | "headers" | "body"> {
  if (replaces) {
    const form = formFor(name);
    return {
      query: { overwrite: true },
      headers: { "content-type": form.contentType },
      body: () => form.body(body()),
    };
  }
  return {
    query: { inbody: true, overwrite: true },
    headers: { "content-type": type },
    body,
  };
}

/** Name of a zip that is unpacked on arrival and not kept. */
const ZIP = "medvfs-upload.zip";

/**
 * Whether a path is stored as it is. XNAT decodes one only when it holds an escaped blank or plus. What was escaped
 * besides may come as it is by way of a proxy, and beside an escaped blank a plus is a blank too.
 */
function isKept(path: readonly string[]): boolean {
  const escaped = filePath(path);
  return [escaped, escaped.replaceAll("%20", " "), escaped.replaceAll("%2B", "+")]
    .includes(path.join("/"));
}
