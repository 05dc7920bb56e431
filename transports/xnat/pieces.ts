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

/** Longest beginning of a list, and longest row of one, in characters. */
const MAX_PIECE = 4 * 1024 * 1024;

/** Looks at what waits for its end. @throws `Protocol` where that has become too long */
export function checkPiece({ length }: string, purpose: Purpose): void {
  if (length > MAX_PIECE) {
    throw broken(purpose, "it gave a row, or the beginning of a list, without an end");
  }
}
