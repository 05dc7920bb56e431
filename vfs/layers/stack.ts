/**
 * The layers in their one order.
 *
 * @module
 */

import type { Transport } from "../transport.ts";
import type { Clock } from "../concurrency/clock.ts";
import type { RetryOptions } from "./back_off.ts";
import type { Layer } from "./layer.ts";
import { limit, type LimitOptions } from "./limit.ts";
import { observe, type Observer } from "./observe.ts";
import { retry } from "./retry.ts";
import { timeout, type TimeoutOptions } from "./timeout.ts";
import { verify } from "./verify.ts";

/** Which layers a {@linkcode stack} has, and how they are set; `false` leaves one out. */
export interface StackOptions {
  /** Gets an event per operation. */
  readonly observer?: Observer;
  /** Caches listings or content. */
  readonly cache?: Layer;
  /** Retries and resumes. */
  readonly retry?: RetryOptions | false;
  /** Bounds concurrency. */
  readonly limit?: LimitOptions | false;
  /** Bounds waits. */
  readonly timeout?: TimeoutOptions | false;
  /** Time, for all layers. */
  readonly clock?: Clock;
  /** Randomness, for the jitter of retries. */
  readonly random?: () => number;
}

/**
 * Puts the layers over `guarded`, a driver behind its guard. From outside: observe, cache, retry, limit,
 * timeout. So a back-off holds no permit, queueing for a permit eats no timeout, and a hang below is seen by
 * the retry above. Content is compared with its digests where it is put together again, which is in retry. There is no
 * way to choose another order.
 */
export function stack(
  guarded: Transport,
  options: StackOptions = {},
): Transport {
  const { clock, random } = options;
  const layers: (Layer | false | undefined)[] = [
    options.timeout !== false && timeout({ clock, ...options.timeout }),
    options.limit !== false && limit(options.limit),
    options.retry === false ? verify : retry({ clock, random, ...options.retry }),
    options.cache,
    options.observer && observe(options.observer, clock),
  ];
  return layers.reduce<Transport>(
    (inner, layer) => layer ? layer(inner) : inner,
    guarded,
  );
}
