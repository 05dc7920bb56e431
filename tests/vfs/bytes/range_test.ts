import { strict as assert } from "node:assert";
import fc from "fast-check";
import { resolveRange } from "../../../vfs/bytes/range.ts";
import type { ByteRange } from "../../../vfs/transport.ts";
import { throws } from "../_fakes.ts";

const cut = (range: ByteRange | undefined, size: number) => {
  const { start, end } = resolveRange(range, size, "a:");
  return [start, end];
};

Deno.test("resolveRange() clamps the end, and lets a suffix be longer than the object", () => {
  assert.deepEqual(cut(undefined, 10), [0, 10]);
  assert.deepEqual(cut({ start: 2 }, 10), [2, 10]);
  assert.deepEqual(cut({ start: 2, end: 5 }, 10), [2, 5]);
  assert.deepEqual(cut({ start: 9, end: 99 }, 10), [9, 10]);
  assert.deepEqual(cut({ start: 4, end: 4 }, 10), [4, 4]);
  assert.deepEqual(cut({ suffix: 3 }, 10), [7, 10]);
  assert.deepEqual(cut({ suffix: 30 }, 10), [0, 10]);
  assert.deepEqual(cut({ suffix: 0 }, 10), [10, 10]);
});

Deno.test("resolveRange() takes an empty object from zero, and nothing beyond an end", () => {
  assert.deepEqual(cut({ start: 0 }, 0), [0, 0]);
  assert.deepEqual(cut({ start: 0, end: 5 }, 0), [0, 0]);
  assert.deepEqual(cut({ suffix: 5 }, 0), [0, 0]);
  for (const [start, size] of [[10, 10], [11, 10], [1, 0]] as const) {
    throws(() => cut({ start }, size), "RangeNotSatisfiable");
  }
});

Deno.test("resolveRange() refuses what is no range", () => {
  for (
    const range of [
      { start: -1 },
      { start: 1.5 },
      { start: NaN },
      { start: 5, end: 4 },
      { start: 0, end: Infinity },
      { suffix: -1 },
      { suffix: 2 ** 60 },
    ]
  ) throws(() => cut(range, 10), "InvalidArgument");
});

Deno.test("resolveRange() agrees with slice(), for any range within", () => {
  fc.assert(fc.property(fc.nat(30), fc.nat(40), fc.nat(40), (size, start, length) => {
    const all = Array.from({ length: size }, (_, i) => i);
    fc.pre(start === 0 || start < size);
    const { start: from, end } = resolveRange({ start, end: start + length }, size, "a:");
    assert.deepEqual(all.slice(from, end), all.slice(start, start + length));
    const last = resolveRange({ suffix: length }, size, "a:");
    assert.deepEqual(all.slice(last.start, last.end), length === 0 ? [] : all.slice(-length));
  }));
});
