/**
 * What is stored, and whether it can be.
 *
 * @module
 */

import { type Source, sourceOfBlob, sourceOfBytes, sourceOfStream } from "./bytes.ts";
import { FunctionNotSupported, VfsError } from "../errors.ts";
import type { Place } from "../transport.ts";

/** What can be written. */
export type Content = string | Uint8Array | Blob | ReadableStream<Uint8Array>;

/** The content as drivers take it. */
export function sourceOf(content: Content): Source {
  if (typeof content === "string") {
    return sourceOfBytes(new TextEncoder().encode(content));
  }
  if (content instanceof Uint8Array) {
    return sourceOfBytes(content as Uint8Array<ArrayBuffer>);
  }
  return content instanceof Blob ? sourceOfBlob(content) : sourceOfStream(content);
}

/** The same place, where a file can be stored. @throws `NotSupported`, `IsADirectory` */
export function writable(file: Place): Place {
  const { location, transport } = file;
  if (!transport.put) {
    throw new FunctionNotSupported(location.scheme, "write", location.href);
  }
  if (location.isDirectoryHint && transport.capabilities.naming === "path") {
    const reason = "a URL that ends with a slash names a directory";
    throw new VfsError("IsADirectory", { op: "write", url: location.href, reason });
  }
  return file;
}
