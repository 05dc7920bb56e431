/**
 * Reading files and parts of them.
 *
 * Files are opened with `node:fs`, since only it can pass `O_NONBLOCK`: opening a named pipe without it would
 * hang for ever, and a stat before each open would cost as much as the open. Reads tell their position, so the
 * place where the handle stands plays no part.
 *
 * @module
 */

import { closeSync, constants, fstatSync, open, read } from "node:fs";
import type { ChunkReader } from "../../vfs/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location.ts";
import { checkRange, resolveRange } from "../../vfs/range.ts";
import { orAborted, throwIfAborted, toAborted } from "../../vfs/signals.ts";
import type { GetOptions, Got, Info } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";
import { infoOf } from "./info.ts";

/** Up to here a body comes as one array: the file is read and closed at once. */
const SMALL = 256 * 1024;
/** Bytes per read of a larger body; less costs speed, more leaves the cache of the processor. */
const CHUNK = 1024 * 1024;
/** Windows has no such flag and no named pipes among its files. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Implements `get`. */
export function get(
  confinement: Confinement,
  location: Location,
  { signal, range, ifMatch }: GetOptions,
): Promise<Got> {
  const url = location.href;
  return attempt("read", location, async () => {
    throwIfAborted(signal, "read", url);
    if (range) checkRange(range, url);
    const fd = await openFile(await confinement.follow(location, "read"));
    let isHandedOver = false;
    try {
      throwIfAborted(signal, "read", url);
      const info = infoOfOpen(fd, url);
      if (ifMatch !== undefined && ifMatch !== info.etag) {
        throw new VfsError("ConditionFailed", { op: "read", url });
      }
      const { start, end } = resolveRange(range, info.size ?? 0, url);
      const got = { info, offset: start, length: end - start };
      if (got.length <= SMALL) {
        return { ...got, body: await readWhole(fd, start, got.length, url) };
      }
      isHandedOver = true;
      return { ...got, body: readerOfFile(fd, start, end, signal, location) };
    } finally {
      if (!isHandedOver) closeSync(fd);
    }
  });
}

/** A stat of an open handle is answered from memory, also on network shares, so it need not be asynchronous. */
function infoOfOpen(fd: number, url: string): Info {
  const stat = fstatSync(fd);
  if (stat.isDirectory()) {
    throw new VfsError("IsADirectory", { op: "read", url });
  }
  if (!stat.isFile()) {
    throw new VfsError("NotSupported", {
      op: "read",
      url,
      reason: "it is not a regular file",
    });
  }
  const { size, mtime, dev, ino } = stat;
  return infoOf({ kind: "file", size, mtime, dev, ino });
}

async function readWhole(
  fd: number,
  start: number,
  length: number,
  url: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await readAt(fd, bytes.subarray(at), start + at);
    if (count === 0) throw shrunk(url);
    at += count;
  }
  return bytes;
}

function readerOfFile(
  fd: number,
  start: number,
  end: number,
  signal: AbortSignal,
  location: Location,
): ChunkReader {
  const url = location.href;
  let at = start;
  let isClosed = false;
  let pending: Promise<unknown> | undefined;

  function release(): void {
    if (isClosed) return;
    isClosed = true;
    signal.removeEventListener("abort", release);
    // A read under way must not find the handle's number given to another file.
    if (!pending) closeSync(fd);
  }

  async function readNext(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.min(CHUNK, end - at));
    const reading = readAt(fd, bytes, at);
    pending = reading;
    try {
      const count = await reading;
      if (count === 0) throw shrunk(url);
      at += count;
      return count === bytes.length ? bytes : bytes.subarray(0, count);
    } finally {
      pending = undefined;
      if (isClosed) closeSync(fd);
    }
  }

  signal.addEventListener("abort", release, { once: true });
  return {
    read: () =>
      attempt("read", location, async () => {
        if (signal.aborted && at < end) throw toAborted(signal, "read", url);
        if (isClosed) return undefined;
        try {
          const chunk = await orAborted(readNext(), signal, "read", url);
          if (at === end) release();
          return chunk;
        } catch (error) {
          release();
          throw error;
        }
      }),
    async close() {
      release();
      if (!signal.aborted) await pending;
    },
  };
}

function shrunk(url: string): VfsError {
  return new VfsError("Incomplete", {
    op: "read",
    url,
    reason: "the file became shorter while it was read",
  });
}

function openFile(path: string): Promise<number> {
  return new Promise((resolve, reject) =>
    open(
      path,
      OPEN_FLAGS,
      (error, fd) => error ? reject(error) : resolve(fd),
    )
  );
}

function readAt(
  fd: number,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) =>
    read(
      fd,
      bytes,
      0,
      bytes.length,
      position,
      (error, count) => error ? reject(error) : resolve(count),
    )
  );
}
