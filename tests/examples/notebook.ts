/** Runs the cells of a notebook one after the other, as a script in a process of its own. */

import { strict as assert } from "node:assert";
import { withFolder } from "../cli/child.ts";

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
}

const ROOT = new URL("../../", import.meta.url);

/** The code of the cells of a notebook. */
export function codeCells(notebook: string): string[] {
  const { cells } = JSON.parse(notebook) as { cells: readonly Cell[] };
  return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join(""));
}

/** Runs `cells` with all permissions and a home of their own, after `before`. Gives what they print. */
export function runCells(cells: readonly string[], before = ""): Promise<string> {
  let printed = "";
  return withFolder(async (folder) => {
    const preload = `${folder}/before.ts`;
    await Deno.writeTextFile(preload, before);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-prompt", "--ext=ts", "--config=deno.json"],
        `--preload=${preload}`,
        "-",
      ],
      cwd: ROOT,
      // What is fetched goes into the cache of the user.
      env: { HOME: folder, XDG_CACHE_HOME: folder, DENO_DIR: denoDir() },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(cells.join("\n")));
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    assert.ok(success, new TextDecoder().decode(stderr));
    printed = new TextDecoder().decode(stdout);
  }).then(() => printed);
}

/** Where Deno keeps modules, which a home of its own would not have. */
export function denoDir(): string {
  const { success, stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
    .outputSync();
  assert.ok(success);
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
