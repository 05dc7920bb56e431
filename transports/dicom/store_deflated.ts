/**
 * Deflated datasets that are inflated as they are sent, to see whether they are whole.
 *
 * @module
 */

import { createInflateRaw } from "node:zlib";
import { FormatError } from "../../formats/mod.ts";
import { type Bytes, readerOf } from "../../vfs/bytes/bytes.ts";
import type { DatasetScanner } from "./store_scanner.ts";

/**
 * `dataset` (PS3.5 §A.5), failing before its end where it turns out to be cut short. What is in memory is looked at before.
 *
 * @throws {FormatError} `Corrupt`
 */
export async function deflatedChecked(dataset: Bytes, scanner: DatasetScanner): Promise<Bytes> {
  const check = new Check(scanner);
  if (dataset instanceof Uint8Array) {
    try {
      await check.push(dataset);
      await check.end();
      return dataset;
    } finally {
      check.close();
    }
  }
  const reader = readerOf(dataset);
  return {
    async read(into) {
      const chunk = await reader.read(into);
      await (chunk ? check.push(chunk) : check.end());
      return chunk;
    },
    async close(reason) {
      check.close();
      await reader.close(reason);
    },
  };
}

class Check {
  readonly #inflate = createInflateRaw();
  readonly #scanner: DatasetScanner;
  readonly #failed: Promise<void>;
  readonly #ended: Promise<void>;
  #failure: unknown;

  constructor(scanner: DatasetScanner) {
    this.#scanner = scanner;
    this.#failed = new Promise((resolve) => {
      this.#inflate.on("error", (cause) => {
        const message = "The deflated dataset is cut short or damaged";
        this.#failure ??= new FormatError("Corrupt", message, undefined, { cause });
        resolve();
      });
    });
    this.#ended = new Promise((resolve) => this.#inflate.on("end", resolve));
    this.#inflate.on("data", (chunk: Uint8Array) => {
      try {
        scanner.push(chunk);
      } catch (error) {
        this.#failure ??= error;
      }
    });
  }

  /** Inflates the next bytes, which may be changed afterwards. */
  async push(chunk: Uint8Array): Promise<void> {
    const taken = new Promise<void>((resolve) => this.#inflate.write(chunk, () => resolve()));
    await this.#settle(taken);
  }

  async end(): Promise<void> {
    this.#inflate.end();
    await this.#settle(this.#ended);
    this.#scanner.end();
  }

  close(): void {
    this.#inflate.destroy();
  }

  async #settle(step: Promise<void>): Promise<void> {
    await Promise.race([step, this.#failed]);
    if (this.#failure) throw this.#failure;
  }
}
