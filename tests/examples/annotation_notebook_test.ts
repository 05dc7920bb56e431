import { strict as assert } from "node:assert";
import notebook from "../../examples/annotation.ipynb" with { type: "text" };
import { codeCells, runCells } from "./notebook.ts";

Deno.test("the cells of annotation.ipynb run one after the other, and leave an image completed", async () => {
  const code = codeCells(notebook);
  assert.equal(code.length, 5);
  const look = `console.log(JSON.stringify([
    await store.status(), Object.keys(await store.getLabelsByImageId(image)).sort(),
  ]));`;
  const printed = await runCells([...code.slice(0, -1), look, code.at(-1)!]);
  assert.deepEqual(JSON.parse(printed), [
    { total: 3, completed: 1, label_tags: { original: 1, final: 1 } },
    ["final", "original"],
  ]);
});
