/**
 * The requests that store files, by the rules that XNAT has for bodies and names.
 *
 * @module
 */

import type { Upload } from "./body.ts";
import type { XnatRequest } from "./client.ts";
import { filePath } from "./escape.ts";
import { SizedBlob } from "./sized_blob.ts";
import { storedZip, zipSize } from "./stored_zip.ts";
import { filesPath, type ResourceAt } from "./writing.ts";

/** A request that stores something. */
export type Put = Pick<XnatRequest, "query" | "headers" | "body" | "replayable"> & {
  readonly url: string;
};

/** The request that stores one file. */
export function requestFor(at: ResourceAt, path: readonly string[], upload: Upload): Put {
  if (upload.size > 0 && isKept(path)) {
    return {
      url: `${filesPath(at)}/${filePath(path)}`,
      query: { inbody: true, overwrite: true },
      headers: { "content-type": "application/octet-stream" },
      body: () => upload.body(),
      replayable: upload.replayable,
    };
  }
  // An empty body is refused, and other names are stored as they are escaped: a zip keeps both as they are.
  const members = [{ path: path.join("/"), size: upload.size, open: () => upload.open() }];
  const stream = () => ReadableStream.from(storedZip(members));
  return zipRequest(at, () => new SizedBlob(zipSize(members), stream));
}

/** The request that stores the files of a zip, which is unpacked on arrival, and catalogs them at once. */
export function zipRequest(at: ResourceAt, body: Put["body"]): Put {
  return {
    url: `${filesPath(at)}/${ZIP}`,
    query: { extract: true, overwrite: true },
    headers: { "content-type": "application/zip" },
    body,
  };
}

/** Name of a zip that is unpacked on arrival and not kept. */
const ZIP = "medvfs-upload.zip";

/**
 * Whether a path is stored as it is. XNAT decodes one only when it holds an escaped blank or plus. What was escaped
 * besides may come as it is by way of a proxy, and beside an escaped blank a plus is a blank too.
 */
export function isKept(path: readonly string[]): boolean {
  const escaped = filePath(path);
  return [escaped, escaped.replaceAll("%20", " "), escaped.replaceAll("%2B", "+")]
    .includes(path.join("/"));
}
