/**
 * Pictures against what pydicom and numpy make of the same files: phantoms of every kind of pixel, and the files that
 * pydicom brings along.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { fromFileUrl, join } from "@std/path";
import { FormatError } from "../../formats/mod.ts";
import { readPicture } from "../../pictures/mod.ts";
import { IMAGES } from "../pictures/images.ts";
import { peerTest, PYDICOM } from "./peers.ts";

const SCRIPT = fromFileUrl(new URL("pictures_pydicom.py", import.meta.url));
const NUMPY = {
  ...PYDICOM,
  name: "pydicom with numpy and Pillow",
  probe: ["-c", "import numpy, PIL, pydicom.pixels"],
};

interface Said {
  readonly path: string;
  readonly shape?: readonly number[];
  readonly pixels?: string;
  readonly error?: string;
}

type Run = (...args: string[]) => Promise<string>;

async function read(run: Run, paths: readonly string[]): Promise<Said[]> {
  const text = await run(SCRIPT, ...paths);
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** Largest difference of a channel, once pixels that are not square are taken back. */
async function difference(path: string, { shape, pixels }: Said): Promise<number> {
  const [rows, columns, channels = 1] = shape!;
  const picture = await readPicture(await Deno.readFile(path));
  assert.deepEqual(
    [picture.rows, picture.columns, picture.channels],
    [rows, columns, channels],
    path,
  );
  const expected = Uint8Array.fromBase64(pixels!);
  // Elsewhere it is stretched.
  assert.deepEqual([picture.width, picture.height], [columns, rows], path);
  let largest = 0;
  picture.data.forEach((value, at) => {
    largest = Math.max(largest, Math.abs(value - expected[at]!));
  });
  return largest;
}

await peerTest(
  NUMPY,
  "readPicture() shows every kind of pixel as pydicom and numpy do",
  async (run) => {
    const root = await Deno.makeTempDir();
    try {
      for (const [name, bytes] of Object.entries(IMAGES)) {
        await Deno.writeFile(join(root, `${name}.dcm`), bytes);
      }
      const said = await read(run, Object.keys(IMAGES).map((name) => join(root, `${name}.dcm`)));
      assert.equal(said.length, Object.keys(IMAGES).length);
      for (const one of said) {
        assert.equal(one.error, undefined, one.path);
        const largest = await difference(one.path, one);
        assert.ok(largest <= 1, `${one.path} differs by ${largest}`);
      }
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
);

/** What libjpeg does with edges and chroma differs a little by version. */
const LOSSY = /jpe?g|JPEG|rgb_dcmtk_\+eb|J2K|jls_lossy/;

await peerTest(NUMPY, "readPicture() shows pydicom's own files as pydicom does", async (run) => {
  const folder = await run("-c", "import pydicom.data as d; print(d.__path__[0], end='')");
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(join(folder, "test_files"))) {
    if (name.endsWith(".dcm")) paths.push(join(folder, "test_files", name));
  }
  let compared = 0;
  const worst: string[] = [];
  for (const one of await read(run, paths.sort())) {
    if (!one.pixels) continue;
    const name = one.path.split("/").at(-1)!;
    try {
      const largest = await difference(one.path, one);
      if (largest > (LOSSY.test(name) ? 4 : 1)) worst.push(`${name} differs by ${largest}`);
      compared++;
    } catch (error) {
      worst.push(
        `${name} ${(error as Error).message.split("\n")[0]} ${
          error instanceof FormatError ? error.kind : ""
        }`,
      );
    }
  }
  assert.deepEqual(worst, []);
  assert.ok(compared > 50, `${compared} images`);
});
