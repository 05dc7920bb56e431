import { strict as assert } from "node:assert";
import { FormatError, parseDicomHeader, readDicomHeader } from "../../../formats/mod.ts";
import * as build from "../_builder.ts";

const { bytes, element, EXPLICIT, file, item, sequence, UNDEFINED } = build;

function isFormatError(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof FormatError && error.kind === kind;
}

Deno.test("parseDicomHeader() keeps what comes before a truncation", () => {
  const whole = file(build.image());
  const cut = whole.subarray(0, whole.indexOf(0x54, 300) + 3);
  const header = parseDicomHeader(cut);
  assert.equal(header.string("Modality"), "MR");
  assert.equal(header.damage?.code, "truncated");
  assert.equal(header.pixelData, undefined);
  const strict = { strict: true };
  assert.throws(() => parseDicomHeader(cut, strict), isFormatError("Corrupt"));
});

Deno.test("parseDicomHeader() notes truncated pixel data", () => {
  const whole = file(build.image());
  const header = parseDicomHeader(whole.subarray(0, whole.length - 5));
  assert.equal(header.damage?.text, "Pixel data lacks 5 of 16 bytes");
  assert.equal(header.damage?.position, whole.length - 5);
});

for (const [length, value] of [[0xFFFFFFF0, "OB"], [UNDEFINED - 1, "UT"]] as const) {
  Deno.test(`parseDicomHeader() does not believe ${value} of length ${length}`, () => {
    const extra = element(0x00400310, value, "abc", EXPLICIT, length);
    const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
    assert.equal(header.number("Rows"), 4);
    assert.equal(header.damage?.code, "truncated");
  });
}

Deno.test("parseDicomHeader() goes on behind an item whose element is too long", () => {
  const bad = item(element(0x00080060, "CS", "CT", EXPLICIT, 200));
  const good = item(element(0x00080060, "CS", "PT"));
  const extra = sequence(0x00400275, [bad, good]);
  const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
  const items = header.sequence("00400275");
  assert.deepEqual(items.map((one) => one.string("Modality")), [undefined, "PT"]);
  assert.equal(header.damage?.code, "length");
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() bounds an item by its sequence", () => {
  const long = item(element(0x00080060, "CS", "CT"), EXPLICIT, 5000);
  const extra = sequence(0x00400275, [long]);
  const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
  assert.equal(header.sequence("00400275")[0]?.string("Modality"), "CT");
  assert.equal(header.damage?.code, "length");
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() closes an open sequence without delimiter", () => {
  const open = sequence(0x00400275, [item(new Uint8Array(0))], { open: true });
  const extra = open.subarray(0, open.length - 8);
  const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
  assert.equal(header.sequence("00400275").length, 1);
  assert.equal(header.damage?.code, "structure");
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() accepts delimiters after items of stated length", () => {
  const content = bytes(element(0x00080060, "CS", "CT"), build.delimiter(0xE00D));
  const extra = sequence(0x00400275, [item(content)]);
  const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
  assert.equal(header.sequence("00400275")[0]?.string("Modality"), "CT");
  assert.deepEqual(header.warnings, []);
});

for (const open of [true, false]) {
  const kind = open ? "undefined" : "defined";
  Deno.test(`parseDicomHeader() bounds 10,000 sequences of ${kind} length`, () => {
    const deep = bytes(element(0x00080060, "CS", "MR"), build.nested(10_000, open));
    const data = file(deep);
    const header = parseDicomHeader(data);
    assert.equal(header.damage?.code, "limit");
    assert.equal(header.string("Modality"), "MR");
    assert.ok(JSON.stringify(header).length > 1000);
    const strict = { strict: true };
    assert.throws(
      () => parseDicomHeader(data, strict),
      isFormatError("LimitExceeded"),
    );
    const deepest = parseDicomHeader(data, { maxDepth: 1e9 });
    assert.ok(JSON.stringify(deepest).length > 10_000);
  });
}

Deno.test("parseDicomHeader() goes on behind sequences of stated length that are too deep", () => {
  const data = file(build.image(EXPLICIT, build.nested(100, false)));
  const header = parseDicomHeader(data, { maxDepth: 10 });
  assert.equal(header.damage?.code, "limit");
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() bounds the number of elements", () => {
  const many = bytes(
    ...Array.from({ length: 300 }, () => element(0x00080060, "CS", "MR")),
  );
  const header = parseDicomHeader(file(many), { maxElements: 100 });
  assert.equal(header.damage?.code, "limit");
  assert.equal(header.elements.length, 100);
});

Deno.test("readDicomHeader() bounds the bytes that it reads", async () => {
  const many = Array.from(
    { length: 100 },
    (_, index) => element(0x00291000 + index, "LT", "x".repeat(2000)),
  );
  const source = build.CountingSource.of(file(bytes(...many)));
  const header = await readDicomHeader(source, { maxHeaderBytes: 50_000 });
  assert.equal(header.damage?.code, "limit");
  assert.equal(header.complete, false);
  assert.ok(header.elements.length > 10);
  assert.ok(source.bytesRead <= 50_000);
});

Deno.test("parseDicomHeader() does not hold values above the limit", () => {
  const extra = element(0x00400310, "ST", "x".repeat(100));
  const data = file(build.image(EXPLICIT, extra));
  const header = parseDicomHeader(data, { maxValueLength: 99 });
  assert.equal(header.has("00400310"), true);
  assert.equal(header.get("00400310"), undefined);
  const { valuePosition } = header.element("00400310")!;
  assert.equal(header.toJSON()["00400310"]?.BulkDataURI, `#${valuePosition},100`);
});

Deno.test("parseDicomHeader() takes the first of duplicate elements", () => {
  const twice = bytes(
    element(0x00080060, "CS", "MR"),
    element(0x00080060, "CS", "CT"),
  );
  const header = parseDicomHeader(file(twice));
  assert.equal(header.string("Modality"), "MR");
  assert.deepEqual(header.warnings.map(({ code }) => code), ["order"]);
});

Deno.test("parseDicomHeader() ends at zeros behind the last element", () => {
  const data = bytes(element(0x00080060, "CS", "MR"), new Uint8Array(1_000_000));
  const header = parseDicomHeader(file(data));
  assert.equal(header.elements.length, 1);
  assert.deepEqual(header.warnings.map(({ code }) => code), ["padding"]);
});

Deno.test("parseDicomHeader() keeps a UID of 65 characters and zero frames", () => {
  const uid = `1.${"2".repeat(63)}`;
  const data = bytes(
    element(0x00080018, "UI", uid),
    element(0x00280008, "IS", "0"),
  );
  const header = parseDicomHeader(file(data));
  assert.equal(header.string("SOPInstanceUID"), uid);
  assert.equal(header.number("NumberOfFrames"), 0);
});

Deno.test("parseDicomHeader() finds nothing in bytes that are all FF", () => {
  const header = parseDicomHeader(file(new Uint8Array(1000).fill(0xFF)));
  assert.equal(header.elements.length, 0);
  assert.ok(header.damage);
});

Deno.test("parseDicomHeader() reads a file that ends after its magic", () => {
  const header = parseDicomHeader(bytes(new Uint8Array(128), "DICM"));
  assert.equal(header.elements.length, 0);
  assert.equal(header.transferSyntaxUID, build.SYNTAX.explicit);
});
