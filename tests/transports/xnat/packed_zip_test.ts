import { strict as assert } from "node:assert";
import fc from "fast-check";
import { crc32 } from "node:zlib";
import { PackedZip } from "../../../transports/xnat/packed_zip.ts";
import { storedZip, zipSize } from "../../../transports/xnat/stored_zip.ts";
import { UploadMemory } from "../../../transports/xnat/upload_memory.ts";
import { concat } from "../../../vfs/bytes/bytes.ts";

Deno.test("PackedZip makes the zip that is made as a stream, and tells where contents lie", async () => {
  const member = fc.record({ path: fc.string({ minLength: 1 }), content: fc.uint8Array() });
  await fc.assert(fc.asyncProperty(fc.array(member), async (drawn) => {
    const members = drawn.map(({ path, content }) => {
      const bytes = new Uint8Array(content);
      return { path, size: bytes.length, bytes, open: () => Promise.resolve(bytes) };
    });
    const memory = new ArrayBuffer(zipSize(members) + 7);
    const zip = new PackedZip(memory);
    for (const { path, bytes } of members) {
      const { start, end } = zip.add(path, bytes);
      assert.equal(crc32(new Uint8Array(memory, start, end - start)), crc32(bytes));
    }
    const chunks = await Array.fromAsync(storedZip(members));
    const length = zip.end();
    assert.equal(length, zipSize(members));
    assert.deepEqual(new Uint8Array(memory, 0, length), concat(chunks, length));
  }));
});

Deno.test("UploadMemory lends again what was given back, and no less than is asked for", () => {
  const memory = new UploadMemory();
  const [a, b] = [memory.lend(10), memory.lend(10)];
  assert.notEqual(a, b);
  memory.giveBack(a);
  assert.equal(memory.lend(8), a);
  memory.giveBack(a);
  assert.equal(memory.lend(20).byteLength, 20);
  assert.notEqual(memory.lend(8), a, "it was replaced");
  memory.giveBack(b);
  memory.clear();
  assert.notEqual(memory.lend(10), b);
});
