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

Deno.test("zipSize() refuses what a zip without ZIP64 records cannot tell, and no less", () => {
  const around = 22 + 30 + 46 + 2 * 1;
  const sized = (size: number) => zipSize([{ path: "a", size }]);
  assert.equal(sized(0xffff_ffff - around), 0xffff_ffff);
  assert.throws(() => sized(0xffff_ffff - around + 1), /more than 4 GiB/);
  const many = Array(65_535).fill({ path: "ü", size: 1 });
  assert.equal(zipSize(many.slice(1)), 22 + 65_534 * (30 + 46 + 2 * 2 + 1));
  assert.throws(() => zipSize(many), /more than 65,534 files/);
});
