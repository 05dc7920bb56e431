import { strict as assert } from "node:assert";
import fc from "fast-check";
import { bytesSource, FormatError } from "../../formats/mod.ts";
import { readPicture } from "../../pictures/mod.ts";
import { imageFile, IMAGES, someWords } from "./images.ts";

const BYTES = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
const RLE = "1.2.840.10008.1.2.5";

function kindOf(kind: string, reason: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FormatError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, reason);
    return true;
  };
}

/** A row of pixels, as shown. */
async function row(
  values: number[],
  attributes: Parameters<typeof imageFile>[0] = {},
): Promise<number[]> {
  const file = imageFile({
    Rows: 1,
    Columns: values.length,
    PixelData: Uint16Array.from(values),
    ...attributes,
  });
  return [...(await readPicture(file)).data];
}

Deno.test("readPicture() maps a window by the formula of PS3.3 §C.11.2.1.2", async () => {
  // Width 5 around 3: black to 0.5, white from above 4.5.
  const window = { WindowCenter: 3, WindowWidth: 5 };
  assert.deepEqual(await row([0, 1, 2, 3, 4, 5], window), [0, 32, 96, 159, 223, 255]);
  const exact = { ...window, WindowCenter: 2.5, VOILUTFunction: "LINEAR_EXACT" };
  assert.deepEqual(await row([0, 1, 2, 3, 4, 5], exact), [0, 51, 102, 153, 204, 255]);
  const step = { WindowCenter: 3, WindowWidth: 1 };
  assert.deepEqual(await row([1, 2, 3, 4], step), [0, 0, 255, 255]);
});

Deno.test("readPicture() takes the window asked for before that of the image, in modality values", async () => {
  const file = imageFile({
    Rows: 1,
    Columns: 2,
    RescaleIntercept: -1000,
    RescaleSlope: 1,
    WindowCenter: 5,
    WindowWidth: 1,
    PixelData: Uint16Array.of(1000, 2000),
  });
  const picture = await readPicture(file, { window: { center: 1000, width: 100 } });
  assert.deepEqual([...picture.data], [0, 129]);
  assert.deepEqual(picture.window, { center: 1000, width: 100 });
});

Deno.test("readPicture() cuts bits above and below those stored", async () => {
  const attributes = { BitsStored: 4, HighBit: 7, WindowCenter: 8, WindowWidth: 16 };
  const shown = await row([0xF000, 0xF0F0, 0x000F, 0x0080], attributes);
  assert.deepEqual(shown, [0, 255, 0, 136]);
});

Deno.test("readPicture() shows padding black, and does not count it", async () => {
  const attributes = { PixelPaddingValue: 0, PhotometricInterpretation: "MONOCHROME1" };
  assert.deepEqual(await row([0, 0, 0, 0, 0, 0, 100, 200], attributes), [0, 0, 0, 0, 0, 0, 255, 0]);
});

Deno.test("readPicture() shows the middle frame, or the one asked for, and reads no other", async () => {
  const file = imageFile({
    Rows: 100,
    Columns: 100,
    ...BYTES,
    WindowCenter: 128,
    WindowWidth: 256,
    NumberOfFrames: 5,
    PixelData: Uint8Array.from({ length: 50_000 }, (_, i) => Math.floor(i / 10_000) * 50),
  });
  const reads: [number, number][] = [];
  const source = {
    read: (start: number, end: number) => {
      reads.push([start, Math.min(end, file.length)]);
      return bytesSource(file).read(start, end);
    },
  };
  const middle = await readPicture(source);
  assert.deepEqual([middle.frame, middle.frames, middle.data[0]], [3, 5, 100]);
  assert.ok(reads.reduce((sum, [start, end]) => sum + end - start, 0) < 20_000, `${reads}`);
  assert.equal((await readPicture(source, { frame: 5 })).data[9_999], 200);
  for (const frame of [0, 6, 1.5, NaN]) {
    await assert.rejects(readPicture(source, { frame }), TypeError);
  }
});

Deno.test("readPicture() stretches pixels that are not square", async () => {
  const sizes: number[][] = [];
  for (
    const attributes of [
      { PixelSpacing: [2, 1] },
      { PixelAspectRatio: ["1", "3"] },
      { PixelSpacing: [0, 0] },
      { PixelSpacing: [1e9, 1] },
    ]
  ) {
    const file = imageFile({ ...attributes, PixelData: someWords(168, 4096) });
    const { width, height } = await readPicture(file);
    sizes.push([width, height]);
  }
  assert.deepEqual(sizes, [[14, 24], [42, 12], [14, 12], [14, 12]]);
});

Deno.test("readPicture() takes values of enhanced images from their functional groups", async () => {
  const file = imageFile({
    Rows: 1,
    Columns: 2,
    NumberOfFrames: 2,
    SharedFunctionalGroupsSequence: [{
      PixelValueTransformationSequence: [{ RescaleSlope: 10, RescaleIntercept: 0 }],
      FrameVOILUTSequence: [{ WindowCenter: 1, WindowWidth: 1 }],
    }],
    PerFrameFunctionalGroupsSequence: [
      {},
      {
        FrameVOILUTSequence: [{
          WindowCenter: 50,
          WindowWidth: 100,
          VOILUTFunction: "LINEAR_EXACT",
        }],
      },
    ],
    PixelData: Uint16Array.of(0, 0, 2, 6),
  });
  assert.deepEqual([...(await readPicture(file, { frame: 2 })).data], [51, 153]);
});

Deno.test("readPicture() expands segmented palettes", async () => {
  // Discrete 10 20; linear to 40 by 2; the first two segments again.
  const segments = [0, 2, 10 << 8, 20 << 8, 1, 2, 40 << 8, 2, 2, 0, 0];
  const colour = (name: string) => ({
    [`${name}PaletteColorLookupTableDescriptor`]: [8, 0, 16],
    [`Segmented${name}PaletteColorLookupTableData`]: Uint16Array.from(segments),
  });
  const file = imageFile({
    ...BYTES,
    Rows: 1,
    Columns: 8,
    PhotometricInterpretation: "PALETTE COLOR",
    ...colour("Red"),
    ...colour("Green"),
    ...colour("Blue"),
    PixelData: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7),
  });
  const { data } = await readPicture(file);
  const red = [...data].filter((_, at) => at % 3 === 0);
  assert.deepEqual(red, [10, 20, 30, 40, 10, 20, 30, 40]);
});

Deno.test("readPicture() finds frames by the offset table, and by counting without one", async () => {
  const frame = (value: number) => {
    const coded = new Uint8Array(66);
    new DataView(coded.buffer).setUint32(0, 1, true);
    new DataView(coded.buffer).setUint32(4, 64, true);
    coded.set([256 - 3, value], 64);
    return coded;
  };
  const frames = [10, 20, 30].map(frame);
  const halves = frames.flatMap((one) => [one.subarray(0, 34), one.subarray(34)]);
  const attributes = {
    ...BYTES,
    Rows: 2,
    Columns: 2,
    NumberOfFrames: 3,
    WindowCenter: 128,
    WindowWidth: 256,
  };
  const table = new Uint8Array(Uint32Array.of(0, 80, 160).buffer);
  const twoEach = imageFile({ ...attributes, PixelData: [table, ...halves] }, RLE);
  await assert.rejects(readPicture(twoEach), kindOf("Corrupt", /fragment is not where/));
  const right = new Uint8Array(Uint32Array.of(0, 82, 164).buffer);
  const tabled = imageFile({ ...attributes, PixelData: [right, ...halves] }, RLE);
  assert.deepEqual([...(await readPicture(tabled, { frame: 3 })).data], [30, 30, 30, 30]);
  const counted = imageFile({ ...attributes, PixelData: [new Uint8Array(), ...frames] }, RLE);
  assert.equal((await readPicture(counted, { frame: 2 })).data[0], 20);
  const unclear = imageFile({ ...attributes, PixelData: [new Uint8Array(), ...halves] }, RLE);
  await assert.rejects(readPicture(unclear), kindOf("NotSupported", /6 fragments/));
});

Deno.test("readPicture() refuses what is too large, cut, contradictory or not decodable, by kind", async () => {
  const pixels = someWords(168, 4096);
  const file = (attributes: Parameters<typeof imageFile>[0], syntax?: string) =>
    readPicture(imageFile({ PixelData: pixels, ...attributes }, syntax));
  const cases: [Promise<unknown>, string, RegExp][] = [
    [file({ Rows: 65535, Columns: 65535 }), "LimitExceeded", /65535x65535/],
    [file({ Rows: 0 }), "NotSupported", /no image/],
    [file({ PixelData: undefined }), "NotSupported", /no pixels/],
    [file({ Rows: 13 }), "Corrupt", /shorter than the image/],
    [file({ NumberOfFrames: 2 }), "Corrupt", /shorter than the image/],
    [file({ NumberOfFrames: -1 }), "Corrupt", /number of frames/],
    [file({ BitsStored: 17, HighBit: 16 }), "Corrupt", /do not fit/],
    [file({ BitsAllocated: 12 }), "NotSupported", /12 bits/],
    [file({ SamplesPerPixel: 4 }), "NotSupported", /4 samples/],
    [file({ PhotometricInterpretation: "PALETTE COLOR" }), "Corrupt", /table/],
    [
      file({ ...BYTES, SamplesPerPixel: 3, PhotometricInterpretation: "HSV", Rows: 5 }),
      "NotSupported",
      /"HSV"/,
    ],
    [
      file({ PixelData: [new Uint8Array(), new Uint8Array(9)] }, "1.2.840.10008.1.2.4.201"),
      "NotSupported",
      /High-Throughput JPEG 2000 Lossless/,
    ],
    [
      file({ PixelData: [new Uint8Array(), new Uint8Array(9)] }, "1.2.840.10008.1.2.4.90"),
      "Corrupt",
      /compressed frame/,
    ],
    [
      file({ PixelData: [new Uint8Array(), new Uint8Array(9)] }, "1.2.840.10008.1.2.4.80"),
      "Corrupt",
      /compressed frame/,
    ],
    [
      file({ PixelData: [new Uint8Array(), new Uint8Array(9)] }, "1.2.840.10008.1.2.4.50"),
      "Corrupt",
      /compressed frame/,
    ],
    [file({ PixelData: [new Uint8Array(), new Uint8Array(9)] }, RLE), "Corrupt", /RLE/],
  ];
  for (const [promise, kind, reason] of cases) await assert.rejects(promise, kindOf(kind, reason));
});

Deno.test("readPicture() of damaged files makes a picture or throws a FormatError", async () => {
  const files = Object.values(IMAGES);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
      fc.nat(),
      async (file, changes, length) => {
        const damaged = file.slice(0, length % 3 ? file.length : length % file.length);
        for (const [at, byte] of changes) damaged[132 + at % file.length] = byte;
        try {
          const { width, height, channels, data } = await readPicture(damaged, {
            maxPixels: 2 ** 20,
          });
          assert.equal(data.length, width * height * channels);
        } catch (error) {
          assert.ok(error instanceof FormatError, (error as Error).stack);
        }
      },
    ),
    { numRuns: 400 },
  );
});
