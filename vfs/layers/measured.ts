/**
 * Bodies and sources held to the length that they announce, and to errors that are ours.
 *
 * @module
 */

import type { Bytes, ChunkReader, Source } from "../bytes/bytes.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { toAborted } from "../concurrency/signals.ts";
import type { Got } from "../transport.ts";

/** `error` as a {@linkcode VfsError}: `Aborted`, `TimedOut` or `Unexpected` unless it is one. */
export function callError(
  error: unknown,
  op: string,
  at: Location,
  signal: AbortSignal,
): VfsError {
  if (isVfsError(error)) return error;
  if (signal.aborted) return toAborted(signal, op, at.href);
  const name = error instanceof Error ? error.name : "";
  const kind = name === "AbortError"
    ? "Aborted"
    : name === "TimeoutError"
    ? "TimedOut"
    : "Unexpected";
  return new VfsError(kind, { op, url: at.href, cause: error });
}

/** `got` with a body that fails unless it has the length announced. */
export function checkLength(got: Got, at: Location, signal: AbortSignal): Got {
  const { length, body } = got;
  if (body instanceof Uint8Array) {
    if (length !== undefined && body.length !== length) {
      throw wrongLength(at, body.length, length);
    }
    return got;
  }
  const reader = length === undefined ? body : counted(body, (count, ended) => {
    if (count > length || (ended && count < length)) {
      throw wrongLength(at, count, length);
    }
  });
  return { ...got, body: wrapErrors(reader, at, signal) };
}

function wrongLength({ href: url }: Location, count: number, length: number): VfsError {
  const [kind, reason] = count < length
    ? ["Incomplete", `ended after ${count} of ${length} bytes`] as const
    : ["Protocol", `gave more than the ${length} bytes announced`] as const;
  return new VfsError(kind, { op: "read", url, reason });
}

function counted(
  reader: ChunkReader,
  check: (count: number, ended: boolean) => void,
): ChunkReader {
  let count = 0;
  return {
    async read(into) {
      const chunk = await reader.read(into);
      count += chunk?.length ?? 0;
      check(count, chunk === undefined);
      return chunk;
    },
    close: (reason) => reader.close(reason),
  };
}

function wrapErrors(reader: ChunkReader, at: Location, signal: AbortSignal): ChunkReader {
  return {
    async read(into) {
      try {
        return await reader.read(into);
      } catch (error) {
        // The first error counts, whatever closing says besides.
        await reader.close(error).catch(() => {});
        throw callError(error, "read", at, signal);
      }
    },
    close: (reason) => reader.close(reason),
  };
}

/**
 * Makes a source of the wrong length fail while it is read, which is before the driver can commit, and tells
 * whether it was read to its end.
 */
export function measured<S extends Source>(
  source: S,
  at: Location,
): Source & Pick<S, "size"> & { isRead(): boolean } {
  const { size, replayable } = source;
  let isRead = false;
  const check = (count: number, ended: boolean) => {
    isRead = ended || count === size;
    if (size === undefined || (ended ? count === size : count <= size)) return;
    throw new VfsError("InvalidArgument", {
      op: "write",
      url: at.href,
      reason: `the source gave ${count} bytes and announced ${size}`,
    });
  };
  const checked = (bytes: Bytes) => {
    if (!(bytes instanceof Uint8Array)) return counted(bytes, check);
    check(bytes.length, true);
    return bytes;
  };
  return {
    size,
    replayable,
    isRead: () => isRead,
    open() {
      const opening = source.open();
      return opening instanceof Uint8Array
        ? checked(opening)
        : Promise.resolve(opening).then(checked);
    },
  };
}
