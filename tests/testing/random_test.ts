import { strict as assert } from "node:assert";
import { seededBytes, seededRandom, seedOf } from "../../testing/mod.ts";

Deno.test("seededRandom() gives the same numbers for the same seed, evenly in [0, 1)", () => {
  const draw = (seed: number) => Array.from({ length: 5000 }, seededRandom(seed));
  const numbers = draw(42);
  assert.deepEqual(draw(42), numbers);
  assert.notDeepEqual(draw(43), numbers);
  assert(numbers.every((n) => n >= 0 && n < 1));
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = numbers.filter((n) => Math.floor(n * 10) === tenth).length;
    assert(share > 400 && share < 600, `${share} of 5000 in tenth ${tenth}`);
  }
});

Deno.test("seedOf() tells texts and seeds apart", () => {
  const seeds = [seedOf(1, "a"), seedOf(1, "b"), seedOf(2, "a"), seedOf(1, "")];
  assert.equal(new Set(seeds).size, 4);
  assert.equal(seedOf(1, "a"), seeds[0]);
});

Deno.test("seededBytes() gives all byte values, and the same for the same seed", () => {
  const bytes = seededBytes(1, 65_536);
  assert.deepEqual(seededBytes(1, 65_536), bytes);
  assert.equal(new Set(bytes).size, 256);
  assert.equal(seededBytes(0, 0).length, 0);
  assert.notDeepEqual(seededBytes(2, 100), bytes.slice(0, 100));
});
