import { strict as assert } from "node:assert";
import { withFolder } from "../cli/child.ts";
import notebook from "../../examples/annotation.ipynb" with { type: "text" };

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
}

const ROOT = new URL("../../", import.meta.url);

Deno.test("the cells of annotation.ipynb run one after the other, and leave an image completed", () =>
  withFolder(async (folder) => {
    const { cells } = JSON.parse(notebook) as { cells: readonly Cell[] };
    const code = cells.filter(({ cell_type }) => cell_type === "code")
      .map(({ source }) => source.join(""));
    assert.equal(code.length, 5);
    const look = `console.log(JSON.stringify([
      await store.status(), Object.keys(await store.getLabelsByImageId(image)).sort(),
    ]));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-prompt", "--ext=ts", "--config=deno.json", "-"],
      cwd: ROOT,
      // What is fetched goes into the cache of the user.
      env: { HOME: folder, XDG_CACHE_HOME: folder, DENO_DIR: denoDir() },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(
      new TextEncoder().encode([...code.slice(0, -1), look, code.at(-1)].join("\n")),
    );
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [
      { total: 3, completed: 1, label_tags: { original: 1, final: 1 } },
      ["final", "original"],
    ]);
  }));

/** Where Deno keeps modules, which a home of its own would not have. */
function denoDir(): string {
  const { success, stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
    .outputSync();
  assert.ok(success);
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
