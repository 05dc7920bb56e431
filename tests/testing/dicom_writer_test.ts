import { strict as assert } from "node:assert";
import { inflateRawSync } from "node:zlib";
import { parseDicomHeader } from "../../formats/mod.ts";
import { writeDicomDataset, writeDicomFile } from "../../testing/dicom_writer.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const LITTLE = "1.2.840.10008.1.2.1";
const BIG = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const JPEG = "1.2.840.10008.1.2.4.50";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}

Deno.test("writeDicomDataset() writes the bytes of PS3.5 §7.1 in each encoding", () => {
  const dataset = { Rows: 192, PatientID: "A" };
  const rows = [
    [LITTLE, "10 00 20 00 4c 4f 02 00 41 20 28 00 10 00 55 53 02 00 c0 00"],
    [BIG, "00 10 00 20 4c 4f 00 02 41 20 00 28 00 10 55 53 00 02 00 c0"],
    [IMPLICIT, "10 00 20 00 02 00 00 00 41 20 28 00 10 00 02 00 00 00 c0 00"],
  ] as const;
  for (const [transferSyntaxUID, expected] of rows) {
    assert.equal(hex(writeDicomDataset(dataset, { transferSyntaxUID })), expected);
  }
});

Deno.test("writeDicomDataset() pads UIDs with zero, text with space, words not at all", () => {
  const rows = [
    [{ SOPInstanceUID: "1.2" }, "08 00 18 00 55 49 04 00 31 2e 32 00"],
    [{ PatientSex: "O" }, "10 00 40 00 43 53 02 00 4f 20"],
    [{ PixelData: Uint8Array.of(7) }, "e0 7f 10 00 4f 42 00 00 02 00 00 00 07 00"],
    [{ PixelData: Uint16Array.of(258) }, "e0 7f 10 00 4f 57 00 00 02 00 00 00 02 01"],
    [{ PatientName: "" }, "10 00 10 00 50 4e 00 00"],
    [{ FrameIncrementPointer: 0x00181063 }, "28 00 09 00 41 54 04 00 18 00 63 10"],
  ] as const;
  for (const [dataset, expected] of rows) {
    assert.equal(hex(writeDicomDataset(dataset)), expected);
  }
});

Deno.test("writeDicomFile() nests sequences with defined and undefined lengths", () => {
  const dataset = {
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
    SOPInstanceUID: "2.25.1",
    ReferencedSeriesSequence: [
      { SeriesInstanceUID: "1.1", ReferencedSOPSequence: [{ ReferencedSOPInstanceUID: "1.1.1" }] },
      { SeriesInstanceUID: "1.2", ReferencedSOPSequence: [] },
    ],
    Rows: 3,
  };
  for (const undefinedLengths of [false, true]) {
    for (const transferSyntaxUID of [IMPLICIT, LITTLE, BIG]) {
      const file = writeDicomFile(dataset, { undefinedLengths, transferSyntaxUID });
      const header = parseDicomHeader(file, { strict: true });
      const [first, second] = header.sequence("ReferencedSeriesSequence");
      assert.equal(header.string("TransferSyntaxUID"), transferSyntaxUID);
      assert.equal(second?.string("SeriesInstanceUID"), "1.2");
      assert.equal(
        first?.sequence("ReferencedSOPSequence")[0]?.string("ReferencedSOPInstanceUID"),
        "1.1.1",
      );
      assert.equal(second?.sequence("ReferencedSOPSequence").length, 0);
      assert.equal(header.number("Rows"), 3);
      assert.equal(file.length % 2, 0);
    }
  }
});

Deno.test("writeDicomFile() encapsulates frames of odd length", () => {
  const file = writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
    SOPInstanceUID: "2.25.1",
    PixelData: [new Uint8Array(), Uint8Array.of(1, 2, 3)],
  }, { transferSyntaxUID: JPEG });
  const { pixelData } = parseDicomHeader(file, { strict: true });
  assert.equal(pixelData?.length, undefined);
  assert.equal(
    hex(file.subarray(pixelData!.valuePosition)),
    "fe ff 00 e0 00 00 00 00 fe ff 00 e0 04 00 00 00 01 02 03 00 fe ff dd e0 00 00 00 00",
  );
});

Deno.test("writeDicomDataset() keeps decimal strings within 16 characters", () => {
  const values = [Math.PI, -Math.PI * 1e-9, 1 / 3, 123456789012345680, -0.1];
  const header = parseDicomHeader(
    writeDicomDataset({ ImagePositionPatient: values }),
    { transferSyntaxUID: LITTLE },
  );
  for (const [i, text] of header.strings("ImagePositionPatient").entries()) {
    assert.ok(text.length <= 16, text);
    assert.ok(Math.abs(Number(text) / values[i]! - 1) < 1e-8, text);
  }
});

Deno.test("writeDicomDataset() refuses what it cannot write", () => {
  const wrong = [
    { NoSuchAttribute: "1" },
    { PatientName: "Jörg" },
    { SpecificCharacterSet: "ISO_IR 100", PatientName: "山田" },
    { PatientComments: "x".repeat(0x10000) },
  ];
  for (const dataset of wrong) {
    assert.throws(() => writeDicomDataset(dataset), TypeError);
  }
});

Deno.test("writeDicomDataset() lets a value say its own VR", () => {
  assert.equal(
    hex(writeDicomDataset({ "00091001": { vr: "FD", value: 1 } })),
    "09 00 01 10 46 44 08 00 00 00 00 00 00 00 f0 3f",
  );
});

Deno.test("writeDicomDataset() deflates to an even length (PS3.5 §A.5)", () => {
  for (let length = 1; length < 9; length++) {
    const dataset = { PatientComments: "12345678".slice(0, length) };
    const deflated = writeDicomDataset(dataset, { transferSyntaxUID: DEFLATED });
    assert.equal(deflated.length % 2, 0);
    assert.equal(hex(inflateRawSync(deflated)), hex(writeDicomDataset(dataset)));
  }
});

Deno.test("writeDicomDataset() grows at any place, also in the middle of a number", () => {
  for (let length = 0; length < 600; length += 2) {
    const dataset = writeDicomDataset({
      StudyDescription: "x".repeat(length),
      ReferencedImageSequence: [{ Rows: 1 }],
      Columns: 7,
    });
    assert.equal(parseDicomHeader(dataset, { transferSyntaxUID: LITTLE }).number("Columns"), 7);
  }
});
