import { strict as assert } from "node:assert";
import { parseDicomHeader, PersonName } from "../../../formats/mod.ts";
import * as build from "../_builder.ts";

const { bytes, element, SYNTAX } = build;

function header(...elements: Uint8Array[]) {
  const transferSyntaxUID = SYNTAX.explicit;
  return parseDicomHeader(bytes(...elements), { transferSyntaxUID });
}

Deno.test("get() gives one value, an array, null or undefined", () => {
  const found = header(
    element(0x00080005, "CS", "ISO_IR 100"),
    element(0x00080008, "CS", "ORIGINAL\\PRIMARY "),
    element(0x00080050, "SH"),
    element(0x00280010, "US", [0xC0, 0]),
  );
  assert.equal(found.get("SpecificCharacterSet"), "ISO_IR 100");
  assert.deepEqual(found.get("ImageType"), ["ORIGINAL", "PRIMARY"]);
  assert.equal(found.get("AccessionNumber"), null);
  assert.equal(found.get("Modality"), undefined);
  assert.equal(found.has("AccessionNumber"), true);
  assert.equal(found.get("Rows"), 192);
});

Deno.test("element() takes keywords and tags in all spellings", () => {
  const found = header(element(0x00280010, "US", [0xC0, 0]));
  const names = ["Rows", "00280010", "(0028,0010)", "0028,0010", 0x00280010];
  for (const name of names) assert.equal(found.element(name)?.value, 192);
  assert.throws(() => found.element("Rwos"), TypeError);
  const { tag, keyword, vr, length, position, valuePosition } = found.element("Rows")!;
  assert.deepEqual(
    { tag, keyword, vr, length, position, valuePosition },
    { tag: "00280010", keyword: "Rows", vr: "US", length: 2, position: 0, valuePosition: 8 },
  );
});

Deno.test("element() finds what is out of order, and the first of what is there twice", () => {
  const found = header(
    element(0x00080060, "CS", "MR"),
    element(0x00100020, "LO", "P1"),
    element(0x00100020, "LO", "P2"),
    element(0x00080050, "SH", "A1"),
    element(0x00080060, "CS", "CT"),
    element(0x00280010, "US", [4, 0]),
  );
  assert.deepEqual(
    ["Modality", "PatientID", "AccessionNumber", "Rows", "StudyID"].map((name) => found.get(name)),
    ["MR", "P1", "A1", 4, undefined],
  );
});

Deno.test("a text of many thousands of bytes is decoded whole", () => {
  const text = "0123456789".repeat(1000).slice(1);
  assert.equal(header(element(0x00189074, "DS", text)).string("00189074"), text);
});

Deno.test("values are decoded for all binary number VRs", () => {
  const data = new DataView(new ArrayBuffer(8));
  data.setFloat64(0, -1.5, true);
  const f8 = new Uint8Array(data.buffer.slice(0));
  data.setFloat32(0, 0.25, true);
  const f4 = new Uint8Array(data.buffer.slice(0, 4));
  const ones = (count: number) => new Uint8Array(count).fill(0xFF);
  const found = header(
    element(0x00091001, "SS", ones(2)),
    element(0x00091002, "US", ones(4)),
    element(0x00091003, "SL", ones(4)),
    element(0x00091004, "UL", ones(4)),
    element(0x00091005, "FL", f4),
    element(0x00091006, "FD", f8),
    element(0x00091007, "SV", ones(8)),
    element(0x00091008, "UV", ones(8)),
    element(0x00091009, "AT", [0x28, 0, 0x10, 0]),
    element(0x0009100A, "OW", [1, 2]),
  );
  assert.deepEqual([...found].map(({ value }) => value), [
    -1,
    [65535, 65535],
    -1,
    4294967295,
    0.25,
    -1.5,
    -1n,
    18446744073709551615n,
    "00280010",
    Uint8Array.of(1, 2),
  ]);
});

Deno.test("number() and string() read DS and IS as numbers and as written", () => {
  const found = header(
    element(0x00180050, "DS", " 1.500"),
    element(0x00200011, "IS", "014 "),
    element(0x00200013, "IS", "1A"),
    element(0x00281052, "DS", "1e1\\\\-.5"),
  );
  assert.equal(found.number("SliceThickness"), 1.5);
  assert.equal(found.string("SliceThickness"), "1.500");
  assert.equal(found.string("SeriesNumber"), "014");
  assert.equal(found.get("SeriesNumber"), 14);
  assert.equal(found.number("InstanceNumber"), undefined);
  assert.equal(found.get("InstanceNumber"), "1A");
  assert.deepEqual(found.numbers("RescaleIntercept"), [10, -0.5]);
  assert.deepEqual(found.strings("RescaleIntercept"), ["1e1", "", "-.5"]);
  assert.deepEqual(found.warnings.map(({ code }) => code), ["value"]);
});

Deno.test("values of a wrong length are cut and noted", () => {
  const found = header(element(0x00280010, "US", [1, 0, 2]));
  assert.equal(found.number("Rows"), 1);
  assert.equal(found.warnings[0]?.code, "value");
});

Deno.test("values lose padding, text keeps leading spaces", () => {
  const found = header(
    element(0x00080018, "UI", "1.2\0"),
    element(0x00080060, "CS", " MR "),
    element(0x00400310, "ST", "  a b  "),
    element(0x00100020, "LO", "id\0\0"),
  );
  assert.equal(found.string("SOPInstanceUID"), "1.2");
  assert.equal(found.string("Modality"), "MR");
  assert.equal(found.string("00400310"), "  a b");
  assert.equal(found.string("PatientID"), "id");
});

Deno.test("date() reads DA and DT, with time and offset", () => {
  const found = header(
    element(0x00080020, "DA", "20190207"),
    element(0x00080021, "DA", "1997.04.24"),
    element(0x0008002A, "DT", "20190207140516.555000+0100"),
    element(0x00080030, "TM", "140516.5"),
    element(0x00080201, "SH", "-0500"),
    element(0x00100030, "DA", "20191341"),
  );
  const iso = (date?: Date) => date?.toISOString();
  assert.equal(iso(found.date("StudyDate")), "2019-02-07T05:00:00.000Z");
  assert.equal(
    iso(found.date("StudyDate", "StudyTime")),
    "2019-02-07T19:05:16.500Z",
  );
  assert.equal(iso(found.date("SeriesDate")), "1997-04-24T05:00:00.000Z");
  assert.equal(
    iso(found.date("AcquisitionDateTime")),
    "2019-02-07T13:05:16.555Z",
  );
  assert.equal(found.date("PatientBirthDate"), undefined);
  assert.equal(found.date("ContentDate"), undefined);
});

Deno.test("personName() gives groups and components", () => {
  const text = "Adams^John Robert Quincy^^Rev.^B.A. M.Div.=山田^太郎=";
  const name = new PersonName(text);
  assert.equal(name.alphabetic?.familyName, "Adams");
  assert.equal(name.alphabetic?.givenName, "John Robert Quincy");
  assert.equal(name.alphabetic?.middleName, "");
  assert.equal(name.alphabetic?.namePrefix, "Rev.");
  assert.equal(name.alphabetic?.nameSuffix, "B.A. M.Div.");
  assert.equal(name.ideographic?.givenName, "太郎");
  assert.equal(name.phonetic, undefined);
  assert.equal(String(name), text);
  const found = header(element(0x00100010, "PN", "Doe^Jane\\Roe^Max"));
  assert.equal(found.personName("PatientName")?.alphabetic?.givenName, "Jane");
  assert.deepEqual(found.strings("PatientName"), ["Doe^Jane", "Roe^Max"]);
  assert.equal(found.personName("00080060"), undefined);
});
