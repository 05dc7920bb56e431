/**
 * Removing what killed programs left, where something is about to be stored.
 *
 * @module
 */

import { dirname } from "@std/path";
import { CLAIMING_MS, sweepTemporaries } from "./temporaries.ts";

/** Folders that are remembered. */
const MOST = 10_000;

/** Sweeps each folder that something is stored in, once. */
export class Sweeper {
  readonly #swept = new Map<string, Promise<void>>();

  /** Sweeps the folder of `path`, if that was not done yet. It never throws. */
  sweepBeside(path: string): Promise<void> {
    const folder = dirname(path);
    const known = this.#swept.get(folder);
    if (known) return known;
    if (this.#swept.size >= MOST) this.#swept.clear();
    const sweeping = sweep(folder);
    this.#swept.set(folder, sweeping);
    return sweeping;
  }
}

async function sweep(folder: string): Promise<void> {
  try {
    await sweepTemporaries(folder, CLAIMING_MS);
  } catch {
    // What is stored matters, not what may lie beside it: the folder may not even be there yet.
  }
}
