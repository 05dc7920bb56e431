/**
 * Samples of a palette as pixels.
 *
 * @module
 */

import { type DicomHeader, FormatError } from "../formats/mod.ts";
import type { ImagePixels } from "./image_pixels.ts";
import { describeTable, lookUp, type LookupTable, lookupTable, words } from "./lookup_table.ts";
import type { Samples } from "./samples.ts";
import { expandSegments } from "./segmented_table.ts";

const COLOURS = ["Red", "Green", "Blue"] as const;

/** Turns indices into red, green and blue of 8 bits (PS3.3 §C.7.6.3.1.5). */
export function paletteOf(
  header: DicomHeader,
  pixels: ImagePixels,
  samples: Samples,
): Uint8Array<ArrayBuffer> {
  if (!(samples instanceof Uint8Array || samples instanceof Uint16Array)) {
    throw new FormatError("NotSupported", "Palettes have indices of 8 or 16 bits");
  }
  const shift = pixels.highBit + 1 - pixels.bitsStored;
  const range = 2 ** pixels.bitsStored;
  const colours = COLOURS.map((colour) => {
    const table = readPalette(header, colour);
    // Some writers say 16 bits and fill 8.
    const isWide = table.bits > 8 && table.entries.some((entry) => entry > 255);
    return Uint8Array.from({ length: 2 ** pixels.bitsAllocated }, (_, code) => {
      const value = (code >> shift) % range;
      const index = pixels.signed && value >= range / 2 ? value - range : value;
      return lookUp(table, index) >> (isWide ? table.bits - 8 : 0);
    });
  });
  const [red, green, blue] = colours as [Uint8Array, Uint8Array, Uint8Array];
  const out = new Uint8Array(samples.length * 3);
  for (let i = 0, at = 0; i < samples.length; i++) {
    const code = samples[i]!;
    out[at++] = red[code]!;
    out[at++] = green[code]!;
    out[at++] = blue[code]!;
  }
  return out;
}

function readPalette(header: DicomHeader, colour: typeof COLOURS[number]): LookupTable {
  const descriptor = header.numbers(`${colour}PaletteColorLookupTableDescriptor`);
  const segmented = header.element(`Segmented${colour}PaletteColorLookupTableData`);
  const whole = header.element(`${colour}PaletteColorLookupTableData`);
  if (whole || !segmented?.bytes) return lookupTable(descriptor, whole);
  const { count, first, bits } = describeTable(descriptor);
  const coded = bits > 8
    ? words(segmented.bytes, segmented.littleEndian)
    : Uint16Array.from(segmented.bytes);
  return { first, bits, entries: expandSegments(coded, count) };
}
