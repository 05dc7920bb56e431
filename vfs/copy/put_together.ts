/**
 * Small files, stored together where the destination can.
 *
 * @module
 */

import { override } from "../layers/layer.ts";
import type { Location } from "../location/location.ts";
import type { Source } from "../bytes/bytes.ts";
import type {
  CallOptions,
  FileToPut,
  PutManyLimits,
  PutOptions,
  Stored,
  Transport,
} from "../transport.ts";

/** What is to be stored. */
export interface ToPut {
  /** Where, if anywhere. */
  readonly location?: Location;
  /** Bytes, when a listing told. */
  readonly size?: number;
}

/** Directories whose groups are not full yet: files that were read together come from several at once. */
const OPEN = 4;
/** Groups under way: while one is sent, others are read and hashed. */
const GROUPS = 3;

/** Bytes of the largest file that waits for others, to be stored with them; nothing, where each goes as it comes. */
export function gatheredUpTo({ capabilities }: Transport): number | undefined {
  const { putMany, batches } = capabilities;
  return putMany && !putMany.asTheyCome ? putMany.size : batches;
}

/** Files that go together. */
interface Group<T> {
  readonly items: T[];
  bytes: number;
}

/** Items that come some at a time. */
export type Pages<T> = AsyncIterable<readonly T[]> | Iterable<readonly T[]>;

/** Items in groups, each of small files that `target` stores together; others are by themselves. */
export async function* groupsToPut<T>(
  pages: Pages<T>,
  { capabilities: { putMany: limits } }: Transport,
  fileOf: (item: T) => ToPut,
): AsyncGenerator<readonly T[]> {
  if (limits?.asTheyCome) return yield* parts(pages, limits, fileOf);
  const open = new Map<string, Group<T>>();
  const take = (key: string) => {
    const { items } = open.get(key)!;
    open.delete(key);
    return items;
  };
  for await (const page of pages) {
    for (const item of page) {
      const { location, size = Infinity } = fileOf(item);
      if (!location || !limits || size > limits.size) {
        yield [item];
        continue;
      }
      const key = location.parent()?.href ?? "";
      if ((open.get(key)?.bytes ?? 0) + size > limits.bytes) yield take(key);
      const group: Group<T> = open.get(key) ?? { items: [], bytes: 0 };
      open.set(key, group);
      group.items.push(item);
      group.bytes += size;
      if (group.items.length === limits.files) yield take(key);
      else if (open.size > OPEN) yield take(open.keys().next().value!);
    }
  }
  for (const { items } of open.values()) yield items;
}

/** Those of each page that go together, where none waits for others to come. */
async function* parts<T>(
  pages: Pages<T>,
  limits: PutManyLimits,
  fileOf: (item: T) => ToPut,
): AsyncGenerator<readonly T[]> {
  for await (const page of pages) {
    const isSmall = (item: T) => {
      const { location, size = Infinity } = fileOf(item);
      return location !== undefined && size <= limits.size;
    };
    const { small = [], others = [] } = Object.groupBy(
      page,
      (item) => isSmall(item) ? "small" : "others",
    );
    for (let at = 0; at < small.length; at += limits.files) {
      yield small.slice(at, at + limits.files);
    }
    for (const item of others) yield [item];
  }
}

/** The part of `concurrency` that a group takes. */
export function weightOfGroup(group: readonly unknown[], concurrency: number): number {
  return group.length === 1 ? 1 : concurrency / GROUPS;
}

/**
 * Does `work` for all of a group at once, with a transport that lets the `put` of each wait for those of the others, so
 * that they become one `putMany`. What that leaves is put alone. What is missing at the destination it asks for all at once.
 */
export async function putTogether<T>(
  group: readonly T[],
  target: Transport,
  locationOf: (item: T) => Location | undefined,
  work: (item: T, target: Transport) => Promise<void>,
): Promise<void> {
  if (group.length < 2 || !target.putMany) {
    for (const item of group) await work(item, target);
    return;
  }
  const puts = new JoinedPuts(target, group.map(locationOf));
  const joining = override(target, {
    put: (at, source, o) => puts.put(at, source, o),
    findMissing: (all, o) => puts.findMissing(all, o),
  });
  const results = await Promise.allSettled(group.map(async (item) => {
    try {
      await work(item, joining);
    } finally {
      puts.leave(locationOf(item));
    }
  }));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** A put that waits for others. */
interface Waiting {
  readonly file: FileToPut;
  readonly options: PutOptions;
  readonly done: PromiseWithResolvers<Stored>;
}

class JoinedPuts {
  readonly #target: Transport;
  /** Files that have not been put yet. */
  readonly #expected: Set<Location | undefined>;
  readonly #waiting = new Map<Location, Waiting>();
  readonly #all: ReadonlySet<Location>;
  #missing: Promise<ReadonlySet<Location>> | undefined;

  constructor(target: Transport, expected: readonly (Location | undefined)[]) {
    this.#target = target;
    this.#expected = new Set(expected);
    this.#all = new Set(expected.filter((each) => each !== undefined));
  }

  async findMissing(
    locations: readonly Location[],
    options: CallOptions,
  ): Promise<ReadonlySet<Location>> {
    if (locations.some((each) => !this.#all.has(each))) {
      return await this.#target.findMissing!(locations, options);
    }
    return await (this.#missing ??= this.#target.findMissing!([...this.#all], options));
  }

  put(location: Location, source: Source, options: PutOptions): Promise<Stored> {
    const { size } = source;
    const { mode = "replace", ifMatch, mtime, mediaType } = options;
    const isPlain = ifMatch === undefined && source.replayable;
    if (!isPlain || mode === "append" || !this.#expected.has(location) || !this.#fits(size)) {
      this.leave(location);
      return this.#target.put!(location, source, options);
    }
    const file = {
      location,
      source: { ...source, size, open: () => source.open() },
      mode,
      mtime,
      mediaType,
    };
    const done = Promise.withResolvers<Stored>();
    this.#waiting.set(location, { file, options, done });
    this.leave(location);
    return done.promise;
  }

  /** The file was put, or will not be. */
  leave(location: Location | undefined): void {
    if (this.#expected.delete(location) && this.#expected.size === 0) this.#send();
  }

  #fits(size: number | undefined): size is number {
    return size !== undefined && size <= (this.#target.capabilities.putMany?.size ?? 0);
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting;
    const [first] = waiting.values();
    try {
      if (first && waiting.size > 1) {
        const files = [...waiting.values()].map(({ file }) => file);
        const { signal } = first.options;
        for await (const page of this.#target.putMany!(files, { signal })) {
          for (const outcome of page) {
            const { done } = waiting.get(outcome.location)!;
            waiting.delete(outcome.location);
            if ("error" in outcome) done.reject(outcome.error);
            else done.resolve(outcome.stored);
          }
        }
      }
    } catch (error) {
      for (const { done } of waiting.values()) done.reject(error);
      return;
    }
    for (const { file: { location, source }, options, done } of waiting.values()) {
      this.#target.put!(location, source, options).then(done.resolve, done.reject);
    }
  }
}
