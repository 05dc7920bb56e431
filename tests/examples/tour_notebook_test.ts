import { strict as assert } from "node:assert";
import notebook from "../../examples/tour.ipynb" with { type: "text" };
import { codeCells, runCells } from "./notebook.ts";

Deno.test("the cells of tour.ipynb run one after the other, and show trees, tables, pictures and bars", async () => {
  // What a cell ends with is what a notebook shows.
  const cells = codeCells(notebook).map((cell) => {
    const at = cell.search(/^await display\w*\((?![^]*^await display)/m);
    if (at < 0) return cell;
    const last = cell.slice(at).replace(/;\s*$/, "");
    return `${cell.slice(0, at)}{ const rich = ${last};
      const media = rich[Symbol.for("Jupyter.display")]();
      console.log(JSON.stringify({ text: rich.text, media: Object.keys(media) })); }`;
  });
  const printed = await runCells(cells);
  const said: { text: string; media: string[] }[] = printed.trim().split("\n")
    .map((line) => JSON.parse(line));
  const expected: [RegExp, boolean][] = [
    [/PHANTOM-1_CT\n.*\n +2 \(AXIAL\)/, false],
    [/\n17 entries$/, false],
    [/PHANTOM-1_CT\/2 \(a picture of 518x518\)/, true],
    [/128x128, window 40, 400/, true],
    [/digests.*md5/, false],
    [/^done +16$/m, false],
    [/ARCHIVE \(a picture/, true],
    [/slice 9 of 16, label 1, 2/, true],
    [/original +\[#+\.+\] +1 of 3/, false],
  ];
  assert.equal(said.length, expected.length);
  expected.forEach(([text, isPicture], i) => {
    assert.match(said[i]!.text, text);
    assert.equal(said[i]!.media.includes("image/png"), isPicture);
    assert.ok(said[i]!.media.includes("text/html"));
    assert.doesNotMatch(said[i]!.text, /admin/);
  });
});
