import { strict as assert } from "node:assert";
import fc from "fast-check";
import { PackedZip } from "../../../transports/xnat/packed_zip.ts";
import { storedZip, zipSize } from "../../../transports/xnat/stored_zip.ts";
import { concat } from "../../../vfs/bytes/bytes.ts";

Deno.test("PackedZip makes the zip that is made as a stream, and gives contents as they lie there", async () => {
  const member = fc.record({ path: fc.string({ minLength: 1 }), content: fc.uint8Array() });
  await fc.assert(fc.asyncProperty(fc.array(member), async (drawn) => {
    const members = drawn.map(({ path, content }) => {
      const bytes = new Uint8Array(content);
      return { path, size: bytes.length, bytes, open: () => Promise.resolve(bytes) };
    });
    const memory = new ArrayBuffer(zipSize(members) + 7);
    const zip = new PackedZip(memory);
    for (const { path, bytes } of members) {
      const packed = zip.add(path, bytes);
      assert.equal(packed.buffer, memory);
      assert.deepEqual(packed, bytes);
    }
    const chunks = await Array.fromAsync(storedZip(members));
    const length = zip.end();
    assert.equal(length, zipSize(members));
    assert.deepEqual(new Uint8Array(memory, 0, length), concat(chunks, length));
  }));
});
