/**
 * ZIPs that are made as they are read, with ZIP64 for large ones.
 *
 * @module
 */

import type { OpOptions } from "../vfs/options.ts";
import type { Vfs } from "../vfs/vfs.ts";

/** A file for a ZIP. */
export interface ZipMember {
  /** Path in the ZIP. */
  readonly name: string;
  /** Where it is, or what it holds. */
  readonly content: { readonly url: string } | { readonly text: string };
}

/** A ZIP of `members`, each opened when its turn comes. */
export async function zipOf(
  vfs: Vfs,
  members: AsyncIterable<ZipMember>,
  { signal }: OpOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { makeZip } = await import("client-zip");
  async function* files() {
    for await (const { name, content } of members) {
      if ("text" in content) {
        yield { name, input: content.text, lastModified: new Date() };
        continue;
      }
      await using file = await vfs.open(content.url, { signal });
      yield { name, input: file.readable, lastModified: file.info.mtime ?? new Date() };
    }
  }
  return cancellable(makeZip(files()));
}

/** The library throws at whoever cancels it, which is the way that its generators end. */
function cancellable(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      const stop = new Error("cancelled");
      await reader.cancel(stop).catch((error) => {
        if (error !== stop) throw error;
      });
    },
  }, { highWaterMark: 0 });
}
