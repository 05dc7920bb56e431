/**
 * Whether each of the 45 behaviours of a store like MONAI Label's has its test.
 *
 * @module
 */

import { strict as assert } from "node:assert";

/** Behaviours of HTTP endpoints, which have their tests with the label server. */
const OF_THE_LABEL_SERVER = [38, 39, 40, 41];

Deno.test("each of the 45 behaviours has a test, here or with the label server", async () => {
  const numbers = new Set(OF_THE_LABEL_SERVER);
  for (const folder of ["./", "./xnat/", "./folder/"]) {
    const place = new URL(folder, import.meta.url);
    for await (const { name, isFile } of Deno.readDir(place)) {
      if (!isFile || !/^(_contract|.*_test)\.ts$/.test(name)) continue;
      const text = await Deno.readTextFile(new URL(name, place));
      for (const [, number] of text.matchAll(/["'`]behaviour (\d+): /g)) {
        numbers.add(Number(number));
      }
    }
  }
  const all = Array.from({ length: 45 }, (_, index) => index + 1);
  assert.deepEqual([...numbers].sort((a, b) => a - b), all);
});
