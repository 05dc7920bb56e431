import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { seededBytes } from "../../../testing/random.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { type ChunkReader, collect, concat, readerOfStream } from "../../../vfs/bytes/bytes.ts";
import type { Source } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { vfsOf, wrappedMemory } from "../_fakes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** As the network gives `bytes`: into the memory that is given, which is away meanwhile, and with it what breaks. */
function network(bytes: Bytes, breaksAt: number): ChunkReader {
  let at = 0;
  return readerOfStream(
    new ReadableStream({
      type: "bytes",
      pull(controller) {
        if (at >= breaksAt) {
          return controller.error(new VfsError("Incomplete", { op: "read", url: "net:" }));
        }
        const request = controller.byobRequest;
        const room = (request?.view as Uint8Array | undefined)?.length ?? 10_000;
        const part = bytes.slice(at, Math.min(at + Math.min(room, 1 + at % 70_000), breaksAt));
        at += part.length;
        if (part.length > 0) controller.enqueue(part);
        else controller.close(), request?.respond(0);
      },
    }),
  );
}

/** As a cache gives `bytes`: parts of memory of its own, which nobody may write to. */
function cached(bytes: Bytes): ChunkReader {
  let at = 0;
  return {
    read: () => {
      const part = bytes.subarray(at, at += 20_000);
      return Promise.resolve(part.length > 0 ? part : undefined);
    },
    close: () => Promise.resolve(),
  };
}

/** Reads like one who uses memory again and again: all that is his he overwrites, to its end. */
async function hostile(reader: ChunkReader): Promise<Bytes> {
  const chunks: Bytes[] = [];
  let memory = new Uint8Array(100_000);
  for (let chunk = await reader.read(memory); chunk; chunk = await reader.read(memory)) {
    chunks.push(chunk.slice());
    if (memory.buffer.detached) memory = new Uint8Array(chunk.buffer);
    memory.fill(254);
    if (memory.length < 1000) memory = new Uint8Array(50_000);
  }
  await reader.close();
  return concat(chunks, chunks.reduce((sum, { length }) => sum + length, 0));
}

for (const size of [0, 1, 300_000]) {
  Deno.test(`read() of ${size} bytes: memory that is given for what was detached is the caller's to its end, whatever is between`, async () => {
    const content = seededBytes(7, size);
    let stored: Bytes | undefined;
    let breaks = 3;
    const net = (inner: Transport) =>
      override(inner, {
        get: async (at, options) => {
          const got = await inner.get(at, options);
          const bytes = await collect(got.body);
          if (breaks-- <= 0) return { ...got, body: cached(bytes) };
          return { ...got, body: network(bytes, Math.ceil(bytes.length / 3)) };
        },
      });
    const sink = (inner: Transport) =>
      override(inner, {
        put: async (at, source: Source, options) => {
          const body = await source.open();
          stored = body instanceof Uint8Array ? body : await hostile(body);
          return await inner.put!(at, { ...source, open: () => Promise.resolve(stored!) }, options);
        },
      });
    await using vfs = vfsOf([memoryTransport(), wrappedMemory(net, "net"), wrappedMemory(sink)]);
    await vfs.writeFile("net://a/x", content);
    await vfs.copy("net://a/x", "fake://b/x");
    assert.equal(breaks < 3, true);
    assert(Buffer.from(stored!).equals(content));
  });
}
