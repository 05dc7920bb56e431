/**
 * A segmentation as a file, with room for its frames.
 *
 * @module
 */

import type { DatasetWriter, Natural } from "./dcmjs.ts";

/** Frames that are written at once: dcmjs' time grows with the square of what it writes. */
const BATCH = 100;
/** Tag, VR and length of an element with a long length field (PS3.5 §7.1.2). */
const HEADER = 12;
/** A delimiter. */
const DELIMITER = 8;
const LONGEST_VALUE = 0xFFFFFFFE;

/** Whether pixel data of that many bytes can be written at all. */
export function isWritable(pixelLength: number): boolean {
  return pixelLength <= LONGEST_VALUE;
}

/**
 * Writes a segmentation: dcmjs writes datasets, pixel data is made in place by `fill`.
 *
 * @param groups Functional groups by index of the frame.
 */
export function segFile(
  writer: DatasetWriter,
  dataset: Natural,
  groups: readonly Natural[],
  pixelLength: number,
  fill: (pixels: Uint8Array) => void,
): Uint8Array<ArrayBuffer> {
  const parts = [writer.file(dataset)];
  for (let at = 0; at < groups.length; at += BATCH) {
    const PerFrameFunctionalGroupsSequence = groups.slice(at, at + BATCH);
    const bytes = writer.dataset({ PerFrameFunctionalGroupsSequence });
    // One sequence of all batches: the first begins it and the last ends it.
    const start = at === 0 ? 0 : HEADER;
    parts.push(bytes.subarray(start, at + BATCH < groups.length ? -DELIMITER : undefined));
  }
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const file = new Uint8Array(total + HEADER + pixelLength);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  const view = new DataView(file.buffer, at, HEADER);
  view.setUint16(0, 0x7FE0, true);
  view.setUint16(2, 0x0010, true);
  view.setUint16(4, 0x4F42, false); // OB
  view.setUint32(8, pixelLength, true);
  fill(file.subarray(at + HEADER));
  return file;
}
