/**
 * The window or table that decides on brightness.
 *
 * @module
 */

import type { DicomDataset } from "../formats/mod.ts";
import { lookUp, readLookupTable } from "./lookup_table.ts";
import type { Window } from "./options.ts";

/** Maps a modality value to 0 (black) … 1 (white); can be outside. */
export interface Voi {
  readonly shade: (value: number) => number;
  readonly window?: Window;
}

/**
 * What decides on brightness: the window asked for, otherwise of the image its table or window
 * (PS3.3 §C.11.2), otherwise `percentiles`, the values that most of the pixels are between.
 */
export function voiOf(
  attributes: DicomDataset,
  asked: Window | undefined,
  percentiles: () => readonly [low: number, high: number],
): Voi {
  const kind = attributes.string("VOILUTFunction");
  if (asked) return windowed(asked, kind);
  const [item] = attributes.sequence("VOILUTSequence");
  if (item) {
    const table = readLookupTable(item);
    const white = 2 ** table.bits - 1;
    return { shade: (value) => lookUp(table, value) / white };
  }
  const center = attributes.number("WindowCenter");
  const width = attributes.number("WindowWidth");
  const least = kind === undefined || kind === "LINEAR" ? 1 : Number.MIN_VALUE;
  if (center !== undefined && width !== undefined && width >= least && Number.isFinite(width)) {
    return windowed({ center, width }, kind);
  }
  const [low, high] = percentiles();
  const window = { center: (low + high) / 2, width: high > low ? high - low : 1 };
  return windowed(window, "LINEAR_EXACT");
}

function windowed(window: Window, kind: string | undefined): Voi {
  const { center, width } = window;
  if (kind === "SIGMOID") {
    return { window, shade: (value) => 1 / (1 + Math.exp(-4 * (value - center) / width)) };
  }
  if (kind === "LINEAR_EXACT" || width < 1) {
    return { window, shade: (value) => (value - center) / width + 0.5 };
  }
  // At a width of 1 the step is at the center less a half, and nothing lies on it.
  const span = Math.max(width - 1, Number.MIN_VALUE);
  return { window, shade: (value) => (value - (center - 0.5)) / span + 0.5 };
}
