/**
 * Whether what a driver gave is the part that was asked for.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import { resolveRange } from "../bytes/range.ts";
import type { ByteRange, Got } from "../transport.ts";

/**
 * Gives the answer to `range` with its length, as far as that can be told from the object's size.
 *
 * @throws `Protocol` when it is another part, such as the whole from a server that ignored the range, which
 * RFC 9110 §14.2 lets it
 */
export function checkAnswer(got: Got, range: ByteRange | undefined, url: string): Got {
  const { offset, length, info: { size } } = got;
  const wrong = (reason: string) => new VfsError("Protocol", { op: "read", url, reason });
  if (size === undefined) {
    const start = startOf(range);
    if (start !== undefined && offset !== start) {
      throw wrong(`asked for byte ${start} on, it gave byte ${offset} on`);
    }
    return got;
  }
  const { start, end } = resolveRange(range, size, url);
  if (offset !== start || (length !== undefined && length !== end - start)) {
    const given = length === undefined ? "" : ` to ${offset + length}`;
    throw wrong(`asked for bytes ${start} to ${end}, it gave ${offset}${given}`);
  }
  return { ...got, length: end - start };
}

function startOf(range: ByteRange | undefined): number | undefined {
  if (range === undefined) return 0;
  return "start" in range ? range.start : undefined;
}
