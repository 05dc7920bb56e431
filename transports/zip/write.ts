/**
 * Adding, removing and renaming members: the archive is stored anew, its other members as they are, and takes the place
 * of the old one in one step. Small files that come together are stored together.
 *
 * @module
 */

import { crc32, deflateRawSync } from "node:zlib";
import type { Ask } from "../../vfs/ask.ts";
import { collect, type Source } from "../../vfs/bytes/bytes.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import { isNotFound, isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { orAborted, toAborted } from "../../vfs/concurrency/signals.ts";
import { callError } from "../../vfs/layers/measured.ts";
import type {
  CallOptions,
  FileToPut,
  Place,
  PutOptions,
  PutOutcome,
  RecursiveOptions,
  ReplaceOptions,
  Stored,
} from "../../vfs/transport.ts";
import { type Addition, assembled, readerOfChunks } from "./assemble.ts";
import { DEFLATED, type Directory, readDirectory, STORED } from "./directory.ts";
import { checkName, type Plan, removal, renaming, whyNot } from "./changes.ts";
import { changedMeanwhile, contended } from "./contended.ts";
import { edited } from "./edit.ts";
import type { NewEntry } from "./encode.ts";
import type { ZipLimits } from "./limits.ts";
import { isWorthDeflating, SAMPLE } from "./worth.ts";

/** Files up to this size are read before anything is stored, and stored together. */
const SMALL = 2 ** 20;
/** As many of them at once as fit into this. */
const TOGETHER_BYTES = 64 * 2 ** 20;
/** What `putMany` is best given at once. */
export const TOGETHER = { size: SMALL, files: 256, bytes: 16 * 2 ** 20, across: true };

/** What waits for its turn. */
interface Waiting {
  readonly ask: Ask;
  readonly done: PromiseWithResolvers<void>;
}

/** A member that waits to be stored. */
interface Pending extends Addition, Waiting {
  readonly at: Location;
}

/** A change of what is there. */
interface Change extends Waiting {
  readonly plan: Plan;
}

/** All bytes of the archive that takes the place of another. */
interface NewContent {
  readonly replayable: boolean;
  readonly content: () => AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Stores members in one archive, one archive at a time. */
export class ZipWriter {
  readonly #place: () => Promise<Place>;
  readonly #limits: Required<ZipLimits>;
  readonly #forget: () => void;
  readonly #clock: Clock;
  #queue: (Pending | Change)[] = [];
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
  }

  /** Implements `put`. */
  async put(at: Location, source: Source, { signal, mtime }: PutOptions): Promise<Stored> {
    const ask = { op: "write", url: at.href, signal };
    checkName(at, ask);
    const isSmall = source.size !== undefined && source.size <= SMALL;
    const base = {
      path: at.segments.join("/"),
      mtime: mtime?.getTime() ?? this.#clock.now(),
      crc: 0,
      packed: 0,
      size: 0,
    };
    const pending = isSmall
      ? packed(at, await pull(source, ask), base, ask)
      : { at, entry: { ...base, method: STORED, isDescribedAfter: true }, data: source, ask };
    const done = Promise.withResolvers<void>();
    this.#queue.push({ ...pending, done });
    if (!this.#isStoring) this.#storeAll();
    await done.promise;
    return { kind: "file", size: pending.entry.size, mtime: new Date(base.mtime) };
  }

  /** Implements `putMany`: whatever waits at the same time gets into the same archive. */
  async *putMany(files: readonly FileToPut[], { signal }: CallOptions): AsyncGenerator<PutOutcome> {
    const puts = files.map(async ({ location, source, mtime }): Promise<PutOutcome> => {
      try {
        return { location, stored: await this.put(location, source, { signal, mtime }) };
      } catch (error) {
        return { location, error: callError(error, "write", location, signal) };
      }
    });
    try {
      for (const put of puts) yield await put;
    } finally {
      await Promise.all(puts);
    }
  }

  /** Implements `remove`. */
  remove(at: Location, { signal, recursive = false }: RecursiveOptions): Promise<void> {
    const ask = { op: "remove", url: at.href, signal };
    return this.#change(ask, () => removal(at, recursive, ask));
  }

  /** Implements `rename`. */
  rename(from: Location, to: Location, { signal, overwrite }: ReplaceOptions): Promise<void> {
    const ask = { op: "move", url: from.href, signal };
    return this.#change(ask, () => renaming(from, to, overwrite ?? false, ask));
  }

  async #change(ask: Ask, planned: () => Plan): Promise<void> {
    const plan = planned();
    const done = Promise.withResolvers<void>();
    this.#queue.push({ ask, plan, done });
    if (!this.#isStoring) this.#storeAll();
    await done.promise;
  }

  /** Stores what waits until nothing does. */
  async #storeAll(): Promise<void> {
    this.#isStoring = true;
    // Whoever puts at the same time gets into the same archive.
    await Promise.resolve();
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      const stop = AbortSignal.any(batch.map(({ ask }) => ask.signal));
      try {
        if (stop.aborted) throw toAborted(stop);
        const [first] = batch;
        if ("plan" in first!) await this.#edit(first, stop);
        else await this.#store(batch as Pending[], { ...first!.ask, signal: stop });
        for (const { done } of batch) done.resolve();
      } catch (error) {
        const left = batch.filter(({ ask }) => !ask.signal.aborted);
        const isAborted = left.length < batch.length;
        for (const { ask, done } of batch) {
          if (ask.signal.aborted) done.reject(toAborted(ask.signal, ask.op, ask.url));
          else if (!isAborted) done.reject(error);
        }
        // They only were in the same archive as what was aborted.
        if (isAborted) this.#queue.unshift(...left);
      }
    }
    this.#isStoring = false;
  }

  #take(): (Pending | Change)[] {
    if (this.#queue[0] && "plan" in this.#queue[0]) return this.#queue.splice(0, 1);
    const batch: Pending[] = [];
    const taken = new Set<string>();
    const above = new Set<string>();
    let bytes = 0;
    while (this.#queue.length > 0) {
      const next = this.#queue[0]!;
      if ("plan" in next) break;
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
      const old = await this.#directory(place, ask);
      const fitting = batch.filter(({ at, done }) => {
        const error = whyNot(old, at, ask);
        if (error) done.reject(error);
        return !error;
      });
      if (fitting.length === 0) return;
      const content = () => assembled(place, old, fitting, ask);
      await this.#replace(place, old, { replayable: isRepeatable, content }, ask);
    };
    await contended({ place, change, isRepeatable, clock: this.#clock }, ask);
  }

  async #edit({ ask: asked, plan }: Change, signal: AbortSignal): Promise<void> {
    const ask = { ...asked, signal };
    const place = await this.#place();
    const change = async () => {
      const old = await readDirectory(place, this.#limits, ask);
      const edit = plan(old);
      const content = () => edited(place, old, edit, ask);
      await this.#replace(place, old, { replayable: true, content }, ask);
    };
    await contended({ place, change, isRepeatable: true, clock: this.#clock }, ask);
  }

  async #replace(
    place: Place,
    old: Directory | undefined,
    { replayable, content }: NewContent,
    ask: Ask,
  ): Promise<void> {
    const { transport, location } = place;
    const { exclusive, putsIfMatch } = transport.capabilities;
    const ifMatch = putsIfMatch ? old?.file.version.etag : undefined;
    const mode = !old && exclusive ? "create" : "replace";
    const { signal } = ask;
    // The transport that reads it may tell its failure in words of its own.
    let failure: unknown;
    const kept = async function* () {
      failure = undefined;
      try {
        yield* content();
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    try {
      const open = () => Promise.resolve(readerOfChunks(kept()));
      await transport.put!(location, { replayable, open }, { mode, ifMatch, signal });
    } catch (error) {
      const isThere = !old && isVfsError(error) && error.kind === "AlreadyExists";
      throw failure ?? (isThere ? changedMeanwhile(place, ask) : error);
    } finally {
      this.#forget();
    }
  }

  async #directory(place: Place, ask: Ask): Promise<Directory | undefined> {
    try {
      return await readDirectory(place, this.#limits, ask);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}

async function pull(source: Source, { signal, op, url }: Ask): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await orAborted(source.open(), signal, op, url);
  if (bytes instanceof Uint8Array) return bytes.slice();
  return await collect({
    read: () => orAborted(bytes.read(), signal, op, url),
    close: (reason) => bytes.close(reason),
  });
}

/** Deflated, where that makes it smaller; of what is longer than a sample, where that tells so. */
function packed(
  at: Location,
  content: Uint8Array<ArrayBuffer>,
  base: Omit<NewEntry, "method" | "isDescribedAfter">,
  ask: Ask,
): Omit<Pending, "done"> {
  const isTried = content.length <= SAMPLE || isWorthDeflating(content.subarray(0, SAMPLE));
  const deflated = isTried ? new Uint8Array(deflateRawSync(content)) : content;
  const isSmaller = deflated.length < content.length;
  const data = isSmaller ? deflated : content;
  const entry = {
    ...base,
    method: isSmaller ? DEFLATED : STORED,
    isDescribedAfter: false,
    crc: crc32(content),
    size: content.length,
    packed: data.length,
  };
  return { at, entry, data, ask };
}
