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

/** Runs a demo in `folder`, with the permissions that `deno task demo` gives it; what it prints. */
async function demo(folder: string, name: string, ...permissions: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", `--config=${fromFileUrl(new URL("deno.json", ROOT))}`],
      ...["--allow-read=medvfs-demo", "--allow-write=medvfs-demo", ...permissions],
      new URL(`examples/${name}`, ROOT).href,
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the demo sends a study to the embedded DICOM node, walks it and fetches it back", () =>
  withFolder(async (folder) => {
    const printed = await demo(folder, "demo_dicom.ts", "--allow-net=127.0.0.1");
    for (
      const line of [
        /^ {3}44 instances stored, 0 failed; 44 C-STORE, 0 C-FIND, 0 C-GET so far$/m,
        /^ {3}44 files, 44 of 44 with the same dataset; 44 C-STORE, \d+ C-FIND, 4 C-GET so far$/m,
      ]
    ) assert.match(printed, line);
    assert.deepEqual(Array.from(Deno.readDirSync(`${folder}/medvfs-demo`)), []);
  }));

Deno.test("the demo shows a sync that is checked, with narrow permissions, and makes the picture of the README", () =>
  withFolder(async (folder) => {
    const printed = await demo(folder, "demo.ts");
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
