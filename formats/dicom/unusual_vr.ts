/**
 * Elements whose VR is none: blank, misspelt or newer than this.
 *
 * @module
 */

import { implicitVr } from "./dictionary.ts";
import { isOpenSequence, readTag } from "./encoding.ts";
import { vrByCode } from "./vr.ts";

/** How an element with an unknown VR is taken. */
export interface UnusualElement {
  /** The VR of the dictionary, UN when that has none. */
  readonly vr: string;
  /** Length of the value in bytes, `0xFFFFFFFF` when undefined. */
  readonly length: number;
  /** Length of tag, VR and length fields in bytes. */
  readonly header: 8 | 12;
}

/**
 * Interprets an explicit VR element whose VR is none of PS3.5 §6.2: blank,
 * misspelt, newer than this code, or absent because the element is implicit.
 * `left` bytes remain to its parent's end; undefined when nothing fits.
 */
export function unusualElement(
  view: DataView,
  at: number,
  tag: number,
  littleEndian: boolean,
  left: number,
): UnusualElement | undefined {
  const standard = implicitVr(tag);
  const vr = standard === "xs" ? "US" : standard;
  const short = view.getUint16(at + 6, littleEndian);
  const long = left >= 12 && view.byteLength >= at + 12
    ? view.getUint32(at + 8, littleEndian)
    : Infinity;
  const implicit = view.getUint32(at + 4, littleEndian);
  if (!isPrintable(view.getUint8(at + 4), view.getUint8(at + 5))) {
    return implicit <= left - 8 || isOpenSequence(view, at, littleEndian)
      ? { vr, length: implicit, header: 8 }
      : undefined;
  }
  // New VRs have the long form (PS3.5 §7.1.2), wrong ones mostly the short.
  const isLong = short === 0 && long <= left - 12 &&
    !isNextElement(view, at + 8, tag, littleEndian);
  if (isLong) return { vr, length: long, header: 12 };
  return short <= left - 8 ? { vr, length: short, header: 8 } : undefined;
}

function isPrintable(first: number, second: number): boolean {
  return first >= 0x20 && first < 0x7F && second >= 0x20 && second < 0x7F;
}

function isNextElement(
  view: DataView,
  at: number,
  tag: number,
  littleEndian: boolean,
): boolean {
  if (at + 8 > view.byteLength) return false;
  const vr = vrByCode(view.getUint16(at + 4, false));
  return vr !== undefined && readTag(view, at, littleEndian) > tag;
}
