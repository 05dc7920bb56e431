import { strict as assert } from "node:assert";
import { fromFileUrl } from "@std/path";
import { inflateSync } from "node:zlib";
import { withFolder } from "../cli/child.ts";

const ROOT = new URL("../../", import.meta.url);

/** What is in a PNG file that has one chunk of pixels, whatever zlib made of it. */
function pixelsOf(png: Uint8Array<ArrayBuffer>): Uint8Array {
  const length = new DataView(png.buffer, png.byteOffset).getUint32(33);
  return inflateSync(png.subarray(41, 41 + length));
}

Deno.test("the demo shows a sync that is checked, with narrow permissions, and makes the picture of the README", () =>
  withFolder(async (folder) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", `--config=${fromFileUrl(new URL("deno.json", ROOT))}`],
        ...["--allow-read=medvfs-demo", "--allow-write=medvfs-demo"],
        new URL("examples/demo.ts", ROOT).href,
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const printed = new TextDecoder().decode(stdout);
    for (
      const line of [
        /^ {3}first +62 copy; 2\.5 MB, /m,
        /^ {3}again +62 keep; 0\.0 MB, /m,
        /^ {3}check +same: false; 1 differs, 1 missing, 1 extra$/m,
        /^ {3}sync +1 copy, 1 update, 1 delete, 60 keep; /m,
        /^ {3}check +same: true; 62 files/m,
      ]
    ) assert.match(printed, line);
    const made = await Deno.readFile(`${folder}/medvfs-demo/sheet.png`);
    const shown = await Deno.readFile(new URL("examples/sheet.png", ROOT));
    assert.deepEqual(pixelsOf(made), pixelsOf(shown));
    const left = Array.from(Deno.readDirSync(`${folder}/medvfs-demo`), ({ name }) => name);
    assert.deepEqual(left, ["sheet.png"]);
  }));
