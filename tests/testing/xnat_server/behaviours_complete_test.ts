/**
 * Whether each of the 80 behaviours of facts/xnat.md §9 has its test.
 *
 * @module
 */

import { strict as assert } from "node:assert";

Deno.test("startXnatServer() has a test for each of the 80 known behaviours", async () => {
  const numbers: number[] = [];
  const folder = new URL("./", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^behaviours_.*_test\.ts$/.test(name)) continue;
    const text = await Deno.readTextFile(new URL(name, folder));
    for (const [, number] of text.matchAll(/^ {2}(\d+): \{$/gm)) numbers.push(Number(number));
  }
  numbers.sort((a, b) => a - b);
  assert.deepEqual(numbers, Array.from({ length: 80 }, (_, index) => index + 1));
});
