/**
 * Files as random-access bytes, for `formats/`.
 *
 * @module
 */

import { collect } from "./bytes.ts";
import { isVfsError } from "../errors.ts";
import type { ByteSource } from "../../formats/byte_source.ts";
import type { Place } from "../transport.ts";

/**
 * Makes a source that reads `file` by ranges, each with one request. Its size is known after the first read,
 * so that a header costs no request for the size. Once it is, all further reads must find the same file.
 */
export function byteSource(file: Place, signal: AbortSignal): ByteSource {
  const { transport, location } = file;
  let size: number | undefined;
  let etag: string | undefined;
  return {
    get size() {
      return size;
    },
    async read(start, end) {
      if (end <= start || start >= (size ?? Infinity)) return new Uint8Array();
      try {
        const got = await transport.get(location, {
          range: { start, end },
          whole: true,
          ifMatch: transport.capabilities.etag ? etag : undefined,
          signal,
        });
        size = got.info.size;
        etag = got.info.etag;
        return await collect(got.body);
      } catch (error) {
        if (isVfsError(error) && error.kind === "RangeNotSatisfiable") {
          return new Uint8Array();
        }
        throw error;
      }
    },
  };
}
