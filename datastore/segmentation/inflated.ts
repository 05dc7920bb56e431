/**
 * Compressed voxels, inflated piece by piece and no further than they should go.
 *
 * @module
 */

import type { Complain } from "./errors.ts";

// What is put in at once comes out at up to 1032 times its size.
const INPUT = 4 * 1024;
const OUTPUT = 256 * 1024;
const SLACK = 1024 * 1024;

/** Whether these bytes are gzip's (RFC 1952 §2.3). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1F && bytes[1] === 0x8B;
}

/** How bytes are compressed: not, as RFC 1952 says, or bare as RFC 1951 does. */
export type Packing = "none" | "gzip" | "deflate-raw";

/** Whether `bytes` can become `length` bytes at all: deflate makes 1032 of one at most. */
export function canBecome(bytes: Uint8Array, length: number, packing: Packing): boolean {
  return length <= bytes.length * (packing === "none" ? 1 : 1032);
}

/**
 * The first `length` bytes of what is compressed in `bytes`, or of `bytes` themselves, in pieces. The
 * rest is inflated too, since a checksum may follow it.
 *
 * By zlib: fflate takes 2.5 s for a mask of 512x512x300, and the platform's stream refuses files of
 * several members (RFC 1952 §2.2) and padding.
 *
 * @throws {SegmentationError} `Truncated`, `Damaged`
 */
export async function* inflated(
  bytes: Uint8Array,
  length: number,
  packing: Packing,
  complain: Complain,
): AsyncGenerator<Uint8Array, void, void> {
  if (packing === "none") {
    for (let at = 0; at < length; at += SLACK) {
      yield bytes.subarray(at, Math.min(at + SLACK, length));
    }
    return;
  }
  const [{ createGunzip, createInflateRaw }, { Readable }] = await Promise.all([
    import("node:zlib"),
    import("node:stream"),
  ]);
  const inflate = (packing === "gzip" ? createGunzip : createInflateRaw)({ chunkSize: OUTPUT });
  const input = Readable.from(pieces(bytes));
  let at = 0;
  try {
    for await (const chunk of input.pipe(inflate)) {
      if (at < length) yield chunk.subarray(0, length - at);
      at += chunk.length;
      if (at > length + SLACK) throw complain("Damaged", `it goes on after its ${length} bytes`);
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "Z_BUF_ERROR") throw ends(at, length, complain, error);
    if (typeof code === "string" && code.startsWith("Z_")) {
      throw complain("Damaged", "its compressed data is damaged", error);
    }
    throw error;
  } finally {
    input.destroy();
    inflate.destroy();
  }
  if (at < length) throw ends(at, length, complain);
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += INPUT) yield bytes.subarray(at, at + INPUT);
}

function ends(at: number, length: number, complain: Complain, cause?: unknown) {
  return complain("Truncated", `it ends after ${at} of ${length} bytes`, cause);
}
