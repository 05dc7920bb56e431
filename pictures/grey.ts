/**
 * Samples as shades of grey.
 *
 * @module
 */

import type { DicomHeader } from "../formats/mod.ts";
import { groupOf } from "./frame_attributes.ts";
import type { ImagePixels } from "./image_pixels.ts";
import { lookUp, readLookupTable } from "./lookup_table.ts";
import type { Window } from "./options.ts";
import type { Samples } from "./samples.ts";
import { type Voi, voiOf } from "./voi.ts";

/** The share of pixels that is darker than black, and brighter than white. */
const TAIL = 0.005;
const SAMPLED = 65536;

/** Grey values of a frame, and the window that made them. */
export interface Grey {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly window?: Window;
}

/**
 * Turns samples into shades of grey: the modality transformation, then the window or table of the image, then
 * MONOCHROME1 the other way round. Padding is black.
 */
export function greyOf(
  header: DicomHeader,
  pixels: ImagePixels,
  samples: Samples,
  frame: number,
  asked: Window | undefined,
): Grey {
  const values = valuesOf(pixels);
  const modality = modalityOf(header, frame);
  const isPadding = paddingOf(header, values);
  const attributes = groupOf(header, "FrameVOILUTSequence", frame);
  const isInverted = pixels.photometric === "MONOCHROME1";
  const shadeOf = ({ shade }: Voi) => (value: number): number => {
    if (isPadding(value)) return 0;
    const grey = Math.round(Math.min(1, Math.max(0, shade(modality(value)))) * 255);
    return isInverted ? 255 - grey : grey;
  };
  const data = new Uint8Array(samples.length);
  if (samples instanceof Uint8Array || samples instanceof Uint16Array) {
    const codes = 2 ** Math.min(pixels.bitsAllocated, 16);
    const counts = new Uint32Array(codes);
    for (let i = 0; i < samples.length; i++) counts[samples[i]!]!++;
    const voi = voiOf(
      attributes,
      asked,
      () => percentiles(counted(counts, values, modality, isPadding)),
    );
    const shade = shadeOf(voi);
    const table = new Uint8Array(codes);
    for (let code = 0; code < codes; code++) {
      if (counts[code]! > 0) table[code] = shade(values(code));
    }
    for (let i = 0; i < samples.length; i++) data[i] = table[samples[i]!]!;
    return { data, window: voi.window };
  }
  const voi = voiOf(
    attributes,
    asked,
    () => percentiles(sampled(samples, values, modality, isPadding)),
  );
  const shade = shadeOf(voi);
  for (let i = 0; i < samples.length; i++) data[i] = shade(values(samples[i]!));
  return { data, window: voi.window };
}

/** From what is in memory to the stored value: its bits, with their sign. */
function valuesOf(pixels: ImagePixels): (code: number) => number {
  const { bitsStored, highBit, signed, float } = pixels;
  if (float) return (code) => code;
  const shift = highBit + 1 - bitsStored;
  const range = 2 ** bitsStored;
  return (code) => {
    const value = Math.floor(code / 2 ** shift) % range;
    return signed && value >= range / 2 ? value - range : value;
  };
}

/** The modality transformation (PS3.3 §C.11.1): a table, or slope and intercept. */
function modalityOf(header: DicomHeader, frame: number): (value: number) => number {
  const [item] = header.sequence("ModalityLUTSequence");
  if (item) {
    const table = readLookupTable(item);
    return (value) => lookUp(table, value);
  }
  const group = groupOf(header, "PixelValueTransformationSequence", frame);
  const slope = group.number("RescaleSlope") || 1;
  const intercept = group.number("RescaleIntercept") ?? 0;
  return (value) => value * slope + intercept;
}

/** What lies around the image proper (PS3.3 §C.7.5.1.1.2). */
function paddingOf(
  header: DicomHeader,
  values: (code: number) => number,
): (value: number) => boolean {
  const padding = header.number("PixelPaddingValue");
  if (padding === undefined) return Number.isNaN;
  const limit = header.number("PixelPaddingRangeLimit") ?? padding;
  // Some writers give it unsigned where pixels are signed.
  const ends = [padding, limit].map((end) => end < 0 ? end : values(end));
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  return (value) => Number.isNaN(value) || (value >= low && value <= high);
}

/** Pairs of a value and how often it is there. */
type Weighted = readonly (readonly [value: number, count: number])[];

function counted(
  counts: Uint32Array,
  values: (code: number) => number,
  modality: (value: number) => number,
  isPadding: (value: number) => boolean,
): Weighted {
  const weighted: [number, number][] = [];
  counts.forEach((count, code) => {
    const value = values(code);
    if (count > 0 && !isPadding(value)) weighted.push([modality(value), count]);
  });
  return weighted;
}

function sampled(
  samples: Samples,
  values: (code: number) => number,
  modality: (value: number) => number,
  isPadding: (value: number) => boolean,
): Weighted {
  const weighted: [number, number][] = [];
  const step = Math.max(1, Math.floor(samples.length / SAMPLED));
  for (let i = 0; i < samples.length; i += step) {
    const value = values(samples[i]!);
    if (!isPadding(value) && Number.isFinite(value)) weighted.push([modality(value), 1]);
  }
  return weighted;
}

function percentiles(weighted: Weighted): readonly [number, number] {
  const sorted = weighted.toSorted(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const at = (share: number): number => {
    let left = share * total;
    for (const [value, count] of sorted) {
      if ((left -= count) < 0) return value;
    }
    return sorted.at(-1)?.[0] ?? 0;
  };
  return [at(TAIL), at(1 - TAIL)];
}
