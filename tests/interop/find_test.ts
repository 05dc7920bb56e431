/**
 * The walk against GNU find, on the phantom.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { ensureDir } from "@std/fs";
import { dirname, fromFileUrl, join } from "@std/path";
import { walk } from "../../mod.ts";
import { phantomArchive } from "../../testing/phantom.ts";
import { FIND, peerTest } from "./peers.ts";

await peerTest(FIND, "walk() finds what find finds", async (run) => {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    for await (const { path } of phantomArchive({ modalities: ["CT"] })) {
      const file = join(root, ...path.slice(0, -1), `${path.at(-1)} #1%`);
      await ensureDir(dirname(file));
      await Deno.writeFile(file, new Uint8Array());
    }
    const found = (await run(root, "-type", "f", "-print0")).split("\0").slice(0, -1);
    const walked: string[] = [];
    for await (const [, , files] of walk(root)) {
      walked.push(...files.map(({ url }) => fromFileUrl(url)));
    }
    assert.equal(found.length, 3 * 18);
    assert.deepEqual(walked.sort(), found.sort());
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
