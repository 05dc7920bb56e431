/** The images that one leafs through: all frames of all images of a series, one after the other. */

import { askLines } from "./api.ts";
import { pathOf } from "./route.ts";
import { titleOf } from "./rows.ts";
import type { Series } from "./types.ts";

type Lines = {
  readonly read?: number;
  readonly of?: number;
  readonly end?: { readonly series: readonly Series[]; readonly isCut: boolean };
};

/** One frame of one image. */
export interface Slice {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** Counted from 1. */
  readonly frame: number;
  /** The frames of its image. */
  readonly frames: number;
}

/** Slices by number, from 0. */
export class Stack {
  readonly series: Series;
  readonly #starts: number[] = [];
  readonly length: number;

  constructor(series: Series) {
    this.series = series;
    let length = 0;
    for (const { frames } of series.images) {
      this.#starts.push(length);
      length += frames;
    }
    this.length = length;
  }

  /** The slice at `index`. */
  at(index: number): Slice {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    const { name, label, frames } = this.series.images[low]!;
    const title = titleOf({ name, label });
    return { name, title, frame: index - this.#starts[low]! + 1, frames };
  }

  /** The same, once it is known that an image has so many frames. */
  with(name: string, frames: number): Stack {
    const images = this.series.images.map((one) => one.name === name ? { ...one, frames } : one);
    return new Stack({ ...this.series, images });
  }

  /** Where a frame of an image is; -1 where it is not in the series. */
  indexOf(name: string, frame: number): number {
    const image = this.series.images.findIndex((one) => one.name === name);
    return image < 0
      ? -1
      : this.#starts[image]! + Math.min(frame, this.series.images[image]!.frames) - 1;
  }
}

/** The stack that the file is in; `progress` is told how far the reading is. */
export async function stackOf(
  names: readonly string[],
  signal: AbortSignal,
  progress: (read: number, of: number) => void,
): Promise<Stack | undefined> {
  const name = names.at(-1)!;
  for await (const line of askLines<Lines>("series", { path: pathOf(names) }, signal)) {
    if (line.read !== undefined) progress(line.read, line.of ?? 0);
    const own = line.end?.series.find(({ images }) => images.some((one) => one.name === name));
    if (own) return new Stack(own);
  }
}
