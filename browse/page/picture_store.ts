/** Pictures that were asked for, the last of them kept: to leaf back and forth needs no server. */

import { ask } from "./api.ts";
import { pathOf } from "./route.ts";
import type { PictureAbout } from "./types.ts";

const MOST_PIXELS = 64e6;

/** The values that are shown from black to white. */
export interface Window {
  readonly center: number;
  readonly width: number;
}

/** Which picture. */
export interface Wanted {
  readonly names: readonly string[];
  /** Counted from 1; the middle one by default. */
  readonly frame?: number;
  readonly window?: Window;
}

/** A picture. */
export interface Shown {
  readonly bitmap: ImageBitmap;
  /** Undefined for a picture file. */
  readonly about?: PictureAbout;
}

/** Fetches pictures, and keeps them. */
export class PictureStore {
  readonly #kept = new Map<string, Shown>();
  #pixels = 0;

  /** The picture, from what is kept where it is there. */
  async get(wanted: Wanted, signal: AbortSignal): Promise<Shown> {
    const { names, frame, window } = wanted;
    const params = { path: pathOf(names), frame, center: window?.center, width: window?.width };
    const key = JSON.stringify(params);
    const found = this.#kept.get(key);
    if (found) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
      return found;
    }
    const response = await ask("picture", params, { signal });
    const about = response.headers.get("medvfs-picture");
    const bitmap = await createImageBitmap(await response.blob());
    const shown = { bitmap, about: about === null ? undefined : JSON.parse(about) };
    // Another may have fetched the same meanwhile.
    const other = this.#kept.get(key);
    if (other) return other;
    this.#kept.set(key, shown);
    this.#pixels += bitmap.width * bitmap.height;
    this.#trim();
    return shown;
  }

  /** Whether the picture is there at once. */
  has({ names, frame, window }: Wanted): boolean {
    const params = { path: pathOf(names), frame, center: window?.center, width: window?.width };
    return this.#kept.has(JSON.stringify(params));
  }

  /** Lets all go. */
  close(): void {
    for (const { bitmap } of this.#kept.values()) bitmap.close();
    this.#kept.clear();
  }

  #trim(): void {
    for (const [key, { bitmap }] of this.#kept) {
      if (this.#pixels <= MOST_PIXELS || this.#kept.size <= 2) return;
      this.#kept.delete(key);
      this.#pixels -= bitmap.width * bitmap.height;
      bitmap.close();
    }
  }
}
