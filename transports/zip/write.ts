/**
 * Adding, removing and renaming members: the archive is stored anew, its other members as they are, and takes the place
 * of the old one in one step. Small files that come together are stored together.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Source } from "../../vfs/bytes/bytes.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import type { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { orAborted, toAborted } from "../../vfs/concurrency/signals.ts";
import type {
  Place,
  PutOptions,
  RecursiveOptions,
  RemoveManyOptions,
  ReplaceOptions,
  Stored,
} from "../../vfs/transport.ts";
import { assembled } from "./assemble.ts";
import { directoryAt, readDirectory } from "./directory.ts";
import { checkName, type Plan, removals, renaming, whyNot } from "./changes.ts";
import { contended } from "./contended.ts";
import { edited } from "./edit.ts";
import type { ZipLimits } from "./limits.ts";
import { type Change, type Done, isBatched, type Pending, pendingOf } from "./pending.ts";
import { Queue } from "./queue.ts";
import { replaceArchive } from "./replace.ts";
import { foldersOf } from "./room.ts";
import { type Making, Round } from "./round.ts";

/** As many small files as fit into this are stored together. */
const TOGETHER_BYTES = 64 * 2 ** 20;

/** Stores members in one archive, one archive at a time. */
export class ZipWriter {
  readonly #place: () => Promise<Place>;
  readonly #limits: Required<ZipLimits>;
  readonly #forget: () => void;
  readonly #clock: Clock;
  readonly #queue = new Queue();
  readonly #making: Making;
  #isStoring = false;

  /** `forget` is told whenever the archive is another one. */
  constructor(
    place: () => Promise<Place>,
    limits: Required<ZipLimits>,
    forget: () => void,
    clock: Clock,
  ) {
    this.#place = place;
    this.#limits = limits;
    this.#forget = forget;
    this.#clock = clock;
    const replace: Making["replace"] = (...args) => this.#replace(...args);
    this.#making = { queue: this.#queue, find: place, replace, limits, clock };
  }

  /** Whether something waits to be stored, or is being stored. */
  get isStoring(): boolean {
    return this.#isStoring;
  }

  /** Implements `put`. */
  async put(at: Location, source: Source, options: PutOptions): Promise<Stored> {
    const { signal, batch } = options;
    const ask = { op: "write", url: at.href, signal };
    checkName(at, ask);
    const mtime = options.mtime?.getTime() ?? this.#clock.now();
    const pending = await pendingOf(at, source, { mtime, batch }, ask);
    const { kept } = await this.#enqueue(pending);
    return { kind: "file", size: pending.entry.size, mtime: new Date(mtime), kept };
  }

  /** Implements `remove`. */
  async remove(at: Location, options: RecursiveOptions): Promise<void> {
    const error = (await this.removeMany([at], options)).get(at);
    if (error) throw error;
  }

  /** Implements `removeMany`. */
  async removeMany(
    all: readonly Location[],
    options: RemoveManyOptions,
  ): Promise<ReadonlyMap<Location, VfsError>> {
    const left = new Map<Location, VfsError>();
    const ask = { op: "remove", url: all[0]!.href, signal: options.signal };
    await this.#change(ask, () => removals(all, options, left, ask));
    return left;
  }

  /** Implements `rename`. */
  rename(from: Location, to: Location, { signal, overwrite }: ReplaceOptions): Promise<void> {
    const ask = { op: "move", url: from.href, signal };
    return this.#change(ask, () => renaming(from, to, overwrite ?? false, ask));
  }

  async #change(ask: Ask, planned: () => Plan): Promise<void> {
    await this.#enqueue({ ask, plan: planned(), done: Promise.withResolvers() });
  }

  #enqueue(item: Pending | Change): Promise<Done> {
    this.#queue.push(item);
    if (!this.#isStoring) this.#storeAll();
    const { done: { promise }, ask: { signal, op, url } } = item;
    // The others of a batch do not stop for one, as what is stored with it otherwise does.
    return isBatched(item) ? orAborted(promise, signal, op, url) : promise;
  }

  /** Stores what waits until nothing does. */
  async #storeAll(): Promise<void> {
    this.#isStoring = true;
    // Whoever puts at the same time gets into the same archive.
    await Promise.resolve();
    for (let head = this.#queue.head; head; head = this.#queue.head) {
      if (isBatched(head)) {
        await new Round(this.#making, head).store();
        continue;
      }
      const batch = this.#take();
      const stop = AbortSignal.any(batch.map(({ ask }) => ask.signal));
      try {
        if (stop.aborted) throw toAborted(stop);
        const [first] = batch;
        if ("plan" in first!) await this.#edit(first, stop);
        else await this.#store(batch as Pending[], { ...first!.ask, signal: stop });
        for (const { done } of batch) done.resolve({});
      } catch (error) {
        const left = batch.filter(({ ask }) => !ask.signal.aborted);
        const isAborted = left.length < batch.length;
        for (const { ask, done } of batch) {
          if (ask.signal.aborted) done.reject(toAborted(ask.signal, ask.op, ask.url));
          else if (!isAborted) done.reject(error);
        }
        // They only were in the same archive as what was aborted.
        if (isAborted) this.#queue.unshift(left);
      }
    }
    this.#isStoring = false;
  }

  /** One change, or members of no batch that can be stored together. */
  #take(): (Pending | Change)[] {
    const batch: Pending[] = [];
    const taken = new Set<string>();
    const above = new Set<string>();
    let bytes = 0;
    for (let next = this.#queue.head; next && !isBatched(next); next = this.#queue.head) {
      if ("plan" in next) {
        if (batch.length > 0) break;
        this.#queue.shift();
        return [next];
      }
      const { path } = next.entry;
      const folders = foldersOf(path);
      const isLarge = !(next.data instanceof Uint8Array);
      if (batch.length > 0 && (isLarge || bytes > TOGETHER_BYTES)) break;
      // Of two for one name, or for a file and what would be in it, the second comes later.
      if (taken.has(path) || above.has(path) || folders.some((each) => taken.has(each))) break;
      batch.push(next);
      this.#queue.shift();
      if (isLarge) break;
      taken.add(path);
      for (const folder of folders) above.add(folder);
      bytes += next.entry.packed;
    }
    return batch;
  }

  /** Stores those of `batch` that can be files where they are put; the others are told. */
  async #store(batch: readonly Pending[], ask: Ask): Promise<void> {
    const place = await this.#place();
    const isRepeatable = batch.every(({ data }) => data instanceof Uint8Array || data.replayable);
    const change = async () => {
      const old = await directoryAt(place, this.#limits, ask);
      const fitting = batch.filter(({ at, done }) => {
        const error = whyNot(old, at, ask);
        if (error) done.reject(error);
        return !error;
      });
      if (fitting.length === 0) return;
      const content = () => assembled(place, old, fitting, ask);
      await this.#replace(place, old, { replayable: isRepeatable, content }, ask);
    };
    await contended({ place, change, isRepeatable: () => isRepeatable, clock: this.#clock }, ask);
  }

  async #edit({ ask: asked, plan }: Change, signal: AbortSignal): Promise<void> {
    const ask = { ...asked, signal };
    const place = await this.#place();
    const change = async () => {
      const old = await readDirectory(place, this.#limits, ask);
      const edit = plan(old);
      if (!edit) return;
      const content = () => edited(place, old, edit, ask);
      await this.#replace(place, old, { replayable: true, content }, ask);
    };
    await contended({ place, change, isRepeatable: () => true, clock: this.#clock }, ask);
  }

  async #replace(...args: Parameters<typeof replaceArchive>): Promise<void> {
    try {
      await replaceArchive(...args);
    } finally {
      this.#forget();
    }
  }
}
