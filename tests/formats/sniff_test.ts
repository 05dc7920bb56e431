import { strict as assert } from "node:assert";
import fc from "fast-check";
import { isDicom, sniff } from "../../formats/mod.ts";
import * as build from "./_builder.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const CASES: [string, string, Uint8Array][] = [
  ["DICOM", "dicom", build.file(build.image())],
  ["DICOM without preamble", "dicom", build.image(build.IMPLICIT)],
  ["DICOM without preamble in big endian", "dicom", build.image(build.BIG)],
  ["an empty file", "empty", new Uint8Array(0)],
  ["a text", "text", text("Grüße\n")],
  ["a JSON object", "json", text(' {"a": 1}')],
  ["a JSON array", "json", text("[1, 2]")],
  ["text in brackets", "text", text("[section]\nkey=value")],
  ["a zip file", "zip", text("PK\x03\x04....")],
  ["an empty zip file", "zip", build.bytes("PK\x05\x06", new Uint8Array(18))],
  ["a PNG", "png", build.bytes("\x89PNG\r\n\x1a\n", new Uint8Array(20))],
  ["a JPEG", "jpeg", build.bytes([0xFF, 0xD8, 0xFF, 0xE0])],
  ["a JPEG 2000 codestream", "jpeg2000", build.bytes([0xFF, 0x4F, 0xFF, 0x51])],
  ["a JP2 file", "jpeg2000", build.bytes([0, 0, 0, 12], "jP  \r\n\x87\n")],
  ["a PDF", "pdf", text("%PDF-1.7\n")],
  ["a tar file", "tar", build.bytes(new Uint8Array(257), "ustar\0")],
  ["an NRRD", "nrrd", text("NRRD0004\ntype: short\n")],
  ["a MetaImage", "metaimage", text("ObjectType = Image\nNDims = 3\n")],
  ["zeros", "unknown", new Uint8Array(2000)],
  ["bytes that are all FF", "unknown", new Uint8Array(2000).fill(0xFF)],
];

for (const [name, format, data] of CASES) {
  Deno.test(`sniff() recognises ${name}`, async () => {
    assert.equal((await sniff(data)).format, format);
    const source = build.CountingSource.of(data);
    assert.equal((await sniff(source)).format, format);
    assert.equal(source.reads, 1);
  });
}

Deno.test("sniff() looks into gzip files", async () => {
  const tar = build.bytes(new Uint8Array(257), "ustar\0", new Uint8Array(900));
  const found = await sniff(await build.deflate(tar, "gzip"));
  assert.deepEqual(found, {
    format: "tar",
    mediaType: "application/gzip",
    compression: "gzip",
  });
  const plain = await sniff(await build.deflate(text("hello"), "gzip"));
  assert.equal(plain.format, "gzip");
  const damaged = await sniff(build.bytes([0x1F, 0x8B, 8], new Uint8Array(50)));
  assert.equal(damaged.format, "gzip");
});

Deno.test("sniff() does not end in the middle of a character", async () => {
  const found = await sniff(text("x" + "é".repeat(1000)));
  assert.equal(found.format, "text");
});

Deno.test("isDicom() mistakes no random bytes for DICOM", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 1024 }),
      (data) => assert.equal(isDicom(data), false),
    ),
    { numRuns: 1000 },
  );
});

Deno.test("isDicom() mistakes no small numbers for DICOM", () => {
  const small = fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 200 });
  const once: [number[], number][] = [
    [[30, 4, 0, 31, 4], 4],
    [[8, 4, 0, 16, 4, 0, 24, 4, 0], 4],
    [[22, 1, 0, 0], 2],
    [[2, 22, 0, 0, 3, 1, 0, 1], 2],
  ];
  fc.assert(
    fc.property(small, fc.constantFrom(1, 2, 4), (numbers, width) => {
      const data = new Uint8Array(numbers.length * width);
      numbers.forEach((value, index) => data[index * width] = value);
      assert.equal(isDicom(data), false);
    }),
    // One in a hundred thousand or so is a dataset, such as 8, 5, 4, 0, 0, 0, so the sample is always the same.
    { numRuns: 5000, seed: 1, examples: once },
  );
});

Deno.test("isDicom() mistakes no text and no JSON for DICOM", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (value) => {
      fc.pre(value.charCodeAt(0) > 0x1F);
      assert.equal(isDicom(text(value)), false);
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.json(), (value) => assert.equal(isDicom(text(value)), false)),
  );
});
