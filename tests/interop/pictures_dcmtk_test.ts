/**
 * JPEG Lossless as DCMTK writes it, against DCMTK's own way back.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { readPicture } from "../../pictures/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { type Peer, peerTest } from "./peers.ts";

const DCMCJPEG: Peer = { name: "dcmcjpeg", command: ["dcmcjpeg"], probe: ["--version"] };
const WAYS = [["+e1"], ...[2, 3, 4, 5, 6, 7].map((one) => ["+el", "+sv", String(one)]), [
  "+el",
  "+pt",
  "2",
]];

await peerTest(
  DCMCJPEG,
  "readPicture() shows JPEG Lossless of DCMTK as before, by every predictor",
  async (run) => {
    const folder = await Deno.makeTempDir();
    try {
      const seen = new Set<string>();
      for await (const { path, bytes } of phantomStudy()) {
        const series = path.slice(1, 3).join("/");
        if (seen.has(series)) continue;
        seen.add(series);
        const [plain, coded, back] = ["plain", "coded", "back"].map((name) => join(folder, name));
        await Deno.writeFile(plain!, bytes);
        for (const way of WAYS) {
          await run(...way, plain!, coded!);
          const { success } = await new Deno.Command("dcmdjpeg", { args: [coded!, back!] })
            .output();
          assert.ok(success);
          const shown = await readPicture(await Deno.readFile(coded!));
          const expected = await readPicture(await Deno.readFile(back!));
          assert.deepEqual(shown, expected, `${series} ${way}`);
        }
      }
      assert.equal(seen.size, 7);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
