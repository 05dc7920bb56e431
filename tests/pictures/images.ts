/**
 * Small images of every kind of pixel, as DICOM files.
 *
 * @module
 */

import { type DatasetInput, writeDicomFile } from "../../testing/dicom_writer.ts";
import { seededBytes } from "../../testing/random.ts";

const ROWS = 12;
const COLUMNS = 14;
const COUNT = ROWS * COLUMNS;
const BIG_ENDIAN = "1.2.840.10008.1.2.2";

/** A file of `attributes`, 12 rows of 14 pixels unless they say otherwise. */
export function imageFile(
  attributes: DatasetInput,
  transferSyntaxUID?: string,
): Uint8Array<ArrayBuffer> {
  return writeDicomFile({
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
    SOPInstanceUID: "2.25.1",
    Rows: ROWS,
    Columns: COLUMNS,
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    ...attributes,
  }, { transferSyntaxUID });
}

/** `count` words from 0 to `below`, always the same. */
export function someWords(count: number, below: number): Uint16Array {
  const bytes = seededBytes(7, count * 2);
  return Uint16Array.from(
    { length: count },
    (_, i) => (bytes[i * 2]! * 256 + bytes[i * 2 + 1]!) % below,
  );
}

function someBytes(count: number): Uint8Array {
  return Uint8Array.from(someWords(count, 256));
}

const WORDS = someWords(COUNT, 4096);
const SIGNED = WORDS.map((word) => (word - 2048) & 0xFFFF);
const WINDOW = { WindowCenter: 1000, WindowWidth: 1500 };
const RESCALE = { RescaleSlope: 2, RescaleIntercept: -1024 };
const COLOUR = {
  SamplesPerPixel: 3,
  PhotometricInterpretation: "RGB",
  PlanarConfiguration: 0,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
};
const BYTES = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
const RAMP = Uint16Array.from({ length: 4096 }, (_, i) => Math.round(65535 * (i / 4095) ** 2));
const PALETTE_BYTES = Uint16Array.from({ length: 256 }, (_, i) => i * 257);

/** Images by what is special with them. */
export const IMAGES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  plain: imageFile({ PixelData: WORDS }),
  window: imageFile({ ...WINDOW, PixelData: WORDS }),
  rescaled: imageFile({ ...WINDOW, ...RESCALE, PixelData: WORDS }),
  exact: imageFile({ ...WINDOW, VOILUTFunction: "LINEAR_EXACT", PixelData: WORDS }),
  sigmoid: imageFile({ ...WINDOW, VOILUTFunction: "SIGMOID", PixelData: WORDS }),
  signed: imageFile({
    ...WINDOW,
    WindowCenter: 40,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    PixelData: SIGNED,
  }),
  padded: imageFile({
    PixelRepresentation: 1,
    BitsStored: 16,
    HighBit: 15,
    PixelPaddingValue: -2000,
    PixelPaddingRangeLimit: -1500,
    PixelData: SIGNED,
  }),
  inverted: imageFile({ ...WINDOW, PhotometricInterpretation: "MONOCHROME1", PixelData: WORDS }),
  bigEndian: imageFile({ ...WINDOW, PixelData: WORDS }, BIG_ENDIAN),
  implicit: imageFile({ ...WINDOW, PixelData: WORDS }, "1.2.840.10008.1.2"),
  deflated: imageFile({ ...WINDOW, PixelData: WORDS }, "1.2.840.10008.1.2.1.99"),
  bytes: imageFile({ ...BYTES, PixelData: someBytes(COUNT) }),
  frames: imageFile({ ...WINDOW, NumberOfFrames: 4, PixelData: someWords(COUNT * 4, 4096) }),
  bits: imageFile({
    NumberOfFrames: 3,
    Rows: 5,
    Columns: 7,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelData: someBytes(14),
  }),
  modalityTable: imageFile({
    ...WINDOW,
    WindowCenter: 30000,
    WindowWidth: 50000,
    ModalityLUTSequence: [{
      LUTDescriptor: [4096, 0, 16],
      ModalityLUTType: "US",
      LUTData: { vr: "OW", value: RAMP },
    }],
    PixelData: WORDS,
  }),
  voiTable: imageFile({
    VOILUTSequence: [{ LUTDescriptor: [4096, 0, 16], LUTData: { vr: "OW", value: RAMP } }],
    PixelData: WORDS,
  }),
  rgb: imageFile({ ...COLOUR, PixelData: someBytes(COUNT * 3) }),
  rgbPlanar: imageFile({ ...COLOUR, PlanarConfiguration: 1, PixelData: someBytes(COUNT * 3) }),
  rgbWords: imageFile({
    ...COLOUR,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelData: someWords(COUNT * 3, 65536),
  }),
  ybrFull: imageFile({
    ...COLOUR,
    PhotometricInterpretation: "YBR_FULL",
    PixelData: someBytes(COUNT * 3),
  }),
  ybrFull422: imageFile({
    ...COLOUR,
    PhotometricInterpretation: "YBR_FULL_422",
    PixelData: someBytes(COUNT * 2),
  }),
  palette: imageFile({
    ...BYTES,
    PhotometricInterpretation: "PALETTE COLOR",
    RedPaletteColorLookupTableDescriptor: [256, 0, 16],
    GreenPaletteColorLookupTableDescriptor: [256, 0, 16],
    BluePaletteColorLookupTableDescriptor: [256, 0, 16],
    RedPaletteColorLookupTableData: PALETTE_BYTES,
    GreenPaletteColorLookupTableData: PALETTE_BYTES.toReversed(),
    BluePaletteColorLookupTableData: PALETTE_BYTES.map((entry) => entry >> 1),
    PixelData: someBytes(COUNT),
  }),
  float: imageFile({
    BitsAllocated: 32,
    BitsStored: undefined,
    HighBit: undefined,
    PixelRepresentation: undefined,
    FloatPixelData: {
      vr: "OF",
      value: new Uint8Array(Float32Array.from(WORDS, (word) => word / 7).buffer),
    },
  }),
  double: imageFile({
    BitsAllocated: 64,
    BitsStored: undefined,
    HighBit: undefined,
    PixelRepresentation: undefined,
    DoubleFloatPixelData: {
      vr: "OD",
      value: new Uint8Array(Float64Array.from(WORDS, (word) => word / 7 - 100).buffer),
    },
  }),
  longs: imageFile({
    BitsAllocated: 32,
    BitsStored: 32,
    HighBit: 31,
    PixelData: new Uint8Array(Uint32Array.from(WORDS, (word) => word * 100_000).buffer),
  }),
};
