/**
 * A layer that bounds the bytes and the operations per second.
 *
 * @module
 */

import { readerOf } from "../bytes/bytes.ts";
import { type Clock, sleep, steadyClock, systemClock } from "../concurrency/clock.ts";
import { type Layer, override } from "../layers/layer.ts";
import type { Place, Transport } from "../transport.ts";

/** Options of {@linkcode pace}. */
export interface PaceOptions {
  /** Most bytes read per second. @default {Infinity} */
  readonly bytesPerSecond?: number;
  /** Most operations begun per second. @default {Infinity} */
  readonly operationsPerSecond?: number;
  /** Time. */
  readonly clock?: Clock;
}

/** What may be saved up while nothing is asked for, in seconds. */
const BURST = 0.1;

/**
 * Makes the layer; all transports that it is put over share one budget. With a bound of bytes, copies go through this
 * process, where they can be counted.
 */
export function pace(options: PaceOptions): Layer {
  const { bytesPerSecond, operationsPerSecond, clock = systemClock } = options;
  const bytes = new Bucket(bytesPerSecond ?? Infinity, clock);
  const operations = new Bucket(operationsPerSecond ?? Infinity, clock);

  async function* paged<T>(
    pages: AsyncIterable<T>,
    signal: AbortSignal,
    count = 1,
  ): AsyncGenerator<T> {
    await operations.take(count, signal);
    yield* pages;
  }

  return (inner) => {
    const after = async <T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> => {
      await operations.take(1, signal);
      return await action();
    };
    return override(
      inner,
      {
        stat: (at, o) => after(o.signal, () => inner.stat(at, o)),
        findMissing: (all, o) => after(o.signal, () => inner.findMissing!(all, o)),
        checkRemoval: (at, o) => after(o.signal, () => inner.checkRemoval!(at, o)),
        list: (at, o) => paged(inner.list(at, o), o.signal),
        tree: (at, o) => paged(inner.tree!(at, o), o.signal),
        async *getMany(locations, o) {
          for await (const page of paged(inner.getMany!(locations, o), o.signal)) {
            const length = page.reduce((sum, { got: { body } }) => sum + body.length, 0);
            await bytes.take(length, o.signal);
            yield page;
          }
        },
        put: (at, source, o) => after(o.signal, () => inner.put!(at, source, o)),
        putMany(files, o) {
          // Where that saves no requests each is one.
          const count = inner.capabilities.putMany?.asTheyCome ? files.length : 1;
          return paged(inner.putMany!(files, o), o.signal, count);
        },
        importFiles: (at, files, o) => after(o.signal, () => inner.importFiles!(at, files, o)),
        remove: (at, o) => after(o.signal, () => inner.remove!(at, o)),
        removeMany: (all, o) => after(o.signal, () => inner.removeMany!(all, o)),
        mkdir: (at, o) => after(o.signal, () => inner.mkdir!(at, o)),
        ...(bytesPerSecond === undefined && {
          copy: (from, to, o) => after(o.signal, () => inner.copy!(from, to, o)),
        }),
        async get(at, o) {
          const got = await after(o.signal, () => inner.get(at, o));
          if (bytesPerSecond === undefined) return got;
          const reader = readerOf(got.body);
          const body = {
            async read(into?: Uint8Array<ArrayBuffer>) {
              const chunk = await reader.read(into);
              if (chunk) await bytes.take(chunk.length, o.signal);
              return chunk;
            },
            close: (reason?: unknown) => reader.close(reason),
          };
          return { ...got, body };
        },
      } satisfies Partial<Transport>,
      bytesPerSecond === undefined ? [] : ["copy"],
    );
  };
}

/** A source and a destination with one budget; both keep one transport where they have one. */
export function pacedPair(
  { source, target }: { readonly source: Place; readonly target: Place },
  options: PaceOptions,
): { readonly source: Place; readonly target: Place } {
  const { bytesPerSecond, operationsPerSecond } = options;
  if (bytesPerSecond === undefined && operationsPerSecond === undefined) return { source, target };
  const layer = pace({ bytesPerSecond, operationsPerSecond });
  const transport = layer(source.transport);
  const isOne = source.transport === target.transport;
  return {
    source: { ...source, transport },
    target: { ...target, transport: isOne ? transport : layer(target.transport) },
  };
}

/** Counts what is taken; whoever takes more than there is waits until that has come. */
class Bucket {
  readonly #rate: number;
  readonly #clock: Clock;
  /** How long it takes until all that was taken has come, in milliseconds; negative for what is saved up. */
  #debtMs = 0;
  #last: number;

  constructor(rate: number, clock: Clock) {
    this.#rate = rate;
    this.#clock = steadyClock(clock);
    this.#last = this.#clock.now();
  }

  async take(count: number, signal: AbortSignal): Promise<void> {
    if (this.#rate === Infinity) return;
    const now = this.#clock.now();
    // Once a clock was set back, nobody waits for the old time to come again.
    this.#debtMs = Math.max(-BURST * 1000, this.#debtMs - Math.max(0, now - this.#last));
    this.#last = now;
    // Each waits for what was taken before; whoever comes first need not wait.
    const waitMs = this.#debtMs;
    this.#debtMs += count / this.#rate * 1000;
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal, "pace");
  }
}
