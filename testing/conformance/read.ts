/** Conformance: `get` of whole files. @module */

import { strict as assert } from "node:assert";
import { collect, concat, readerOf } from "../../vfs/bytes/bytes.ts";
import { atomic, group, reading, writing } from "./case.ts";
import { digest, everyByte, sameBytes } from "./digest.ts";
import { fails } from "./fixture.ts";

/** Reading whole files. */
export const readCases = group("read", [
  reading("each file gives its bytes", [], async (f) => {
    const outcome: Record<string, string> = {};
    for (const [path, bytes] of Object.entries(f.files)) {
      const got = await f.get(path);
      const actual = await collect(got.body);
      sameBytes(actual, bytes, path);
      assert.equal(got.info.kind, "file", path);
      assert.equal(got.offset, 0, path);
      assert.equal(got.length ?? bytes.length, bytes.length, path);
      assert.equal(got.info.size ?? bytes.length, bytes.length, path);
      outcome[path] = digest(actual);
    }
    return outcome;
  }),

  reading("what get tells is what stat tells", [], async (f) => {
    for (const path of Object.keys(f.files)) {
      const { info, body } = await f.get(path);
      await readerOf(body).close();
      const stat = await f.stat(path);
      assert.equal(info.kind, stat.kind, path);
      assert.equal(info.size ?? stat.size, stat.size, path);
      assert.equal(info.etag ?? stat.etag, stat.etag, path);
    }
  }),

  reading("chunks are never empty, and the caller's own", [], async (f) => {
    const [path, bytes] = f.largest;
    for (let round = 0; round < 2; round++) {
      const reader = readerOf((await f.get(path)).body);
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for (let c = await reader.read(); c; c = await reader.read()) {
        assert(c.length > 0, "an empty chunk");
        chunks.push(c.slice());
        c.fill(0xaa);
      }
      await reader.close();
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      sameBytes(concat(chunks, length), bytes, `round ${round}`);
    }
  }),

  reading("memory that is given is used for one chunk at a time, or left alone", [], async (f) => {
    const [path, bytes] = f.largest;
    for (const size of [1, 1000, 70_000]) {
      const reader = readerOf((await f.get(path)).body);
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      let memory = new Uint8Array(size);
      for (let c = await reader.read(memory); c; c = await reader.read(memory)) {
        chunks.push(c.slice());
        const isIn = c.buffer === memory.buffer || memory.buffer.detached;
        if (isIn) memory = new Uint8Array(c.buffer);
        (isIn ? memory : c).fill(0xaa);
        // Byte by byte it would take long.
        if (size === 1 && chunks.length === 100) break;
      }
      await reader.close();
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (size > 1) assert.equal(length, bytes.length);
      sameBytes(concat(chunks, length), bytes.subarray(0, length), `by ${size}`);
    }
  }),

  reading("the end stays the end", [], async (f) => {
    const reader = readerOf((await f.get(f.largest[0])).body);
    while (await reader.read() !== undefined);
    assert.equal(await reader.read(), undefined);
    await reader.close();
  }),

  reading("two readers of one file do not meet", [], async (f) => {
    const [path, bytes] = f.largest;
    const readers = await Promise.all([f.get(path), f.get(path)]);
    const both = await Promise.all(readers.map((got) => collect(got.body)));
    for (const actual of both) sameBytes(actual, bytes, path);
  }),

  reading("a reader may be closed at any time, and twice", [], async (f) => {
    const [path] = f.largest;
    for (const reads of [0, 1, Infinity]) {
      const reader = readerOf((await f.get(path)).body);
      for (let i = 0; i < reads && await reader.read(); i++);
      await reader.close();
      await reader.close();
    }
    sameBytes(await f.read(path), f.largest[1], path);
  }),

  reading("a directory is IsADirectory", [], async (f) => {
    const kinds: string[] = [];
    for (const path of f.directories) {
      kinds.push(await fails(f.get(path), "IsADirectory"));
    }
    return kinds;
  }),

  reading("a missing file is NotFound", [], async (f) => [
    await fails(f.get(f.missing), "NotFound"),
    await fails(f.get(`${f.missing}/below`), "NotFound"),
    await fails(f.get(`${f.largest[0]}/below`), "NotFound"),
  ]),

  writing("an open reader never mixes two versions", [atomic], async (f) => {
    const size = 300_000;
    const old = everyByte(size);
    const young = everyByte(size).reverse();
    await f.put("a", old);
    const reader = readerOf((await f.get("a")).body);
    const first = await reader.read();
    assert(first);
    await f.put("a", young);
    const chunks = [first];
    let length = first.length;
    try {
      for (let c = await reader.read(); c; c = await reader.read()) {
        chunks.push(c);
        length += c.length;
      }
      sameBytes(concat(chunks, length), old, "the old content");
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      await fails(Promise.reject(error), "ConditionFailed", "Incomplete");
    } finally {
      await reader.close();
    }
    sameBytes(await f.read("a"), young, "the new content");
  }),
]);
