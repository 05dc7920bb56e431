import { strict as assert } from "node:assert";
import { dumpLines, parseDicomHeader } from "../../../formats/mod.ts";
import * as build from "../_builder.ts";

const { bytes, element, EXPLICIT, file, item, sequence } = build;

Deno.test("toJSON() follows the DICOM JSON model", () => {
  const nested = item(element(0x00080060, "CS", "CT"));
  const extra = bytes(
    element(0x00280000, "UL", build.u32(0)),
    element(0x00281050, "DS", "40\\x"),
    element(0x00281101, "US", [1, 0, 2, 0]),
    element(0x00290010, "LO"),
    element(0x00291010, "OB", [1, 2, 3, 4]),
    element(0x00291011, "FD", new Uint8Array(8).fill(0xFF)),
    element(0x00291012, "UV", new Uint8Array(8).fill(0xFF)),
    sequence(0x00400275, [nested]),
    sequence(0x00400555, []),
  );
  const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
  const json = JSON.parse(JSON.stringify(header));
  assert.deepEqual(json["00100010"], {
    vr: "PN",
    Value: [{ Alphabetic: "PHANTOM^T1" }],
  });
  assert.equal(json["00280000"], undefined);
  assert.deepEqual(json["00281050"], { vr: "DS", Value: [40, "x"] });
  assert.deepEqual(json["00281101"], { vr: "US", Value: [1, 2] });
  assert.deepEqual(json["00290010"], { vr: "LO" });
  assert.deepEqual(json["00291010"], { vr: "OB", InlineBinary: "AQIDBA==" });
  assert.deepEqual(json["00291011"], { vr: "FD", Value: ["NaN"] });
  assert.deepEqual(json["00291012"].Value, ["18446744073709551615"]);
  assert.deepEqual(json["00400275"], {
    vr: "SQ",
    Value: [{ "00080060": { vr: "CS", Value: ["CT"] } }],
  });
  assert.deepEqual(json["00400555"], { vr: "SQ" });
  const { valuePosition } = header.pixelData!;
  assert.deepEqual(json["7FE00010"], {
    vr: "OW",
    BulkDataURI: `#${valuePosition},16`,
  });
});

Deno.test("toJSON() writes words of big endian files in little endian", () => {
  const words = element(0x00281201, "OW", [1, 2, 3, 4], build.BIG);
  const options = { transferSyntaxUID: build.SYNTAX.big };
  const json = parseDicomHeader(words, options).toJSON();
  assert.equal(json["00281201"]?.InlineBinary, btoa("\x02\x01\x04\x03"));
});

Deno.test("dumpLines() shows tags, values, nesting and warnings safely", () => {
  const nested = item(element(0x00080060, "CS", "CT"));
  const extra = bytes(
    element(0x00290010, "LO", "ACME\x07"),
    element(0x00291010, "OB", [1, 2, 3, 4]),
    sequence(0x00400275, [nested]),
  );
  const whole = file(build.image(EXPLICIT, extra));
  const cut = whole.subarray(0, whole.length - 1);
  const lines = [...dumpLines(parseDicomHeader(cut))];
  const expected = [
    "(0010,0010) PN    10  PHANTOM^T1  PatientName",
    "(0029,0010) LO     6  ACME\\x07",
    "(0029,1010) OB     4  01020304  [ACME\\x07]",
    "    (0008,0060) CS     2  CT  Modality",
    `# truncated at ${cut.length}: Pixel data lacks 1 of 16 bytes`,
  ];
  for (const line of expected) assert.ok(lines.includes(line), line);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(lines.join(), /[\x00-\x1f]/);
});
