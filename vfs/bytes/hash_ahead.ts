/**
 * Reading while another thread hashes what was read before.
 *
 * @module
 */

import { type ChunkReader, memoryOf } from "./bytes.ts";
import type { HashWorker } from "./hash_worker.ts";

/** Chunks that are hashed, or wait for that, while the next one is read. */
const AHEAD = 6;
/** Smaller chunks are copied: a message costs more. */
const WORTH_LENDING = 64 * 1024;

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * What `reader` gives, in order, each chunk once `thread` has hashed it. Nothing is read ahead beyond `size` bytes: what
 * comes after them is not hashed before they are given.
 *
 * Memory that is given to be filled goes to the thread, and what comes back is that of an earlier chunk.
 */
export function readAhead(
  reader: ChunkReader,
  thread: Pick<HashWorker, "lend" | "update">,
  size = Infinity,
): ChunkReader {
  const hashed: Promise<Chunk>[] = [];
  let count = 0;
  let made = 0;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;

  async function readNext(into: Chunk | undefined): Promise<void> {
    let chunk: Chunk | undefined;
    try {
      chunk = await reader.read(into);
    } catch (error) {
      failure = { error };
    }
    if (!chunk) return void (isOver = true);
    count += chunk.length;
    const isGiven = into !== undefined && memoryOf(chunk, into) !== undefined;
    if (isGiven && chunk.length >= WORTH_LENDING) {
      const back = thread.lend(chunk);
      // It is awaited in its turn, unless nobody comes for it.
      back.catch(() => {});
      return void hashed.push(back);
    }
    await thread.update(chunk);
    // Its turn comes later: memory that was not detached is by then whose it was, and what gave a part of its own must not
    // have that taken for what became of the memory that somebody gives then.
    const isPart = chunk.length < chunk.buffer.byteLength;
    hashed.push(Promise.resolve(isPart || chunk.buffer === into?.buffer ? chunk.slice() : chunk));
  }

  return {
    async read(into) {
      const { length = 0 } = into ?? {};
      let memory = into;
      while (!isOver) {
        if (hashed.length > 0 && (!memory || count >= size)) break;
        await readNext(memory);
        // Those that are hashed, or wait for that, have as much memory as there is.
        memory = length > 0 && made < AHEAD ? new Uint8Array(length) : undefined;
        if (memory) made++;
      }
      const chunk = await hashed.shift();
      if (!chunk && failure) throw failure.error;
      return chunk;
    },
    close(reason) {
      isOver = true;
      return reader.close(reason);
    },
  };
}
