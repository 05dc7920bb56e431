/**
 * Digests of content that may be large, and is then hashed beside the main thread.
 *
 * @module
 */

import type { ChunkReader } from "./bytes.ts";
import { digester, type Digests } from "./digest.ts";
import { readAhead } from "./hash_ahead.ts";
import { startHashWorker } from "./hash_worker.ts";
import type { DigestAlgorithm } from "../transport.ts";

/** From this size on hashing takes longer than it takes to start a thread for it. */
const LARGE = 32 * 1024 * 1024;

/** Computes digests chunk by chunk, and must be disposed. */
export interface StreamDigester extends Disposable {
  /** Adds a chunk, which may be changed as soon as this returns or resolves; that is to be awaited before the next. */
  update(chunk: Uint8Array): Promise<void> | void;
  /**
   * What `reader` gives, each chunk added before it is given. Where another thread hashes it reads some chunks ahead, up
   * to `size` bytes, and memory that it is given to fill goes there and back, rather than a copy.
   */
  reading(reader: ChunkReader, size?: number): ChunkReader;
  /** The digests of what was added. More may be added afterwards. */
  digests(): Promise<Digests>;
}

/** Makes a digester for content of `size` bytes; `undefined` when no algorithm is asked for. */
export async function streamDigester(
  algorithms: readonly DigestAlgorithm[],
  size = 0,
): Promise<StreamDigester | undefined> {
  const thread = algorithms.length > 0 && size >= LARGE
    ? await startHashWorker(algorithms)
    : undefined;
  if (thread) {
    return {
      update: (chunk) => thread.update(chunk),
      reading: (reader, size) => readAhead(reader, thread, size),
      digests: () => thread.digests(),
      [Symbol.dispose]: () => thread[Symbol.dispose](),
    };
  }
  const digest = await digester(algorithms);
  return digest && {
    update: digest.update,
    reading: (reader) => ({
      async read(into) {
        const chunk = await reader.read(into);
        if (chunk) digest.update(chunk);
        return chunk;
      },
      close: (reason) => reader.close(reason),
    }),
    digests: () => Promise.resolve(digest.digests()),
    [Symbol.dispose]() {},
  };
}
