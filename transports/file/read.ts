/**
 * Reading files and parts of them.
 *
 * @module
 */

import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { checkRange, resolveRange } from "../../vfs/bytes/range.ts";
import { orAborted, throwIfAborted, toAborted } from "../../vfs/concurrency/signals.ts";
import type { GetOptions, Got, Info } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";
import { infoOfStat } from "./info.ts";
import { toRead } from "./nearness.ts";
import { openToRead } from "./open_file.ts";

/** Up to here a body comes as one array: the file is read and closed at once. */
const SMALL = 256 * 1024;
/** Bytes per read of a larger body; less costs speed, more costs memory, since several are on their way. */
const CHUNK = 512 * 1024;
/** Up to here waking a thread for each read costs more than reading; a longer one is read beside other work. */
const SHORT = 1024 * 1024;

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
    const path = await confinement.follow(location, "read");
    const file = await openToRead(path);
    let isHandedOver = false;
    try {
      throwIfAborted(signal, "read", url);
      const info = infoOfOpen(file, url);
      if (ifMatch !== undefined && ifMatch !== info.etag) {
        throw new VfsError("ConditionFailed", { op: "read", url });
      }
      const { start, end } = resolveRange(range, info.size ?? 0, url);
      if (start > 0) file.seekSync(start, Deno.SeekMode.Start);
      const got = { info, offset: start, length: end - start };
      if (got.length <= SMALL) {
        return { ...got, body: await readWhole(path, file, got.length, url) };
      }
      isHandedOver = true;
      return { ...got, body: readerOfFile(path, file, got.length, signal, location) };
    } finally {
      if (!isHandedOver) file.close();
    }
  });
}

/** A stat of an open handle is answered from memory, also on network shares, so it need not be asynchronous. */
function infoOfOpen(file: Deno.FsFile, url: string): Info {
  const info = infoOfStat(file.statSync());
  if (info.kind === "file") return info;
  throw info.kind === "directory"
    ? new VfsError("IsADirectory", { op: "read", url })
    : new VfsError("NotSupported", { op: "read", url, reason: "it is not a regular file" });
}

async function readWhole(
  path: string,
  file: Deno.FsFile,
  length: number,
  url: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const rest = bytes.subarray(at);
    const count = await toRead(path, () => file.readSync(rest), () => file.read(rest));
    if (count === null) throw shrunk(url);
    at += count;
  }
  return bytes;
}

function readerOfFile(
  path: string,
  file: Deno.FsFile,
  length: number,
  signal: AbortSignal,
  location: Location,
): ChunkReader {
  const url = location.href;
  const isShort = length <= SHORT;
  let left = length;
  let isClosed = false;
  let pending: Promise<unknown> | undefined;

  function release(): void {
    if (isClosed) return;
    isClosed = true;
    signal.removeEventListener("abort", release);
    // A read under way must not find the handle's number given to another file.
    if (!pending) file.close();
  }

  async function readNext(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = into?.length ? into.subarray(0, left) : new Uint8Array(Math.min(CHUNK, left));
    const later = () => file.read(bytes);
    const reading = isShort ? toRead(path, () => file.readSync(bytes), later) : later();
    pending = reading;
    try {
      const count = await reading;
      if (count === null) throw shrunk(url);
      left -= count;
      return count === bytes.length ? bytes : bytes.subarray(0, count);
    } finally {
      pending = undefined;
      if (isClosed) file.close();
    }
  }

  signal.addEventListener("abort", release, { once: true });
  return {
    read: (into) =>
      attempt("read", location, async () => {
        if (signal.aborted && left > 0) throw toAborted(signal, "read", url);
        if (isClosed) return undefined;
        try {
          const chunk = await orAborted(readNext(into), signal, "read", url);
          if (left === 0) release();
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
