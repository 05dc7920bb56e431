import { strict as assert } from "node:assert";
import { toFileUrl } from "@std/path";
import { Kit } from "../archive/_kit.ts";
import { inside } from "../archive/_inside.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { fuzz } from "./_fuzz.ts";

for (const seed of [1, 2]) {
  Deno.test(`zip: those who change it at once, with faults and aborts, find what they were told, seed ${seed}`, async () => {
    const { there, bytes } = await fuzz(seed, 5, "memory:///a.zip");
    assert(bytes, "it has no archive");
    const { transport, root, dispose } = await inside(zipTransport(), bytes);
    await using zip = new Kit(transport, root, dispose);
    assert.deepEqual(await zip.paths(), [...there.keys()].sort());
  });
}

Deno.test("zip: those who change it on a disk at once find what they were told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { there } = await fuzz(4, 5, `file://${toFileUrl(folder).pathname}/a.zip`);
    assert(there.size > 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
