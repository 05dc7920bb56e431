import { strict as assert } from "node:assert";

const ROOT = new URL("../../../../", import.meta.url);
const ROW = /^\| (\d+) +\| .* \| (.*) \|$/gm;
const TEST = /["`](?:behaviours?|dimse) ((?:\d+(?:, | and )?)+)[:,]/g;

Deno.test("each of the 62 behaviours has a test of its number where the list says so", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const rows = [...readme.matchAll(ROW)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    [...Array(62).keys()].map((n) => n + 1),
  );
  for (const [, number, links] of rows) {
    const files = [...links!.matchAll(/\]\(\/([^)]+)\)/g)].map(([, path]) => path!.trim());
    assert(files.length > 0, number);
    for (const file of files) {
      const text = await Deno.readTextFile(new URL(file, ROOT));
      const numbers = [...text.matchAll(TEST)].flatMap(([, list]) => list!.match(/\d+/g)!);
      assert(numbers.includes(number!), `${file} has no test of behaviour ${number}`);
    }
  }
});
