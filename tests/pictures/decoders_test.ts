import { fromFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { withFolder } from "../cli/child.ts";
import { IMAGES } from "./images.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("readPicture() of what is not compressed loads no decoder: it works where none can be had", () =>
  withFolder(async (folder) => {
    const { deflated: _, ...images } = IMAGES;
    const names = Object.keys(images);
    for (const [name, bytes] of Object.entries(images)) {
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    const script = `
      import { readPicture } from "${new URL("pictures/mod.ts", ROOT)}";
      for (const name of ${JSON.stringify(names)}) await readPicture(await Deno.readFile(name));
      const isRefused = await import("@cornerstonejs/codec-charls/decode").then(() => false, () => true);
      console.log(isRefused ? "done" : "npm can be had");`;
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const config = fromFileUrl(new URL("deno.json", ROOT));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-npm", "--no-check", "--no-prompt", `--config=${config}`, "-R", "main.ts"],
      cwd: folder,
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "done\n", new TextDecoder().decode(stderr));
  }));
