import { strict as assert } from "node:assert";
import fc from "fast-check";
import { belowFolder, onlyFile, removedBy } from "../../../transports/xnat/file_pattern.ts";

const SPECIAL = [..."+[]^\\&-.*?$(){}|!'\",:;=@#%~"];
const name = fc.array(fc.constantFrom("a", "1", "ü", " ", "_", ...SPECIAL), {
  minLength: 1,
  maxLength: 6,
})
  .map((parts) => parts.join("")).filter((text) => text !== "." && text !== "..");
const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => names.join("/"));

/** Those that a careless pattern would take too: longer, shorter, and with one character another. */
function neighbours(path: string): string[] {
  const others = [...path].flatMap((_, at) =>
    ["x", "", "-", ".", "+", ","].map((c) => path.slice(0, at) + c + path.slice(at + 1))
  );
  return [`${path}0`, `${path}/x`, `x${path}`, `${path} `, `${path}$`, ...others]
    .filter((other) => other !== path);
}

/** They differ in characters for which any other may stand, or in a blank at the end: whoever removes looks before. */
function isMistakable(path: string, wanted: string): boolean {
  const other = wanted === `${path} ` ? path : wanted;
  return path.length === other.length &&
    [...path].every((c, i) => c === other[i] || "+[]^\\&-".includes(c) && other[i] !== "/");
}

Deno.test("onlyFile() means the file, by its second text no other but for what cannot be quoted", () => {
  fc.assert(
    fc.property(path, (path) => {
      const [plain, quoted] = onlyFile(path);
      const all = [path, ...neighbours(path)];
      assert(removedBy(plain!, all).includes(path), plain);
      const taken = removedBy(quoted!, all);
      assert(taken.includes(path), quoted);
      for (const other of taken) {
        assert(other === path || isMistakable(path, other), `${quoted} ${other}`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("belowFolder() means all below a folder and nothing beside it", () => {
  fc.assert(
    fc.property(path, (path) => {
      const [plain, quoted] = belowFolder(path);
      const below = [`${path}/x`, `${path}/y/z.dcm`, `${path}/ `];
      const beside = [path, ...neighbours(path).filter((other) => !isMistakable(path, other))]
        .filter((other) => !other.startsWith(`${path}/`));
      const all = [...below, ...beside, ...beside.map((other) => `${other}/x`)];
      for (const text of [plain!, quoted!]) {
        const taken = removedBy(text, all);
        for (const each of below) assert(taken.includes(each), `${text} ${each}`);
      }
      const meant = all.filter((each) => each.startsWith(`${path}/`));
      assert.deepEqual(removedBy(quoted!, all), meant, quoted);
    }),
    { numRuns: 300 },
  );
});

Deno.test("removedBy() takes what begins with the text, and by an asterisk what it describes as a whole", () => {
  const all = ["a.dcm", "a.dcm2", "abdcm", "b/a.dcm", "a"];
  assert.deepEqual(removedBy("a.dcm", all), ["a.dcm", "a.dcm2"]);
  assert.deepEqual(removedBy("a.dcm$*", all), ["a.dcm", "abdcm"]);
  assert.deepEqual(removedBy("a.*", all), ["a.dcm", "a.dcm2", "abdcm"]);
});
