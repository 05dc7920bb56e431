import { strict as assert } from "node:assert";
import fc from "fast-check";
import { describeFile, printable } from "../../formats/mod.ts";
import { withoutTail } from "../../formats/text.ts";
import * as build from "./_builder.ts";

const { bytes, element, EXPLICIT, file, item, sequence } = build;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const IMAGE = "MR 4x2 16-bit #14 fl3d_dynamic 2019-02-07 PHANTOM^T1";

async function described(data: Uint8Array, expected: string): Promise<void> {
  assert.equal(await describeFile(data), expected);
  assert.equal(await describeFile(build.CountingSource.of(data)), expected);
}

Deno.test("describeFile() describes images in all encodings", async () => {
  await described(file(build.image()), IMAGE);
  await described(file(build.image(build.BIG), build.SYNTAX.big), IMAGE);
  const implicit = build.image(build.IMPLICIT);
  await described(file(implicit, build.SYNTAX.implicit), IMAGE);
  const deflated = await build.deflate(build.image());
  await described(file(deflated, build.SYNTAX.deflated), IMAGE);
});

Deno.test("describeFile() reads a usual image once", async () => {
  const pixels = new Uint8Array(500_000);
  const whole = bytes(file(build.image()), pixels);
  const source = build.CountingSource.of(whole, whole.length);
  assert.equal(await describeFile(source), IMAGE);
  assert.equal(source.reads, 1);
  assert.equal(source.bytesRead, 8 * 1024);
});

Deno.test("describeFile() tells frames and bits", async () => {
  const dataset = bytes(
    element(0x00080060, "CS", "US"),
    element(0x00280008, "IS", "60"),
    element(0x00280010, "US", build.u16(480)),
    element(0x00280011, "US", build.u16(640)),
    element(0x00280100, "US", build.u16(16)),
    element(0x00280101, "US", build.u16(12)),
  );
  await described(file(dataset), "US 480x640 60 frames 12/16-bit");
});

Deno.test("describeFile() describes objects that are no images", async () => {
  const modality = (value: string) => element(0x00080060, "CS", value);
  const empty = item(new Uint8Array(0));
  const plan = bytes(
    modality("RTPLAN"),
    element(0x300A0002, "SH", "Plan1"),
    sequence(0x300A0070, [empty]),
    sequence(0x300A00B0, [empty, empty]),
  );
  await described(file(plan), "RTPLAN Plan1 2 beams 1 fraction group");
  const structures = bytes(
    modality("RTSTRUCT"),
    element(0x30060002, "SH", "Pelvis"),
    sequence(0x30060020, [empty, empty, empty]),
  );
  await described(file(structures), "RTSTRUCT Pelvis 3 structures");
  const segmentation = bytes(
    modality("SEG"),
    sequence(0x00620002, [empty, empty]),
  );
  await described(file(segmentation), "SEG 2 segments");
  const title = item(element(0x00080104, "LO", "Chest report"));
  const report = bytes(
    modality("SR"),
    sequence(0x0040A043, [title]),
    element(0x0040A493, "CS", "VERIFIED"),
  );
  await described(file(report), "SR Chest report verified");
  const leads = item(element(0x003A0005, "US", [12, 0]));
  await described(file(bytes(modality("ECG"), sequence(0x54000100, [leads]))), "ECG 12 channels");
  await described(
    file(element(0x00080018, "UI", "1.2")),
    "DICOM, 1 element: SOPInstanceUID",
  );
});

Deno.test("describeFile() counts the records of a DICOMDIR", async () => {
  const record = (type: string, more = "") =>
    item(bytes(
      element(0x00041430, "CS", type),
      more ? element(0x00041500, "CS", more) : new Uint8Array(0),
    ));
  const records = ["PATIENT", "STUDY", "SERIES", "STUDY", "SERIES", "SERIES"];
  const dataset = sequence(0x00041220, [
    ...records.map((type) => record(type)),
    record("IMAGE", "A\\B"),
  ]);
  const meta = bytes(
    element(0x00020002, "UI", "1.2.840.10008.1.3.10"),
    element(0x00020010, "UI", build.SYNTAX.explicit),
  );
  const length = element(0x00020000, "UL", build.u32(meta.length));
  const whole = bytes(new Uint8Array(128), "DICM", length, meta, dataset);
  const expected = "DICOMDIR 1 patient, 2 studies, 3 series, 1 instance";
  await described(whole, expected);
});

Deno.test("describeFile() says that a file is damaged and where", async () => {
  const whole = file(build.image());
  await described(
    whole.subarray(0, whole.length - 1),
    `${IMAGE} (truncated at byte ${whole.length - 1})`,
  );
  const bad = bytes(
    element(0x00080060, "CS", "RTPLAN"),
    element(0x300A00B0, "SQ", "no items", EXPLICIT, build.UNDEFINED),
  );
  const line = await describeFile(file(bad));
  assert.match(line, /^RTPLAN 0 beams \(damaged at byte \d+\)$/);
});

Deno.test("describeFile() shows no control characters of hostile names", async () => {
  const hostile = bytes(
    element(0x00080005, "CS", "ISO_IR 192"),
    element(0x00080060, "CS", "CT"),
    element(0x0008103E, "LO", text("a\x07\u202Egpj")),
    element(0x00100010, "PN", "x".repeat(500)),
  );
  const line = await describeFile(file(hostile));
  assert.equal(line, `CT a\\x07\\u202egpj ${"x".repeat(63)}…`);
});

Deno.test("printable() leaves no control characters and keeps its limit", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    const shown = printable(value, 20);
    assert.doesNotMatch(shown, /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
    assert.ok(shown.length <= 20);
    assert.ok(shown.isWellFormed());
  }));
  assert.equal(printable("Łucja \u0645\u0631\u062D"), "Łucja \u0645\u0631\u062D");
});

function nifti1(): Uint8Array {
  const data = new Uint8Array(352);
  const view = new DataView(data.buffer);
  view.setInt32(0, 348, true);
  [4, 192, 152, 20, 3].forEach((size, axis) => view.setInt16(40 + 2 * axis, size, true));
  view.setInt16(70, 4, true);
  [1.2, 1.2, 3].forEach((size, axis) => view.setFloat32(80 + 4 * axis, size, true));
  view.setUint8(123, 2);
  data.set(text("n+1\0"), 344);
  return data;
}

Deno.test("describeFile() describes NIfTI, also compressed", async () => {
  const expected = "NIfTI-1 192x152x20x3 int16 1.2x1.2x3 mm";
  await described(nifti1(), expected);
  const noise = crypto.getRandomValues(new Uint8Array(50_000));
  const compressed = await build.deflate(bytes(nifti1(), noise), "gzip");
  await described(compressed, expected);
  const source = build.CountingSource.of(compressed, compressed.length);
  await describeFile(source);
  assert.ok(source.bytesRead <= 8 * 1024);
});

Deno.test("describeFile() describes NIfTI-2 in big endian", async () => {
  const data = new Uint8Array(544);
  const view = new DataView(data.buffer);
  view.setInt32(0, 540);
  data.set(text("n+2\0"), 4);
  view.setInt16(12, 16);
  [3, 64, 64, 30].forEach((size, axis) => view.setBigInt64(16 + 8 * axis, BigInt(size)));
  [2, 2, 2.5].forEach((size, axis) => view.setFloat64(112 + 8 * axis, size));
  view.setInt32(500, 2);
  await described(data, "NIfTI-2 64x64x30 float32 2x2x2.5 mm");
  await described(data.subarray(0, 400), "NIfTI (truncated)");
});

Deno.test("describeFile() describes NRRD and MetaImage by their headers", async () => {
  const nrrd = "NRRD0005\n# x\ntype: short\ndimension: 3\nsizes: 192 152 20\n";
  await described(text(`${nrrd}\n\x00\x01`), "NRRD 192x152x20 short");
  const segments = "Segment0_ID:=a\nSegment1_ID:=b\n";
  await described(
    text(`${nrrd}${segments}\n`),
    "NRRD segmentation 192x152x20 short 2 segments",
  );
  await described(
    text(
      "ObjectType = Image\nNDims = 3\nElementSpacing = 1 1 2.5\n" +
        "DimSize = 64 64 8\nElementType = MET_SHORT\nElementDataFile = LOCAL\n\x00",
    ),
    "MetaImage 64x64x8 short 1x1x2.5 mm",
  );
});

function zip(entries: number, comment = ""): Uint8Array {
  return bytes(
    "PK\x03\x04",
    new Uint8Array(2000),
    "PK\x05\x06",
    [0, 0, 0, 0],
    build.u16(entries),
    build.u16(entries),
    new Uint8Array(8),
    build.u16(comment.length),
    comment,
  );
}

Deno.test("describeFile() counts the members of a zip file", async () => {
  const data = zip(48);
  assert.equal(await describeFile(data), "zip, 48 entries, 2.0 kB");
  assert.equal(await describeFile(zip(1)), "zip, 1 entry, 2.0 kB");
  const long = await describeFile(zip(3, "c".repeat(60_000)));
  assert.equal(long, "zip, 3 entries, 62 kB");
  const cut = await describeFile(data.subarray(0, 2000));
  assert.equal(cut, "zip, 2.0 kB (truncated)");
});

Deno.test("describeFile() counts the members of a zip64 file", async () => {
  const u64 = (value: number) => bytes(build.u32(value), build.u32(0));
  const start = bytes("PK\x03\x04", new Uint8Array(996));
  const record = bytes(
    "PK\x06\x06",
    u64(44),
    new Uint8Array(12),
    u64(70_000),
    u64(70_000),
    new Uint8Array(16),
  );
  const locator = bytes("PK\x06\x07", new Uint8Array(4), u64(1000), build.u32(1));
  const end = zip(0xFFFF).subarray(2004);
  const whole = bytes(start, record, locator, end);
  assert.equal(await describeFile(whole), "zip, 70000 entries, 1.1 kB");
});

Deno.test("describeFile() describes other files in a few words", async () => {
  const png = bytes(
    "\x89PNG\r\n\x1a\n",
    new Uint8Array(8),
    build.u32(640, false),
    build.u32(480, false),
  );
  const jpeg = bytes(
    [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0],
    [0xFF, 0xC0, 0, 11, 8, 1, 0xE0, 2, 0x80, 1],
  );
  const cases: [Uint8Array, string][] = [
    [png, "PNG 480x640"],
    [jpeg, "JPEG 480x640"],
    [text("%PDF-1.7\n"), "PDF 1.7, 9 bytes"],
    [text('{"a": [1, 2], "b": {}}'), "JSON object with 2 keys"],
    [text("[1]"), "JSON array of 1 element"],
    [text('{"a": '), "text, 6 bytes"],
    [text("hello, world\n"), "text, 13 bytes"],
    [new Uint8Array(0), "empty file"],
    [new Uint8Array(1500), "unknown binary, 1.5 kB"],
  ];
  for (const [data, expected] of cases) {
    assert.equal(await describeFile(data), expected);
  }
});

Deno.test("describeFile() does not parse JSON of more than 1 MiB", async () => {
  const big = text(`{"a": "${"x".repeat(2_000_000)}"}`);
  assert.equal(await describeFile(big), "JSON, 2.0 MB");
});

Deno.test("withoutTail() is what the end of a text without some characters is, also of a very long one", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", " ", ".", "\n") }), (text) => {
    assert.equal(withoutTail(text, /[. ]/), text.replace(/[. ]+$/, ""));
  }));
  // By a regular expression that would take hours.
  const long = `${" ".repeat(5_000_000)}x`;
  assert.equal(withoutTail(`${long}  `, /[. ]/), long);
});
