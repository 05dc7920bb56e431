import { strict as assert } from "node:assert";
import fc from "fast-check";
import { connectForTest } from "../../../testing/mod.ts";
import { fileTransport } from "../../../transports/file/mod.ts";
import { collect, type Source } from "../../../vfs/bytes/bytes.ts";
import { readAhead } from "../../../vfs/bytes/hash_ahead.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";

/** How a reader gives a chunk: in memory that it was given, in what became of that, or in its own. */
const WAYS = ["filled", "moved", "own"] as const;

function sourceOf(parts: readonly (readonly [typeof WAYS[number], number])[], isSized: boolean) {
  const size = parts.reduce((sum, [, length]) => sum + length, 0);
  const content = new Uint8Array(size).map((_, i) => i % 251 ^ i >> 8);
  const source: Source = {
    size: isSized ? size : undefined,
    replayable: false,
    open() {
      let at = 0;
      let next = 0;
      return Promise.resolve({
        read(into?: Uint8Array<ArrayBuffer>) {
          const part = parts[next++];
          if (!part) {
            // As a stream does at its end.
            if (next === parts.length + 1) into?.buffer.transfer();
            return Promise.resolve(undefined);
          }
          const [way, length] = part;
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

/** Stands for the thread that hashes: memory goes away and comes back. */
const thread = {
  lend: ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>) =>
    Promise.resolve(new Uint8Array(buffer.transfer(), byteOffset, length)),
  update: () => Promise.resolve(),
};

Deno.test("put() stores all chunks in order when they are hashed ahead, and come in memory of others", async () => {
  const folder = await Deno.makeTempDir();
  const { transport, root } = await connectForTest(fileTransport(), `file://${folder}`);
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
      { numRuns: 60 },
    );
  } finally {
    await transport[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("put() stores all chunks in order, whichever memory they come in", async () => {
  const folder = await Deno.makeTempDir();
  const { transport, root } = await connectForTest(fileTransport(), `file://${folder}`);
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
