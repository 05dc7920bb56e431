import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../../formats/mod.ts";
import { encodeIdentifier } from "../../../../transports/dicom/dimse/mod.ts";

const EXPLICIT = "1.2.840.10008.1.2.1";
const IMPLICIT = "1.2.840.10008.1.2";

Deno.test("encodeIdentifier() writes elements in their order, read the same in both encodings", () => {
  const identifier = {
    StudyInstanceUID: ["1.2.3", "1.2.4"],
    PatientName: "山田^太郎",
    QueryRetrieveLevel: "STUDY",
    Rows: 512,
    StudyDate: "",
  };
  for (const transferSyntaxUID of [EXPLICIT, IMPLICIT]) {
    const bytes = encodeIdentifier(identifier, transferSyntaxUID);
    const header = parseDicomHeader(bytes, { transferSyntaxUID });
    assert.deepEqual(header.warnings, []);
    assert.equal(header.string("SpecificCharacterSet"), "ISO_IR 192");
    assert.deepEqual(header.strings("StudyInstanceUID"), ["1.2.3", "1.2.4"]);
    assert.equal(header.string("PatientName"), "山田^太郎");
    assert.equal(header.number("Rows"), 512);
    assert.equal(header.element("StudyDate")!.length, 0);
  }
});

Deno.test("encodeIdentifier() names a character set only where text needs one", () => {
  const isNamed = (PatientName: string) =>
    parseDicomHeader(encodeIdentifier({ PatientName, PatientID: "" }, IMPLICIT), {
      transferSyntaxUID: IMPLICIT,
    }).element("SpecificCharacterSet") !== undefined;
  assert.equal(isNamed("Mueller*"), false);
  assert.equal(isNamed("Müller*"), true);
});

Deno.test("encodeIdentifier() refuses a value that is too long for explicit VR", () => {
  const StudyInstanceUID = Array.from({ length: 1500 }, (_, i) => `2.25.${i}`.padEnd(50, "1"));
  assert.throws(() => encodeIdentifier({ StudyInstanceUID }, EXPLICIT), TypeError);
  const bytes = encodeIdentifier({ StudyInstanceUID }, IMPLICIT);
  const header = parseDicomHeader(bytes, { transferSyntaxUID: IMPLICIT, maxValueLength: 1 << 20 });
  assert.equal(header.strings("StudyInstanceUID").length, 1500);
});
