import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import fc from "fast-check";
import { connectForTest } from "../../../testing/mod.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { collect, type Source } from "../../../vfs/bytes/bytes.ts";
import { readAhead } from "../../../vfs/bytes/hash_ahead.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

/** How a reader gives a chunk: in memory that it was given, in what became of that, in its own, or as a part of that. */
const WAYS = ["filled", "moved", "own", "slab"] as const;
/** As much as is asked for at once. */
const SLAB = 512 * 1024;

/** Chunks as parts of memory that a reader keeps: all are there before the first is given. */
function slabbed(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  let slab = new Uint8Array(SLAB);
  let at = 0;
  return chunks.map((chunk) => {
    if (at + chunk.length > SLAB) [slab, at] = [new Uint8Array(SLAB), 0];
    slab.set(chunk, at);
    return slab.subarray(at, at += chunk.length);
  });
}

function sourceOf(parts: readonly (readonly [typeof WAYS[number], number])[], isSized: boolean) {
  const size = parts.reduce((sum, [, length]) => sum + length, 0);
  const content = new Uint8Array(size).map((_, i) => i % 251 ^ i >> 8);
  const source: Source = {
    size: isSized ? size : undefined,
    replayable: false,
    open() {
      let at = 0;
      let next = 0;
      const offsets = parts.map(([, length]) => (at += length) - length);
      at = 0;
      const inSlab = slabbed(
        parts.flatMap(([way, length], i) =>
          way === "slab" ? [content.subarray(offsets[i], offsets[i]! + length)] : []
        ),
      );
      return Promise.resolve({
        read(into?: Uint8Array<ArrayBuffer>) {
          const part = parts[next++];
          if (!part) {
            // As a stream does at its end.
            if (next === parts.length + 1) into?.buffer.transfer();
            return Promise.resolve(undefined);
          }
          const [way, length] = part;
          if (way === "slab") {
            at += length;
            return Promise.resolve(inSlab.shift());
          }
          const from = content.subarray(at, at + length);
          const isOwn = way === "own" || !into || into.length < length;
          let chunk = new Uint8Array(from);
          if (!isOwn) {
            chunk = way === "filled"
              ? into
              : new Uint8Array(into.buffer.transfer(), into.byteOffset);
            chunk.set(from);
            chunk = chunk.subarray(0, length);
          }
          at += length;
          return Promise.resolve(chunk);
        },
        close: () => Promise.resolve(),
      });
    },
  };
  return { source, content };
}

/** The beginning of a slab comes where other memory went away, and its end after that was written to. */
const SLAB_AMID: [typeof WAYS[number], number][] = [
  ["filled", 65_536],
  ["slab", 1],
  ["filled", 1],
  ["filled", 1],
  ["filled", 1],
  ["filled", 1],
  ["slab", 65_536],
  ["moved", 1],
];

/** Stands for the thread that hashes: memory goes away and comes back. */
const thread = {
  lend: ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>) =>
    Promise.resolve(new Uint8Array(buffer.transfer(), byteOffset, length)),
  update: () => Promise.resolve(),
};

Deno.test("put() stores all chunks in order when they are hashed ahead, and come in memory of others", async () => {
  const folder = await Deno.makeTempDir();
  const { transport, root } = await connectForTest(fileTransport(), toFileUrl(folder).href);
  const small = fc.integer({ min: 1, max: 60_000 });
  const part = fc.tuple(
    fc.constantFrom(...WAYS),
    fc.oneof(small, fc.integer({ min: 65_536, max: 300_000 })),
  );
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 25 }), fc.boolean(), async (parts, isSized) => {
        const { source, content } = sourceOf(parts, isSized);
        const open = async () => {
          const reader = await source.open();
          return reader instanceof Uint8Array ? reader : readAhead(reader, thread, content.length);
        };
        const at = root.child("file");
        await transport.put!(at, { ...source, open }, { signal: NEVER });
        const { body } = await transport.get(at, { signal: NEVER });
        const stored = await collect(body);
        assert.equal(stored.length, content.length);
        assert.equal(stored.findIndex((byte, i) => byte !== content[i]), -1);
      }),
      { numRuns: 60, examples: [[SLAB_AMID, false]] },
    );
  } finally {
    await transport[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("put() stores all chunks in order, whichever memory they come in", async () => {
  const folder = await Deno.makeTempDir();
  const { transport, root } = await connectForTest(fileTransport(), toFileUrl(folder).href);
  const part = fc.tuple(
    fc.constantFrom(...WAYS),
    fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 300_000 })),
  );
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), fc.boolean(), async (parts, isSized) => {
        const { source, content } = sourceOf(parts, isSized);
        const at = root.child("file");
        await transport.put!(at, source, { signal: NEVER });
        const { body } = await transport.get(at, { signal: NEVER });
        assert.deepEqual(await collect(body), content);
      }),
      { numRuns: 60 },
    );
  } finally {
    await transport[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});
