/**
 * Removing files, and directories with all below them: at one place, or at many in one go.
 *
 * @module
 */

import { checkConcurrency, forEachBounded } from "./concurrency/pool.ts";
import { NEVER, throwIfAborted } from "./concurrency/signals.ts";
import { heeding } from "./copy/callbacks.ts";
import {
  asVfsError,
  Tally,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "./copy/transfer.ts";
import { FunctionNotSupported, isNotFound, redactUrl } from "./errors.ts";
import { Location } from "./location/location.ts";
import { fileAround } from "./location/nested_location.ts";
import { removeEach } from "./remove_each.ts";
import { type Finder, isOnePlace, type OnePlace, type Sources, whereOf } from "./sources.ts";
import type { Place, Transport } from "./transport.ts";
import { walkSteps } from "./walk.ts";

/** Options of `remove`. */
export interface RemoveOptions extends TransferOptions {
  /** Remove a directory with all below it. Links are removed, never what they lead to. @default {false} */
  readonly recursive?: boolean;
}

/** So many at once, where nobody says how many. */
const USUAL = 8;

/** Removes what is at one place, or at each of several. */
export function removeSources(
  finder: Finder,
  where: Sources,
  options: RemoveOptions = {},
): Promise<TransferReport> {
  return heeding(options, async (told) => {
    checkConcurrency("remove", told.concurrency);
    const removal = new Removal(told);
    return isOnePlace(where)
      ? await removal.one(await finder.at(whereOf(where)))
      : await removal.all(finder, where);
  });
}

class Removal {
  readonly #options: RemoveOptions;
  readonly #signal: AbortSignal;
  readonly #recursive: boolean;
  readonly #tally: Tally;
  /** What goes with others in one go, in its order. */
  readonly #together = new Map<Transport, Set<Location>>();
  /** What goes by itself, until it was told of. */
  readonly #going = new Map<Location, Promise<void>>();

  constructor(options: RemoveOptions) {
    this.#options = options;
    this.#signal = options.signal ?? NEVER;
    this.#recursive = options.recursive ?? false;
    this.#tally = new Tally(options);
  }

  async one(at: Place): Promise<TransferReport> {
    checkAble(at);
    if (await this.#goesWhole(at)) {
      this.#tally.found(undefined);
      await this.#remove(at);
      this.#tell(at.location.href);
    } else await this.#removeBelow(at, () => this.#tally.listed());
    this.#tally.listed();
    return this.#report(at.location.href);
  }

  /** What one does not do keeps none of the others back. */
  async all(
    finder: Finder,
    places: Exclude<Sources, OnePlace>,
  ): Promise<TransferReport> {
    const { concurrency = USUAL } = this.#options;
    await forEachBounded(this.#singles(finder, places), concurrency, (at) => this.#inTurn(at));
    this.#tally.listed();
    for (const transport of this.#together.keys()) await this.#removeTogether(transport);
    return this.#report("");
  }

  /** Gives what goes by itself, once nothing is under way that it lies in, or that lies in it. */
  async *#singles(
    finder: Finder,
    places: Exclude<Sources, OnePlace>,
  ): AsyncGenerator<Place> {
    for await (const place of places) {
      let url = redactUrl(String(whereOf(place)));
      throwIfAborted(this.#signal, "remove", url);
      try {
        const at = await finder.at(whereOf(place));
        const { transport, location } = at;
        url = location.href;
        checkAble(at);
        await this.#removeIn(location);
        if (!await this.#goesWhole(at)) {
          await this.#told(() => true);
          await this.#removeBelow(at);
        } else if (transport.removeMany) {
          this.#add(at);
        } else {
          await this.#told((other) => other.contains(location) || location.contains(other));
          yield at;
        }
      } catch (error) {
        if (this.#signal.aborted) throw error;
        await this.#told(() => true);
        this.#tally.found(undefined);
        this.#tell(url, error);
      }
    }
  }

  #add({ transport, location }: Place): void {
    this.#tally.found(undefined);
    const those = this.#together.get(transport) ?? new Set();
    this.#together.set(transport, those);
    // What is told of each is told by its location.
    those.add(those.has(location) ? new Location(location) : location);
  }

  /** Removes first what is to go from archives that go with `location`. */
  async #removeIn(location: Location): Promise<void> {
    for (const [transport, [one]] of this.#together) {
      let around: Location | undefined = one;
      while (around && (around = fileAround(around))) {
        if (location.contains(around)) await this.#removeTogether(transport);
      }
    }
  }

  async #removeTogether(transport: Transport): Promise<void> {
    const those = this.#together.get(transport) ?? [];
    this.#together.delete(transport);
    await removeEach(transport, [...those], {
      locationOf: (location) => location,
      concurrency: 1,
      signal: this.#signal,
      recursive: this.#recursive,
      tell: ({ href }, error) => this.#tell(href, error),
    });
  }

  /** Removes something, and tells that after what came before it. */
  async #inTurn(at: Place): Promise<void> {
    const before = this.#told(() => true);
    const told = Promise.withResolvers<void>();
    this.#going.set(at.location, told.promise);
    try {
      this.#tally.found(undefined);
      const failure = await this.#remove(at)
        .then(() => undefined, (error: unknown) => ({ error }));
      await before;
      this.#tell(at.location.href, failure?.error);
    } finally {
      this.#going.delete(at.location);
      told.resolve();
    }
  }

  /** Waits for those under way that `is` picks. */
  async #told(is: (location: Location) => boolean): Promise<void> {
    await Promise.all([...this.#going].map(([location, told]) => is(location) && told));
  }

  /** Whether the driver removes it in one go. A link to a directory is none: it is removed itself. */
  async #goesWhole({ transport, location }: Place): Promise<boolean> {
    if (!this.#recursive || transport.capabilities.removeTree) return true;
    const signal = this.#signal;
    const { kind } = await transport.stat(location, { signal, followSymlinks: false });
    return kind !== "directory";
  }

  async #remove({ transport, location }: Place): Promise<void> {
    const recursive = this.#recursive && transport.capabilities.removeTree;
    await transport.remove!(location, { signal: this.#signal, recursive });
  }

  /** Removes one by one what is below a directory, and then, unless some of it stays, the directories. */
  async #removeBelow(at: Place, onListed?: () => void): Promise<void> {
    const { transport } = at;
    const signal = this.#signal;
    const directories: Location[] = [];
    const tally = this.#tally;
    let found = 0;
    let failed = 0;
    const files = async function* () {
      for await (const step of walkSteps(at, { signal })) {
        directories.push(step.location);
        const links = step.dirs.filter((entry) => entry.isSymlink);
        for (const entry of [...links, ...step.files]) {
          found++;
          tally.found(entry.size);
          yield entry.location;
        }
      }
      onListed?.();
    };
    const { concurrency = Math.min(USUAL, transport.capabilities.maxConcurrency) } = this.#options;
    await forEachBounded(files(), concurrency, async (file) => {
      try {
        await transport.remove!(file, { signal });
      } catch (error) {
        failed++;
        return this.#tell(file.href, error);
      }
      this.#tell(file.href);
    });
    if (failed > 0) return;
    for (const directory of directories.reverse()) {
      try {
        await transport.remove!(directory, { signal });
      } catch (error) {
        // Where directories come with the files in them, they go with them too.
        if (!isNotFound(error)) throw error;
      }
    }
    if (found > 0) return;
    tally.found(undefined);
    this.#tell(at.location.href);
  }

  /** Tells that something is gone, or why not; that is the end of all after an abort. */
  #tell(from: string, error?: unknown): void {
    if (error === undefined) return this.#tally.settle({ from, result: "done" });
    const failure = asVfsError(error, "remove", from);
    this.#tally.settle({ from, result: "failed", error: failure });
    if (this.#signal.aborted) throw failure;
  }

  #report(url: string): TransferReport {
    const report = this.#tally.report();
    if (report.failed === 0) return report;
    const [first] = report.problems;
    throw new TransferFailed("remove", url || first!.from, report);
  }
}

/** @throws `NotSupported` */
function checkAble({ transport, location: { scheme, href } }: Place): void {
  if (!transport.remove) throw new FunctionNotSupported(scheme, "remove", href);
}
