/**
 * Adding, removing and renaming members: the archive is stored anew, its other members as they are, and takes the place
 * of the old one in one step. Small files that come together are stored together, and so are renames.
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
import { checkName, type Plan, removals, renamings, whyNot } from "./changes.ts";
import { contended } from "./contended.ts";
import { edited } from "./edit.ts";
import type { ZipLimits } from "./limits.ts";
import {
  type Done,
  isBatched,
  type Item,
  type Pending,
  pendingOf,
  type Rename,
} from "./pending.ts";
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
    await this.#enqueue({
      ask,
      plan: removals(all, options, left, ask),
      done: Promise.withResolvers(),
    });
    return left;
  }

  /** Implements `rename`. */
  async rename(from: Location, to: Location, options: ReplaceOptions): Promise<void> {
    const { signal, overwrite = false } = options;
    const ask = { op: "move", url: from.href, signal };
    checkName(from, ask);
    checkName(to, { ...ask, url: to.href });
    await this.#enqueue({ ask, from, to, overwrite, done: Promise.withResolvers() });
  }

  #enqueue(item: Item): Promise<Done> {
    this.#queue.push(item);
    if (!this.#isStoring) this.#storeAll();
    const { done: { promise }, ask: { signal, op, url } } = item;
    // The others of a batch do not stop for one, as what is stored with it otherwise does.
    return isBatched(item) ? orAborted(promise, signal, op, url) : promise;
  }

  /** Stores what waits until nothing does. */
  async #storeAll(): Promise<void> {
    this.#isStoring = true;
    // Whoever comes at the same time gets into the same archive.
    await Promise.resolve();
    while (true) {
      this.#queue.dropAborted();
      const { head } = this.#queue;
      if (!head) break;
      if (isBatched(head)) {
        await new Round(this.#making, head).store();
        continue;
      }
      const batch = this.#take();
      const [first] = batch;
      const ended = new AbortController();
      const signals = batch.map(({ ask }) => ask.signal);
      // The archive may have been exchanged by then, and of a rename made again nothing would be found.
      const stop = "from" in first! ? afterAll(signals, ended.signal) : AbortSignal.any(signals);
      try {
        const ask = { ...first!.ask, signal: stop };
        if ("plan" in first!) await this.#edit(first.plan, ask);
        else if ("from" in first!) await this.#rename(batch as Rename[], ask);
        else await this.#store(batch as Pending[], ask);
        for (const { done } of batch) done.resolve({});
      } catch (error) {
        for (const { ask, done } of batch) {
          if (ask.signal.aborted) done.reject(toAborted(ask.signal, ask.op, ask.url));
          else if (!stop.aborted) done.reject(error);
        }
        // They only were in the same archive as what was aborted.
        if (stop.aborted) this.#queue.unshift(batch.filter(({ ask }) => !ask.signal.aborted));
      } finally {
        ended.abort();
      }
    }
    this.#isStoring = false;
  }

  /** One change, or members of no batch or renames that can be stored together. */
  #take(): Item[] {
    const batch: Item[] = [];
    const taken = new Set<string>();
    const above = new Set<string>();
    let bytes = 0;
    for (let next = this.#queue.head; next && !isBatched(next); next = this.#queue.head) {
      if ("plan" in next) return batch.length > 0 ? batch : [this.#queue.shift()!];
      const isAlone = "data" in next && !(next.data instanceof Uint8Array);
      const isOther = batch.length > 0 && "from" in next !== "from" in batch[0]!;
      if (batch.length > 0 && (isAlone || isOther || bytes > TOGETHER_BYTES)) break;
      const paths = pathsOf(next);
      const folders = paths.flatMap(foldersOf);
      // Of two for one name, or for a file and what would be in it, the second comes later.
      const isSecond = (path: string) => taken.has(path) || above.has(path);
      if (paths.some(isSecond) || folders.some((each) => taken.has(each))) break;
      batch.push(next);
      this.#queue.shift();
      if (isAlone) break;
      for (const path of paths) taken.add(path);
      for (const folder of folders) above.add(folder);
      if ("data" in next) bytes += next.entry.packed;
    }
    return batch;
  }

  /** Stores those of `batch` that can be files where they are put; the others are told. */
  async #store(batch: readonly Pending[], ask: Ask): Promise<void> {
    const place = await this.#place();
    const isRepeatable = batch.every(({ data }) => data instanceof Uint8Array || data.replayable);
    // Another look may find that there can be a file after all: they are told after the last.
    const left = new Map<Pending, VfsError>();
    const change = async () => {
      left.clear();
      const old = await directoryAt(place, this.#limits, ask);
      const fitting = batch.filter((each) => {
        const error = whyNot(old, each.at, ask);
        if (error) left.set(each, error);
        return !error;
      });
      if (fitting.length === 0) return;
      const content = () => assembled(place, old, fitting, ask);
      await this.#replace(place, old, { replayable: isRepeatable, content }, ask);
    };
    await contended({ place, change, isRepeatable: () => isRepeatable, clock: this.#clock }, ask);
    for (const [{ done }, error] of left) done.reject(error);
  }

  async #rename(batch: readonly Rename[], ask: Ask): Promise<void> {
    const left = new Map<Rename, VfsError>();
    await this.#edit(renamings(batch, left), ask);
    for (const [{ done }, error] of left) done.reject(error);
  }

  async #edit(plan: Plan, ask: Ask): Promise<void> {
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

/** Aborts when the last of `signals` has, unless `ended` has before. */
function afterAll(signals: readonly AbortSignal[], ended: AbortSignal): AbortSignal {
  const stop = new AbortController();
  let left = signals.length;
  for (const signal of signals) {
    const onAbort = () => --left === 0 && stop.abort();
    signal.addEventListener("abort", onAbort, { once: true, signal: ended });
  }
  return stop.signal;
}

/** The paths that something changes. */
function pathsOf(item: Pending | Rename): string[] {
  if ("entry" in item) return [item.entry.path];
  return [item.from, item.to].map(({ segments }) => segments.join("/"));
}
