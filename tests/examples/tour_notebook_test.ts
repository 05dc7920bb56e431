import { strict as assert } from "node:assert";
import notebook from "../../examples/tour.ipynb" with { type: "text" };
import { codeCells, runCells } from "./notebook.ts";

/** Stands for the kernel: `shown` prints what a notebook would be given. */
const KERNEL = `
Deno.jupyter = { broadcast() {} };
globalThis.shown = async (value) => {
  const media = await value?.[Symbol.for("Jupyter.display")]?.();
  if (media) console.log(JSON.stringify([media["text/plain"], Object.keys(media).sort().join(" ")]));
};`;

Deno.test("the cells of tour.ipynb run one after the other, and show tables, trees, pictures and reports", async () => {
  // What a cell ends with is what a notebook shows; it is one line here.
  const cells = codeCells(notebook).map((cell) =>
    cell.replace(
      /^(?!const |import |\}).*;$(?!\n)/m,
      (line) => `await shown(${line.slice(0, -1)});`,
    )
  );
  const printed = await runCells(cells, KERNEL);
  const said: [string, string][] = printed.trim().split("\n").map((line) => JSON.parse(line));
  const html = "text/html text/plain";
  const png = `image/png ${html}`;
  const expected: [RegExp, string][] = [
    [/^20190207-CT-HEAD\/2-AXIAL +directory$/m, html],
    [/\n9 directories, 62 files$/, html],
    [/^size +34 kB$/m, html],
    [/128x128, window 40, 120/, png],
    [/\n7 series$/, html],
    [/^CT 2 AXIAL, 16 instances \(a picture of 518x518\)/, png],
    [/^PHANTOM-1_CT\/2 +directory +AXIAL$/m, html],
    [/^44 files done$/m, html],
    [/frame 7 of 12/, png],
    [/^18 done, 0 the same$/m, html],
    [/^Not the same: 1 only in the source, 1 only in the destination; 17 the same$/m, html],
    [/^Plan: 1 to copy, 0 to update, 1 to delete, 17 the same$/m, html],
    [/^2 done, 17 the same$/m, html],
    [/slice 9 of 16, label 1, 2/, png],
    [/original +\[#+\.+\] +1 of 3/, html],
  ];
  assert.equal(said.length, expected.length);
  expected.forEach(([text, media], i) => {
    assert.match(said[i]![0], text);
    assert.equal(said[i]![1], media);
    assert.doesNotMatch(said[i]![0], /admin/);
  });
});
