import { strict as assert } from "node:assert";
import fc from "fast-check";
import { FormatError } from "../../formats/mod.ts";
import { decodeJpegLossless } from "../../pictures/jpeg_lossless.ts";
import type { ImagePixels } from "../../pictures/image_pixels.ts";
import { encodeLossless, type LosslessInput } from "./lossless_encoder.ts";

const inputs: fc.Arbitrary<LosslessInput> = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 9 }),
  samples: fc.constantFrom(1, 3),
  precision: fc.constantFrom(8, 12, 16),
  predictor: fc.integer({ min: 1, max: 7 }),
  shift: fc.constantFrom(0, 0, 2),
  restartRows: fc.integer({ min: 0, max: 3 }),
}).chain((shape) => {
  const length = shape.rows * shape.columns * shape.samples;
  return fc.uint16Array({ minLength: length, maxLength: length, max: 2 ** shape.precision - 1 })
    .map((values) => ({ ...shape, values: new Uint16Array(values) }));
});

function pixelsOf({ rows, columns, samples, precision }: LosslessInput): ImagePixels {
  return {
    rows,
    columns,
    samples: samples as 1 | 3,
    frames: 1,
    photometric: samples === 3 ? "RGB" : "MONOCHROME2",
    bitsAllocated: precision > 8 ? 16 : 8,
    bitsStored: precision,
    highBit: precision - 1,
    signed: false,
    float: false,
    planar: false,
  };
}

Deno.test("decodeJpegLossless() gives back what was encoded: all predictors, restarts, point transforms", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const { bytes } = decodeJpegLossless(encodeLossless(input), pixelsOf(input));
      const decoded = new Uint16Array(bytes.buffer as ArrayBuffer);
      const expected = input.values.map((value) => value >> input.shift << input.shift);
      assert.deepEqual(decoded, expected);
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeJpegLossless() of damaged streams gives pixels or throws a FormatError", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 });
  fc.assert(
    fc.property(inputs, changes, fc.nat(), (input, changed, length) => {
      const whole = encodeLossless(input);
      const damaged = whole.slice(0, length % 2 ? whole.length : length % whole.length);
      for (const [at, byte] of changed) if (damaged.length > 0) damaged[at % damaged.length] = byte;
      try {
        const { bytes } = decodeJpegLossless(damaged, pixelsOf(input));
        assert.equal(bytes.length, input.values.length * 2);
      } catch (error) {
        assert.ok(error instanceof FormatError, (error as Error).stack);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("decodeJpegLossless() refuses a cut stream, another size and another process", () => {
  const values = Uint16Array.from({ length: 64 }, (_, i) => i * 601 % 4096);
  const input = {
    rows: 8,
    columns: 8,
    samples: 1,
    precision: 12,
    values,
    predictor: 1,
    shift: 0,
    restartRows: 0,
  };
  const stream = encodeLossless(input);
  const pixels = pixelsOf(input);
  const cut = stream.slice(0, stream.length - 20);
  assert.throws(() => decodeJpegLossless(cut, pixels), {
    kind: "Corrupt",
    message: /ends too early/,
  });
  assert.throws(() => decodeJpegLossless(stream, { ...pixels, rows: 9 }), { kind: "Corrupt" });
  const baseline = stream.slice();
  baseline[baseline.indexOf(0xC3, 20)] = 0xC0;
  assert.throws(() => decodeJpegLossless(baseline, pixels), { kind: "NotSupported" });
});
