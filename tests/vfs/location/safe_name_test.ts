import { strict as assert } from "node:assert";
import fc from "fast-check";
import { safeName, withSuffix } from "../../../vfs/location/safe_name.ts";

Deno.test("safeName() gives names that every file system takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      const name = safeName(text);
      assert.ok(name.length > 0 && new TextEncoder().encode(name).length <= 201, name);
      // deno-lint-ignore no-control-regex -- none of these may be left
      assert.doesNotMatch(name, /[\x00-\x1f<>:"/\\|?*]|[. ]$|^\./);
      assert.equal(safeName(name), name);
    }),
    { examples: [["con"], [".."], ["nul.txt"], ["a ."], [" "], ["x".repeat(300) + ".dcm"]] },
  );
  assert.equal(safeName("CON.dcm"), "_CON.dcm");
  // What is cut off must not leave a dot at the end, which Windows drops.
  assert.equal(safeName(`${"a".repeat(197)}. .${"b".repeat(20)}`), "a".repeat(197));
  assert.equal(safeName(`${"é".repeat(200)}.dcm`).endsWith("é.dcm"), true);
  assert.equal(safeName("aéé€😀".repeat(50)), "aéé€😀".repeat(16) + "aéé€");
  // What a file tells may be longer than any name, and must not keep us busy for hours.
  assert.equal(safeName(`${"é. ".repeat(300_000)}.dcm`).length, 150);
  assert.equal(withSuffix("1.2.3.dcm", "ab"), "1.2.3-ab.dcm");
  assert.equal(withSuffix("1.2.3", "ab"), "1.2.3-ab");
});
