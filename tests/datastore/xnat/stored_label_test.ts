import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  compareStems,
  labelsIn,
  nextStem,
  stemsOf,
  versionsOf,
} from "../../../datastore/xnat/stored_label.ts";
import { imageIdOf, parseImageId } from "../../../datastore/xnat/image.ts";
import { isTag } from "../../../datastore/tag.ts";

const number = fc.oneof(
  fc.integer({ min: 0, max: 99_999 }),
  fc.constantFrom("9".repeat(12), "9".repeat(16), "1" + "0".repeat(16)),
);
const stem = fc.tuple(number, fc.integer({ min: 0, max: 2 ** 32 - 1 }))
  .map(([n, random]) => `${String(n).padStart(4, "0")}-${random.toString(16).padStart(8, "0")}`);
const tag = fc.constantFrom("final", "original", "version_1", "..", "a/b", ".x", "__proto__");
const path = fc.oneof(
  fc.tuple(tag, stem, fc.constantFrom(".nii.gz", ".info.json", ".seg.nrrd", "", ".json"))
    .map(([tag, stem, ending]) => `${tag}/${stem}${ending}`),
  fc.constantFrom("image.json", "pat_S_exp_E_S_1_AI_m.nii.gz", "pat_S_exp_E_S_1_AI_n.nii.gz"),
  fc.string(),
);
const files = fc.array(path.map((path) => ({ path, size: 1 })), { maxLength: 30 });

Deno.test("nextStem() is greater than all stems that there are", () => {
  fc.assert(fc.property(fc.array(stem), (stems) => {
    const next = nextStem(stems);
    assert.match(next, /^\d{4,}-[0-9a-f]{8}$/);
    for (const each of stems) assert.ok(compareStems(next, each) > 0, `${next} ${each}`);
    assert.deepEqual(stemsOf([{ path: `final/${next}.nii.gz` }], "final"), [next]);
  }));
});

Deno.test("labelsIn() gives each tag its greatest pair of file and record, whatever else lies there", () => {
  fc.assert(fc.property(files, (files) => {
    for (const [tag, label] of labelsIn(files)) {
      assert.ok(isTag(tag), tag);
      if (label.stem === "") {
        assert.match(label.data.path, /^pat_/);
        continue;
      }
      assert.ok(label.record?.path.startsWith(`${tag}/${label.stem}.info.json`));
      assert.ok(label.data.path.startsWith(`${tag}/${label.stem}`));
      const versions = versionsOf(files, tag);
      assert.equal(versions[0]!.stem, label.stem);
      for (const { stem } of versions) assert.ok(compareStems(stem, label.stem) <= 0);
      assert.ok(stemsOf(files, tag).includes(label.stem));
    }
  }));
});

Deno.test("versionsOf() takes no note and no picture that lies beside a label for the label", () => {
  const stem = "final/0003-5f0c91ab";
  const named = (...endings: string[]) => endings.map((ending) => ({ path: stem + ending }));
  for (const label of [".nii.gz", ".seg.nrrd", ".dcm"]) {
    for (const files of [[".png", ".txt", label], [label, ".txt"], ["", ".info.txt", label]]) {
      const [version] = versionsOf(named(".info.json", ...files), "final");
      assert.equal(version?.data.path, stem + label);
    }
  }
  assert.equal(versionsOf(named(".mha", ".info.json"), "final")[0]?.data.path, `${stem}.mha`);
});

Deno.test("labelsIn() gives a model that is called like a part of every object the tag of the others", () => {
  for (const content of ["constructor", "__proto__", "toString"]) {
    const files = [{ path: "pat_S_exp_E_S_1_AI_m.nii.gz", content }];
    assert.deepEqual([...labelsIn(files, { other: "final" }).keys()], ["original"], content);
  }
});

Deno.test("parseImageId() gives parts that can be names, and the id again", () => {
  const part = fc.oneof(fc.constantFrom("", ".", "..", "\0", "P", "1"), fc.string());
  fc.assert(fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
    const id = parseImageId(parts.join("/"));
    if (!id) return;
    const found = Object.values(id);
    assert.equal(found.length, 4);
    assert.ok(found.every((name) => name !== "" && name !== "." && name !== ".."));
    assert.ok(parts.join("/").startsWith(imageIdOf(id)));
  }));
});
