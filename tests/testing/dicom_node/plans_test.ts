import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { tagOf } from "../../../formats/dicom/dictionary.ts";
import type { Level } from "../../../testing/dicom_node/attributes.ts";
import { CREATE, JOINED } from "../../../testing/dicom_node/index/schema.ts";
import { conditionsOf } from "../../../testing/dicom_node/query/conditions.ts";

const LIST = ["1.2.3.1", "1.2.3.2", "1.2.3.3"];
const ABOVE = { PatientID: ["P"], StudyInstanceUID: ["1.2"], SeriesInstanceUID: ["1.2.3"] };
const CASES: readonly (readonly [level: Level, keys: Record<string, string[]>, by: string])[] = [
  ["IMAGE", { ...ABOVE, SOPInstanceUID: LIST }, "instance SOPInstanceUID"],
  ["IMAGE", { ...ABOVE, SOPInstanceUID: LIST.slice(1) }, "instance SOPInstanceUID"],
  ["IMAGE", { SOPInstanceUID: LIST }, "instance SOPInstanceUID"],
  ["IMAGE", { SeriesInstanceUID: LIST }, "series SeriesInstanceUID"],
  ["IMAGE", { ...ABOVE, SOPInstanceUID: [] }, "study StudyInstanceUID"],
  ["SERIES", { SeriesInstanceUID: LIST }, "series SeriesInstanceUID"],
  ["STUDY", { PatientID: ["P"], StudyInstanceUID: LIST }, "study StudyInstanceUID"],
  ["STUDY", { StudyDate: ["20261101-20261130"], ModalitiesInStudy: ["CT"] }, "study StudyDate"],
  ["STUDY", { StudyDate: ["20261123"], PatientName: ["a*"] }, "study StudyDate"],
  ["STUDY", { AccessionNumber: ["A1"] }, "study AccessionNumber"],
  ["PATIENT", { PatientID: LIST }, "patient PatientID"],
];

Deno.test("conditionsOf() leads to what is named, and to days, by an index", () => {
  using db = new DatabaseSync(":memory:");
  db.exec(CREATE);
  for (const [level, values, by] of CASES) {
    const keys = new Map(Object.entries(values).map(([keyword, list]) => [tagOf(keyword), list]));
    const conditions = conditionsOf({ level, keys, above: [] });
    const where = conditions.map(({ sql }) => `(${sql})`).join(" AND ");
    const plan = db
      .prepare(`EXPLAIN QUERY PLAN SELECT 1 FROM ${JOINED[level]} WHERE ${where}`)
      .all(...conditions.flatMap(({ parameters }) => parameters))
      .map(({ detail }) => String(detail));
    const [, table, column] = /^SEARCH (\w+) USING .*\((\w+)/.exec(plan[0]!) ?? [];
    assert.equal(`${table} ${column}`, by, `${level} ${JSON.stringify(values)}: ${plan[0]}`);
  }
});
