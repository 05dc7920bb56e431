import { strict as assert } from "node:assert";
import fc from "fast-check";
import { CompactMap } from "../../../vfs/sync/compact_map.ts";

Deno.test("CompactMap does what a Map does", () => {
  const key = fc.string({ unit: "binary", maxLength: 3 });
  fc.assert(fc.property(fc.array(fc.tuple(key, fc.nat()), { maxLength: 5000 }), (pairs) => {
    const map = new CompactMap();
    const expected = new Map(pairs);
    for (const [key, value] of pairs) map.set(key, value);
    assert.equal(map.size, expected.size);
    for (const [key, value] of expected) assert.equal(map.get(key), value);
    assert.equal(map.get("nothing of the kind"), undefined);
  }));
});

Deno.test("CompactMap tells 300,000 similar paths apart", () => {
  const map = new CompactMap();
  const path = (i: number) => `PAT${i % 100}/2020010${i % 7}-CT/${i}-AXIAL/Image_${i}.dcm`;
  for (let i = 0; i < 300_000; i++) map.set(path(i), i);
  assert.equal(map.size, 300_000);
  for (let i = 0; i < 300_000; i++) assert.equal(map.get(path(i)), i);
});
