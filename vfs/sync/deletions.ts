/**
 * Deleting what only the destination has, at the very end.
 *
 * @module
 */

import type { Resolved } from "../connections.ts";
import type { Entry } from "../entry.ts";
import { isVfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { forEachBounded } from "../concurrency/pool.ts";
import { asVfsError } from "../copy/transfer.ts";
import type { Subject, SyncTally } from "./tally.ts";

/** A file at the destination that the source does not have. */
interface Doomed {
  readonly parent: Location;
  readonly name: string;
  readonly path: string;
}

/** What there is to delete, kept as small as it can be. */
export class Deletions {
  readonly #target: Resolved;
  readonly #files: Doomed[] = [];
  /** Directories that the source does not have, parents first. */
  readonly #directories: Location[] = [];

  constructor(target: Resolved) {
    this.#target = target;
  }

  /** Files so far. */
  get count(): number {
    return this.#files.length;
  }

  /** Adds a file, or a link, at `path` below the top. */
  add({ parent, name }: Entry, path: string): void {
    this.#files.push({ parent, name, path });
  }

  /** Adds a directory, after those that it lies in. */
  addDirectory(directory: Location): void {
    this.#directories.push(directory);
  }

  /** Deletes nothing, and says why for each. */
  refuse(tally: SyncTally, reason: string): void {
    for (const file of this.#files) tally.skip("delete", this.#subjectOf(file), reason);
  }

  /** Deletes the files, and then the directories that are empty. */
  async run(tally: SyncTally, signal: AbortSignal, concurrency: number): Promise<void> {
    const { transport } = this.#target;
    await forEachBounded(iterate(this.#files), concurrency, async (file) => {
      const subject = this.#subjectOf(file);
      try {
        await transport.remove!(file.parent.child(file.name), { signal });
        tally.settle("delete", subject, { result: "done" });
      } catch (error) {
        const failure = asVfsError(error, "delete", subject.from);
        // Gone is gone, whoever did it.
        if (failure.kind === "NotFound") tally.settle("delete", subject, { result: "done" });
        else tally.fail("delete", subject, failure);
        if (signal.aborted) throw failure;
      }
    });
    if (!transport.capabilities.emptyDirectories) return;
    for (const directory of this.#directories.reverse()) {
      try {
        await transport.remove!(directory, { signal });
      } catch (error) {
        if (isVfsError(error) && ["NotEmpty", "NotFound"].includes(error.kind)) continue;
        const failure = asVfsError(error, "delete", directory.href);
        if (signal.aborted) throw failure;
        const { segments } = this.#target.location;
        const path = directory.segments.slice(segments.length).join("/");
        tally.found(undefined);
        tally.fail("delete", { from: directory.href, path }, failure);
      }
    }
  }

  #subjectOf({ parent, path, name }: Doomed): Subject {
    return { from: parent.child(name).href, path };
  }
}

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
