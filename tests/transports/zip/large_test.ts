import { strict as assert } from "node:assert";
import { seededBytes } from "../../../testing/random.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { type ChunkReader, readerOf, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { Location } from "../../../vfs/location/location.ts";
import { resolveRange } from "../../../vfs/bytes/range.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Info, Transport } from "../../../vfs/transport.ts";
import { inside } from "../archive/_inside.ts";
import { Kit } from "../archive/_kit.ts";
import { zipOf } from "./_build.ts";

Deno.test("zip put() past 65,535 members makes it a ZIP64, and remove() a plain one again", async () => {
  const files = Object.fromEntries(Array.from({ length: 65_530 }, (_, i) => [`d/${i}`, ""]));
  const { transport, root, dispose } = await inside(zipTransport(), zipOf(files));
  await using zip = new Kit(transport, root, dispose);
  const added = Array.from({ length: 10 }, (_, i) => `new/${i}`);
  const put = (name: string) =>
    transport.put!(zip.at(name), sourceOfBytes(new Uint8Array([1])), { signal: NEVER });
  await Promise.all(added.map(put));
  assert.equal((await zip.paths()).length, 65_540);
  assert.deepEqual(await zip.bytes("new/9"), new Uint8Array([1]));
  await transport.remove!(zip.at("d"), { signal: NEVER, recursive: true });
  assert.deepEqual(await zip.paths(), added);
});

/** What does not deflate, of which a file of many GiB is made without room for it. */
const BLOCK = seededBytes(1, 2 ** 20);

/** A file that remembers where it has the block, and no bytes of it. */
class Hollow {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #version = 0;

  get size(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  around(inner: Transport): Transport {
    const info = (): Info => ({ kind: "file", size: this.size, etag: `"${this.#version}"` });
    const missing = (at: Location, op: string) => new VfsError("NotFound", { op, url: at.href });
    return {
      ...inner,
      stat: (at) =>
        this.#version === 0 ? Promise.reject(missing(at, "stat")) : Promise.resolve(info()),
      get: (at, { range }) => {
        if (this.#version === 0) return Promise.reject(missing(at, "read"));
        const { start, end } = resolveRange(range, this.size, at.href);
        const body = this.#read(start, end);
        return Promise.resolve({ info: info(), offset: start, length: end - start, body });
      },
      put: async (_at, source) => {
        const chunks: Uint8Array<ArrayBuffer>[] = [];
        const reader = readerOf(await source.open());
        for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
          chunks.push(chunk.buffer === BLOCK.buffer ? chunk : chunk.slice());
        }
        this.#chunks = chunks;
        this.#version++;
        return info();
      },
    };
  }

  #read(start: number, end: number): ChunkReader {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let at = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
      if (part.length > 0 && at < end) parts.push(part);
      at += chunk.length;
    }
    return { read: () => Promise.resolve(parts.shift()), close: () => Promise.resolve() };
  }
}

Deno.test("zip of more than 4 GiB: what put(), rename() and remove() write is read back", async () => {
  const file = new Hollow();
  const at = await inside(zipTransport(), undefined, (inner) => file.around(inner));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const { transport } = zip;
  const signal = NEVER;
  let left = 4100;
  const blocks = {
    replayable: false,
    open: () =>
      Promise.resolve({
        read: () => Promise.resolve(left-- > 0 ? BLOCK : undefined),
        close: () => Promise.resolve(),
      }),
  };
  const put = (name: string, text: string) =>
    transport.put!(zip.at(name), sourceOfBytes(new TextEncoder().encode(text)), { signal });
  await put("first", "1");
  await transport.put!(zip.at("big"), blocks, { signal });
  await put("behind", "2");
  const size = 4100 * BLOCK.length;
  assert.equal((await zip.stat("big")).size, size);
  assert(file.size > size);
  const range = { start: size - 10, end: size };
  assert.deepEqual(await zip.bytes("big", { range }), BLOCK.slice(-10));
  assert.equal(await zip.text("behind"), "2");
  await transport.rename!(zip.at("behind"), zip.at("renamed"), { signal });
  assert.equal(await zip.text("renamed"), "2");
  await transport.remove!(zip.at("first"), { signal });
  assert.deepEqual(await zip.bytes("big", { range }), BLOCK.slice(-10));
  assert.equal(await zip.text("renamed"), "2");
  await transport.remove!(zip.at("big"), { signal });
  assert.deepEqual(await zip.paths(), ["renamed"]);
  assert.equal(await zip.text("renamed"), "2");
  assert(file.size < 1000);
});
