/**
 * ZIPs that are made as they are read, with ZIP64 for large ones.
 *
 * @module
 */

import type { OpOptions } from "../vfs/options.ts";
import type { Vfs } from "../vfs/vfs.ts";

/** A file for a ZIP. */
export interface ArchiveMember {
  /** Path in the ZIP. */
  readonly name: string;
  /** Where it is, or what it holds. */
  readonly content: { readonly url: string } | { readonly text: string };
}

/** A ZIP of `members`, each opened when its turn comes. */
export async function zipOf(
  vfs: Vfs,
  members: AsyncIterable<ArchiveMember>,
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

/** The files of an image or label at `place` as members below `folder`: those of a directory, or the one file. */
export async function* membersAt(
  vfs: Vfs,
  place: string,
  folder: string,
  name: string,
  options: OpOptions,
): AsyncGenerator<ArchiveMember> {
  const { kind } = await vfs.stat(place, options);
  if (kind !== "directory") return yield { name: `${folder}/${name}`, content: { url: place } };
  for await (const entry of vfs.entries(place, { ...options, includeDirs: false })) {
    yield { name: `${folder}/${name}/${entry.name}`, content: { url: entry.url } };
  }
}
