/**
 * Deleting what only the destination has, at the very end.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import { isNotFound, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { asVfsError } from "../copy/transfer.ts";
import { removeEach } from "../remove_each.ts";
import type { SyncOptions } from "./options.ts";
import type { Subject, SyncTally } from "./tally.ts";
import type { Place } from "../transport.ts";

/** A file at the destination that the source does not have. */
interface Doomed {
  readonly parent: Location;
  readonly name: string;
  readonly path: string;
}

/** What there is to delete, kept as small as it can be. */
export class Deletions {
  readonly #target: Place;
  readonly #files: Doomed[] = [];
  /** Directories that the source does not have, parents first. */
  readonly #directories: Location[] = [];

  constructor(target: Place) {
    this.#target = target;
  }

  /** Adds a file, or a link, at `path` below the top. */
  add({ parent, name }: Entry, path: string): void {
    this.#files.push({ parent, name, path });
  }

  /** Adds a directory, after those that it lies in. */
  addDirectory(directory: Location): void {
    this.#directories.push(directory);
  }

  /** Deletes what there is, unless something speaks against it, which is told. */
  async settle(
    tally: SyncTally,
    { dryRun, maxDelete = Infinity }: Pick<SyncOptions, "dryRun" | "maxDelete">,
    signal: AbortSignal,
    concurrency: number,
  ): Promise<void> {
    const { length } = this.#files;
    if (tally.failed > 0) {
      tally.notDeleted = "something failed, and so the source may have more than is known";
    }
    if (length > maxDelete) {
      const reason = `${length} would go, and at most ${maxDelete} may`;
      tally.notDeleted = reason;
      const { href } = this.#target.location;
      const error = new VfsError("InvalidArgument", { op: "delete below", url: href, reason });
      tally.found(undefined);
      tally.fail("error", { from: href, path: "" }, error);
    }
    if (dryRun || tally.notDeleted !== undefined) {
      if (length === 0) tally.notDeleted = undefined;
      return this.#refuse(tally, tally.notDeleted ?? "only planned");
    }
    await this.#run(tally, signal, concurrency);
  }

  #refuse(tally: SyncTally, reason: string): void {
    for (const file of this.#files) tally.skip("delete", this.#subjectOf(file), reason);
  }

  /** Deletes the files, and then the directories that are empty. */
  async #run(tally: SyncTally, signal: AbortSignal, concurrency: number): Promise<void> {
    const { transport } = this.#target;
    await removeEach(transport, this.#files, {
      locationOf: ({ parent, name }) => parent.child(name),
      concurrency,
      signal,
      tell: (file, error) => {
        const subject = this.#subjectOf(file);
        // Gone is gone, whoever did it.
        if (error === undefined || isNotFound(error)) {
          return tally.settle("delete", subject, { result: "done" });
        }
        const failure = asVfsError(error, "delete", subject.from);
        tally.fail("delete", subject, failure);
        if (signal.aborted) throw failure;
      },
    });
    if (!transport.capabilities.emptyDirectories) return;
    await removeEach(transport, this.#directories.reverse(), {
      locationOf: (directory) => directory,
      // Those that lie in others first.
      concurrency: 1,
      signal,
      tell: (directory, error) => {
        if (error === undefined) return;
        const failure = asVfsError(error, "delete", directory.href);
        if (failure.kind === "NotEmpty" || failure.kind === "NotFound") return;
        if (signal.aborted) throw failure;
        const { segments } = this.#target.location;
        const path = directory.segments.slice(segments.length).join("/");
        tally.found(undefined);
        tally.fail("delete", { from: directory.href, path }, failure);
      },
    });
  }

  #subjectOf({ parent, path, name }: Doomed): Subject {
    return { from: parent.child(name).href, path };
  }
}
