/**
 * The bodies of answers.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { type ChunkReader, readerOfStream } from "../../vfs/bytes/bytes.ts";
import type { FetchedResponse } from "../../vfs/fetch_like.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import { type Advice, unreachable } from "./errors.ts";

/** The body of an answer; when it breaks off, reading fails as `Incomplete`. */
export function bodyOf({ body }: FetchedResponse, ask: Ask, advice: Advice): ChunkReader {
  if (body === null) return NOTHING;
  const reader = readerOfStream(body);
  return {
    async read(into) {
      try {
        // undici under Deno never settles a read after an abort.
        return await orAborted(reader.read(into), ask.signal, ask.op, ask.url);
      } catch (error) {
        await reader.close(error);
        throw unreachable(error, ask, advice, true);
      }
    },
    close: (reason) => reader.close(reason),
  };
}

const NOTHING: ChunkReader = {
  read: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
};
