import { strict as assert } from "node:assert";
import { FormatError, parseDicomHeader, readDicomHeader } from "../../../formats/mod.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";
import * as build from "../_builder.ts";

const { bytes, element, EXPLICIT, file, SYNTAX } = build;

Deno.test("readDicomHeader() reads a deflated dataset from a source", async () => {
  const dataset = build.image();
  const whole = file(await build.deflate(dataset), SYNTAX.deflated);
  const header = await readDicomHeader(build.CountingSource.of(whole));
  assert.equal(header.number("Rows"), 4);
  assert.equal(header.deflated, true);
  assert.equal(header.pixelData?.valuePosition, dataset.length - 16);
  assert.deepEqual(header.warnings, []);
});

Deno.test("readDicomHeader() takes zlib's wrapping and data that is not deflated", async () => {
  const wrapped = await build.deflate(build.image(), "deflate");
  const zlib = await readDicomHeader(file(wrapped, SYNTAX.deflated));
  assert.equal(zlib.string("Modality"), "MR");
  const plain = await readDicomHeader(file(build.image(), SYNTAX.deflated));
  assert.equal(plain.string("Modality"), "MR");
  assert.equal(plain.deflated, false);
  assert.deepEqual(plain.warnings.map(({ code }) => code), ["encoding"]);
});

Deno.test("readDicomHeader() stops inflating at the pixel data", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const pixels = bytes(...Array.from({ length: 40 }, () => noise));
  const dataset = bytes(
    element(0x00080060, "CS", "MR"),
    element(0x7FE00010, "OW", pixels),
  );
  const whole = file(await build.deflate(dataset), SYNTAX.deflated);
  const source = build.CountingSource.of(whole);
  const header = await readDicomHeader(source);
  assert.equal(header.pixelData?.length, pixels.length);
  assert.ok(source.bytesRead < 100_000, `${source.bytesRead} bytes read`);
});

Deno.test("readDicomHeader() bounds a deflate bomb of 100 MB", async () => {
  const zeros = 100_000_000;
  const bomb = bytes(
    element(0x00080060, "CS", "MR"),
    element(0x00291010, "OB", "", EXPLICIT, zeros),
  );
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller): void {
      controller.enqueue(new Uint8Array(bomb));
      for (let at = 0; at < zeros; at += 10_000_000) {
        controller.enqueue(new Uint8Array(10_000_000));
      }
      controller.close();
    },
  });
  const deflated = await new Response(
    stream.pipeThrough(new CompressionStream("deflate-raw")),
  ).arrayBuffer();
  const whole = file(new Uint8Array(deflated), SYNTAX.deflated);
  const header = await readDicomHeader(whole);
  assert.equal(header.damage?.code, "limit");
  assert.equal(header.string("Modality"), "MR");
  await assert.rejects(
    readDicomHeader(whole, { strict: true }),
    (error) => error instanceof FormatError && error.kind === "LimitExceeded",
  );
});

Deno.test("readDicomHeader() notes damage and truncation of deflated data", async () => {
  const filler = crypto.getRandomValues(new Uint8Array(40_000));
  const extra = element(0x00291010, "OB", filler);
  const deflated = await build.deflate(build.image(EXPLICIT, extra));
  const cut = file(deflated.subarray(0, 20_000), SYNTAX.deflated);
  const header = await readDicomHeader(cut);
  assert.equal(header.number("Rows"), 4);
  assert.equal(header.damage?.code, "truncated");
  const garbage = file(new Uint8Array(100).fill(0xFF), SYNTAX.deflated);
  assert.ok((await readDicomHeader(garbage)).damage);
});

Deno.test("parseDicomHeader() throws NotSupported for a deflated dataset", async () => {
  const whole = file(await build.deflate(build.image()), SYNTAX.deflated);
  assert.throws(
    () => parseDicomHeader(whole),
    (error) => error instanceof FormatError && error.kind === "NotSupported",
  );
});

Deno.test("readDicomHeader() takes the padding after a deflated dataset for what it is, and a cut for damage", async () => {
  let padded = 0;
  for (let n = 1; n < 40; n++) {
    const dataset = { PatientComments: "ab".repeat(n) + Math.sin(n), Rows: n };
    const whole = writeDicomFile(dataset, { transferSyntaxUID: SYNTAX.deflated });
    if (whole.at(-1) === 0) padded++;
    const header = await readDicomHeader(whole);
    assert.equal(header.number("Rows"), n);
    assert.deepEqual(header.warnings, []);
    const cut = await readDicomHeader(whole.subarray(0, -6));
    assert.deepEqual(cut.warnings.map(({ code }) => code).includes("truncated"), true, `${n}`);
  }
  assert(padded > 5);
});
