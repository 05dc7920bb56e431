/**
 * Removing what killed programs left, where something is stored.
 *
 * @module
 */

import { dirname } from "@std/path";
import { CLAIMING_MS, sweep, sweepableAge } from "./temporaries.ts";

/** Folders that are remembered. */
const MOST = 10_000;

/** Sweeps each folder that something is stored in, once. */
export class Sweeper implements AsyncDisposable {
  readonly #swept = new Map<string, Promise<void>>();
  /** Folders with temporaries that nobody works on but that are too young to be sure. */
  readonly #early = new Set<string>();
  #lastMs = 0;

  /** Sweeps the folder of `path`, if that was not done yet. It never throws. */
  sweepBeside(path: string): Promise<void> {
    const folder = dirname(path);
    const known = this.#swept.get(folder);
    if (known) return known;
    if (this.#swept.size >= MOST) this.#swept.clear();
    const sweeping = this.#sweep(folder);
    this.#swept.set(folder, sweeping);
    return sweeping;
  }

  /** Waits for what was too young, at most a second, and sweeps again. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#early.size === 0) return;
    const folders = [...this.#early];
    this.#early.clear();
    const waitMs = this.#lastMs + CLAIMING_MS - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    for (const folder of folders) await this.#sweep(folder);
    this.#early.clear();
  }

  async #sweep(folder: string): Promise<void> {
    try {
      const age = await sweepableAge(folder);
      const { isEarly } = await sweep(folder, Date.now() - age);
      if (!isEarly || age > CLAIMING_MS) return;
      this.#early.add(folder);
      this.#lastMs = performance.now();
    } catch {
      // What is stored matters, not what may lie beside it: the folder may not even be there yet.
    }
  }
}
