/**
 * Removing what killed programs left, where something is stored.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { CLAIMING_MS, isTemporaryName, sweep, sweepableAge } from "./temporaries.ts";

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
    if (!await isSweptLater(folder)) return;
    this.#early.add(folder);
    this.#lastMs = performance.now();
  }
}

/**
 * Sweeps `top` and all folders below it, for who serves what is there: of a program that was killed right before, a second
 * later. It never throws, and ends early when `signal` is aborted.
 */
export async function sweepTree(top: string, signal: AbortSignal): Promise<void> {
  const early: string[] = [];
  for await (const folder of foldersWithTemporaries(top, signal)) {
    if (await isSweptLater(folder)) early.push(folder);
  }
  if (early.length === 0) return;
  const { promise: later, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, CLAIMING_MS);
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (!signal.aborted) await later;
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
  for (const folder of signal.aborted ? [] : early) await isSweptLater(folder);
}

/** Looks no link up, and into nothing that is a temporary itself. */
async function* foldersWithTemporaries(top: string, signal: AbortSignal): AsyncGenerator<string> {
  for (const folders = [top]; folders.length > 0 && !signal.aborted;) {
    const folder = folders.pop()!;
    let has = false;
    try {
      for await (const { name, isDirectory } of Deno.readDir(folder)) {
        if (isTemporaryName(name)) has = true;
        else if (isDirectory) folders.push(join(folder, name));
      }
    } catch {
      // What cannot be read is told by who needs it.
    }
    if (has) yield folder;
  }
}

/** Sweeps a folder, and tells whether something in it may be swept in a second. */
async function isSweptLater(folder: string): Promise<boolean> {
  try {
    const age = await sweepableAge(folder);
    const { isEarly } = await sweep(folder, age);
    return isEarly && age <= CLAIMING_MS;
  } catch {
    // What is stored matters, not what may lie beside it: the folder may not even be there yet.
    return false;
  }
}
