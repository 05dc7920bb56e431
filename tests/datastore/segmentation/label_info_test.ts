import { strict as assert } from "node:assert";
import { segmentsOfLabelInfo } from "../../../datastore/segmentation/mod.ts";
import { rejects } from "./_rejects.ts";

const MANUAL = { type: "MANUAL" } as const;

Deno.test("segmentsOfLabelInfo() takes values by name, without the background", () => {
  const info = { model: "seg", params: { label_names: { background: 0, liver: 6, spleen: "1" } } };
  const algorithm = { type: "AUTOMATIC", name: "seg" };
  assert.deepEqual(segmentsOfLabelInfo(info), [
    { value: 6, label: "liver", algorithm },
    { value: 1, label: "spleen", algorithm },
  ]);
});

for (const key of ["idx", "labelID", "label"]) {
  Deno.test(`segmentsOfLabelInfo() takes the value of an entry from ${key}`, () => {
    const info = { label_info: [{ name: "liver", [key]: 6 }] };
    assert.deepEqual(segmentsOfLabelInfo(info), [{ value: 6, label: "liver", algorithm: MANUAL }]);
  });
}

Deno.test("segmentsOfLabelInfo() takes the first value of an entry that is not 0", () => {
  const info = { label_info: [{ name: "liver", idx: 0, labelID: 6 }, { name: "air", idx: 0 }] };
  assert.deepEqual(segmentsOfLabelInfo(info).map(({ value }) => value), [6]);
});

Deno.test("segmentsOfLabelInfo() keeps colours, descriptions and codes", () => {
  const code = (CodeValue: string) => ({
    CodeValue,
    CodingSchemeDesignator: "SCT",
    CodeMeaning: "x",
  });
  const [segment] = segmentsOfLabelInfo({
    label_info: [{
      idx: 2,
      color: [1, 2, 3],
      description: "d",
      SegmentedPropertyCategoryCodeSequence: code("1"),
      SegmentedPropertyTypeCodeSequence: [code("2")],
    }],
  });
  assert.deepEqual(segment, {
    value: 2,
    label: "Segment_2",
    algorithm: MANUAL,
    color: [1, 2, 3],
    description: "d",
    category: { value: "1", scheme: "SCT", meaning: "x" },
    type: { value: "2", scheme: "SCT", meaning: "x" },
  });
});

Deno.test("segmentsOfLabelInfo() refuses names without a value, which have only a position", async () => {
  const infos = [
    { label_info: [{ name: "spleen" }, { name: "liver" }] },
    { label_info: [{ name: "spleen", idx: 1 }, { name: "liver" }] },
    { label_info: ["spleen"] },
    { params: { label_names: { spleen: null } } },
    { params: { label_names: { spleen: 1.5 } } },
  ];
  for (const info of infos) await rejects(() => segmentsOfLabelInfo(info), "BadSegments");
});

Deno.test("segmentsOfLabelInfo() finds nothing in infos without names", () => {
  for (const info of [{}, { params: null }, { label_info: [] }, { params: { label_names: [] } }]) {
    assert.deepEqual(segmentsOfLabelInfo(info), []);
  }
});
