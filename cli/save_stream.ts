/**
 * Content as it comes, into a place or to the output.
 *
 * @module
 */

import type { Context } from "./context.ts";
import { byteSize } from "./format.ts";
import { Operand } from "./operand.ts";

/** Writes `content` to `place`, whole or not at all; `-` is the output. Bytes are told while it takes long. */
export async function save(
  context: Context,
  content: ReadableStream<Uint8Array>,
  place: string,
): Promise<void> {
  const { console, vfs, signal, global } = context;
  if (place === "-") {
    for await (const chunk of content) await console.bytes(chunk);
    return;
  }
  const target = new Operand(place);
  await using file = await vfs.create(target.where, { signal });
  let length = 0;
  let toldAt = performance.now();
  for await (const chunk of content) {
    await file.write(chunk);
    length += chunk.length;
    if (global.quiet || performance.now() - toldAt < 300) continue;
    toldAt = performance.now();
    console.status(`${target.show()}  ${byteSize(length)}`);
  }
  await file.commit();
  console.status("");
  context.note(`saved ${target.show()}, ${byteSize(length)}`);
}
