import { strict as assert } from "node:assert";
import {
  type DicomHeader,
  FormatError,
  parseDicomHeader,
  readDicomHeader,
} from "../../../formats/mod.ts";
import * as build from "../_builder.ts";

const { bytes, element, EXPLICIT, file, IMPLICIT, item, sequence } = build;

function codes(header: DicomHeader): string[] {
  return header.warnings.map(({ code }) => code);
}

const SYNTAXES = [
  ["implicit little endian", build.SYNTAX.implicit, IMPLICIT],
  ["explicit little endian", build.SYNTAX.explicit, EXPLICIT],
  ["explicit big endian", build.SYNTAX.big, build.BIG],
] as const;

for (const [name, syntax, encoding] of SYNTAXES) {
  Deno.test(`parseDicomHeader() reads ${name}`, () => {
    const little = encoding.littleEndian;
    const nested = item(element(0x00080060, "CS", "CT", encoding), encoding);
    const wave = element(0x00281052, "DS", "1.5\\-2", encoding);
    const extra = bytes(
      wave,
      sequence(0x00400275, [nested, nested], { encoding, open: true }),
      sequence(0x00400555, [nested], { encoding }),
    );
    const header = parseDicomHeader(file(build.image(encoding, extra), syntax));
    assert.equal(header.string("Modality"), "MR");
    assert.equal(header.number("Rows"), 4);
    assert.equal(header.transferSyntaxUID, syntax);
    assert.deepEqual(header.encoding, encoding);
    assert.deepEqual(header.get("RescaleIntercept"), [1.5, -2]);
    const items = header.sequence("00400275");
    assert.deepEqual(items.map((one) => one.string("Modality")), ["CT", "CT"]);
    assert.equal(header.sequence("00400555").length, 1);
    assert.equal(header.pixelData?.length, 16);
    assert.equal(header.element("Rows")?.littleEndian, little);
    assert.deepEqual(header.warnings, []);
  });

  Deno.test(`parseDicomHeader() recognises ${name} without preamble`, () => {
    const header = parseDicomHeader(build.image(encoding));
    assert.equal(header.string("PatientName"), "PHANTOM^T1");
    assert.equal(header.transferSyntaxUID, syntax);
    assert.deepEqual(codes(header), ["meta"]);
  });

  Deno.test(`parseDicomHeader() guesses ${name} without TransferSyntaxUID`, () => {
    const meta = element(0x00020002, "UI", "1.2");
    const length = element(0x00020000, "UL", build.u32(meta.length));
    const whole = bytes(
      new Uint8Array(128),
      "DICM",
      length,
      meta,
      build.image(encoding),
    );
    const header = parseDicomHeader(whole);
    assert.equal(header.number("Columns"), 2);
    assert.deepEqual(codes(header), ["meta"]);
  });

  Deno.test(`parseDicomHeader() reads a bare dataset in ${name}`, () => {
    const dataset = element(0x00200013, "IS", "7", encoding);
    const options = { transferSyntaxUID: syntax };
    const header = parseDicomHeader(dataset, options);
    assert.equal(header.number("InstanceNumber"), 7);
    assert.deepEqual(header.warnings, []);
  });
}

Deno.test("parseDicomHeader() reads file meta information in implicit VR", () => {
  const meta = element(0x00020010, "UI", build.SYNTAX.explicit, IMPLICIT);
  const length = element(0x00020000, "UL", build.u32(meta.length), IMPLICIT);
  const whole = bytes(new Uint8Array(128), "DICM", length, meta, build.image());
  const header = parseDicomHeader(whole);
  assert.equal(header.transferSyntaxUID, build.SYNTAX.explicit);
  assert.equal(header.number("Rows"), 4);
  assert.deepEqual(codes(header), ["encoding"]);
});

for (const wrong of [-8, 8]) {
  Deno.test(`parseDicomHeader() survives a meta length wrong by ${wrong}`, () => {
    const syntax = element(0x00020010, "UI", build.SYNTAX.implicit);
    const name = element(0x00020013, "SH", "SOME");
    const meta = bytes(syntax, name);
    const whole = bytes(
      new Uint8Array(128),
      "DICM",
      element(0x00020000, "UL", build.u32(meta.length + wrong)),
      meta,
      build.image(IMPLICIT),
    );
    const header = parseDicomHeader(whole);
    assert.equal(header.number("Rows"), 4);
    assert.ok(codes(header).includes("meta"));
  });
}

Deno.test("parseDicomHeader() finds implicit data under an explicit syntax", () => {
  const header = parseDicomHeader(file(build.image(IMPLICIT)));
  assert.equal(header.string("PatientName"), "PHANTOM^T1");
  assert.deepEqual(codes(header), ["encoding"]);
});

Deno.test("parseDicomHeader() finds explicit data under the implicit syntax", () => {
  const header = parseDicomHeader(file(build.image(), build.SYNTAX.implicit));
  assert.equal(header.string("PatientName"), "PHANTOM^T1");
  assert.deepEqual(codes(header), ["encoding"]);
});

Deno.test("parseDicomHeader() finds one implicit sequence in explicit data", () => {
  const nested = item(element(0x00080060, "CS", "CT", IMPLICIT));
  const header = parseDicomHeader(
    file(build.image(EXPLICIT, sequence(0x00400275, [nested]))),
  );
  assert.equal(header.sequence("00400275")[0]?.string("Modality"), "CT");
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() finds an open implicit sequence with items, or without, in explicit data", () => {
  const nested = item(element(0x00080060, "CS", "CT", IMPLICIT));
  for (const items of [[nested], []]) {
    const open = sequence(0x00400275, items, { encoding: IMPLICIT, open: true });
    const header = parseDicomHeader(file(build.image(EXPLICIT, open)));
    const found = header.sequence("00400275").map((each) => each.string("Modality"));
    assert.deepEqual(found, items.map(() => "CT"));
    assert.equal(header.pixelData?.length, 16);
  }
});

Deno.test("parseDicomHeader() reads UN of undefined length as implicit items", () => {
  const nested = item(element(0x00080060, "CS", "CT", IMPLICIT));
  const unknown = sequence(0x00291010, [nested], { open: true, vr: "UN" });
  const header = parseDicomHeader(file(build.image(EXPLICIT, unknown)));
  const [found] = header.sequence("00291010");
  assert.equal(found?.string("Modality"), "CT");
  assert.equal(header.element("00291010")?.vr, "SQ");
  assert.deepEqual(header.warnings, []);
});

Deno.test("parseDicomHeader() gives standard elements in UN their VR", () => {
  const unknown = element(0x00281050, "UN", "40 ");
  const header = parseDicomHeader(file(build.image(EXPLICIT, unknown)));
  assert.equal(header.element("WindowCenter")?.vr, "DS");
  assert.equal(header.number("WindowCenter"), 40);
});

Deno.test("parseDicomHeader() resolves US or SS by PixelRepresentation", () => {
  const smallest = element(0x00280106, "US", [0xFE, 0xFF], IMPLICIT);
  const signed = element(0x00280103, "US", [1, 0], IMPLICIT);
  const syntax = { transferSyntaxUID: build.SYNTAX.implicit };
  const first = parseDicomHeader(bytes(signed, smallest), syntax);
  assert.equal(first.number("SmallestImagePixelValue"), -2);
  assert.equal(first.element("SmallestImagePixelValue")?.vr, "SS");
  const second = parseDicomHeader(smallest, syntax);
  assert.equal(second.number("SmallestImagePixelValue"), 65534);
});

Deno.test("privateElement() finds a block wherever it was reserved", () => {
  const block = bytes(
    element(0x00290010, "LO", "OTHER"),
    element(0x00290011, "LO", "ACME"),
    element(0x00291008, "LO", "no"),
    element(0x00291108, "LO", "yes"),
  );
  const header = parseDicomHeader(file(build.image(EXPLICIT, block)));
  const found = header.privateElement("ACME", 0x0029, 0x08);
  assert.equal(found?.value, "yes");
  assert.equal(found?.privateCreator, "ACME");
  assert.equal(header.privateElement("NOBODY", 0x0029, 0x08), undefined);
});

for (const vr of ["  ", "ZZ", "\0\0"]) {
  Deno.test(`parseDicomHeader() steps over the VR ${JSON.stringify(vr)}`, () => {
    const odd = vr === "\0\0"
      ? element(0x00280106, "US", [1, 0], IMPLICIT)
      : element(0x00280106, vr, [1, 0]);
    const header = parseDicomHeader(file(build.image(EXPLICIT, odd)));
    assert.equal(header.number("SmallestImagePixelValue"), 1);
    assert.equal(header.pixelData?.length, 16);
  });
}

Deno.test("parseDicomHeader() skips encapsulated data that is not PixelData", () => {
  const fragments = bytes(
    element(0x00420011, "OB", "", EXPLICIT, build.UNDEFINED),
    item(new Uint8Array(0)),
    item(new Uint8Array(10)),
    build.delimiter(0xE0DD),
  );
  const header = parseDicomHeader(file(build.image(EXPLICIT, fragments)));
  assert.equal(header.element("00420011")?.length, undefined);
  assert.equal(header.get("00420011"), undefined);
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() goes past the pixel data of an icon", () => {
  const icon = item(element(0x7FE00010, "OW", new Uint8Array(8)));
  const extra = sequence(0x00880200, [icon]);
  const header = parseDicomHeader(file(build.image(EXPLICIT, extra)));
  const [found] = header.sequence("IconImageSequence");
  assert.deepEqual(found?.get("PixelData"), new Uint8Array(8));
  assert.equal(header.pixelData?.length, 16);
});

Deno.test("parseDicomHeader() stops at encapsulated pixel data", () => {
  const pixels = bytes(
    element(0x00280010, "US", [4, 0]),
    element(0x7FE00010, "OB", "", EXPLICIT, build.UNDEFINED),
    "not even an item",
  );
  const header = parseDicomHeader(file(pixels, build.SYNTAX.jpeg));
  assert.equal(header.pixelData?.length, undefined);
  assert.equal(header.pixelData?.vr, "OB");
  assert.deepEqual(header.warnings, []);
});

Deno.test("readDicomHeader() stops after `until`", async () => {
  const source = file(build.image());
  const header = await readDicomHeader(source, { until: "Modality" });
  assert.equal(header.string("Modality"), "MR");
  assert.equal(header.has("PatientName"), false);
  assert.equal(header.complete, false);
  const meta = await readDicomHeader(source, { until: "TransferSyntaxUID" });
  assert.equal(meta.transferSyntaxUID, build.SYNTAX.explicit);
  assert.equal(meta.elements.length, 0);
});

Deno.test("readDicomHeader() reads a long header in growing steps", async () => {
  const comments = Array.from(
    { length: 200 },
    (_, index) => element(0x00291001 + index, "LT", "x".repeat(4000)),
  );
  const whole = file(build.image(EXPLICIT, bytes(...comments)));
  for (const size of [whole.length, undefined]) {
    const source = build.CountingSource.of(whole, size);
    const header = await readDicomHeader(source);
    assert.equal(header.elements.length, 212);
    assert.equal(header.string("002910C8"), "x".repeat(4000));
    assert.deepEqual(header.warnings, []);
    assert.ok(source.reads <= 8, `${source.reads} reads`);
    assert.equal(header.bytesRead, source.bytesRead);
    assert.ok(source.bytesRead <= whole.length);
  }
});

Deno.test("readDicomHeader() skips 50 MB before the pixel data unread", async () => {
  const blob = 50_000_000;
  const head = file(bytes(
    element(0x00080060, "CS", "MR"),
    element(0x00290010, "LO", "ACME"),
    element(0x00291010, "OB", "", EXPLICIT, blob),
  ));
  const tail = bytes(
    element(0x00400310, "ST", "after"),
    element(0x7FE00010, "OW", "", EXPLICIT, 1000),
  );
  const whole = head.length + blob + tail.length + 1000;
  const source = new build.CountingSource(whole, (start, end) => {
    const part = new Uint8Array(Math.max(0, Math.min(end, whole) - start));
    part.set(head.subarray(start, end));
    const from = start - head.length - blob;
    if (from >= 0) part.set(tail.subarray(from, from + part.length));
    return part;
  });
  const header = await readDicomHeader(source);
  assert.equal(header.string("00400310"), "after");
  assert.equal(header.element("00291010")?.length, blob);
  assert.equal(header.element("00291010")?.bytes, undefined);
  assert.equal(header.pixelData?.length, 1000);
  assert.ok(source.bytesRead < 40_000, `${source.bytesRead} bytes read`);
  assert.equal(source.reads, 2);
});

Deno.test("readDicomHeader() throws NotSupported for what is not DICOM", async () => {
  await assert.rejects(
    readDicomHeader(new TextEncoder().encode("plain text, long enough")),
    (error) => error instanceof FormatError && error.kind === "NotSupported",
  );
});

Deno.test("readDicomHeader() passes on the error of a source", async () => {
  const failing = {
    read: () => Promise.reject(new RangeError("Disk is on fire")),
  };
  await assert.rejects(readDicomHeader(failing), RangeError);
});
