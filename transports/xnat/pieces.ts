/**
 * A body as text, piece by piece.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { broken } from "../web/errors.ts";

/** Yields the text of `body` as it comes, and closes it. @throws `Protocol` when it is longer than `limit` bytes */
export async function* textsOf(
  body: ChunkReader,
  limit: number,
  purpose: Purpose,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let length = 0;
  try {
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) {
      length += chunk.length;
      if (length > limit) throw broken(purpose, `the answer is longer than ${limit} bytes`);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } finally {
    await body.close();
  }
}
