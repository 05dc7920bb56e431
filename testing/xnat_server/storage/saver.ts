/**
 * Writes the archive a moment after it changed, so that many changes cost one write.
 *
 * @module
 */

import type { Archive } from "../model/types.ts";
import type { FolderBlobs } from "./blobs.ts";
import { saveArchive } from "./persistence.ts";

const DELAY_MS = 250;

/** Writes an archive now and then, and at the end. */
export class Saver {
  readonly #folder: string;
  readonly #archive: Archive;
  readonly #blobs: FolderBlobs;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, archive: Archive, blobs: FolderBlobs) {
    this.#folder = folder;
    this.#archive = archive;
    this.#blobs = blobs;
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, DELAY_MS);
  }

  /** Writes what is left to write. @throws {Deno.errors} when that fails, or failed before. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    this.#writing = this.#writing.then(async () => {
      const sweep = this.#blobs.sweeping();
      await saveArchive(this.#folder, this.#archive);
      await sweep();
    });
    // A failure is told by `close`, not by a promise that nobody awaits.
    this.#writing.catch(() => {});
  }
}
