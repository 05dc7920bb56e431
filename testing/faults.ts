/**
 * The fault kit: transports that fail as told, or at random by a seed.
 *
 * @module
 */

import { type Clock, systemClock } from "../vfs/concurrency/clock.ts";
import type { Location } from "../vfs/location/location.ts";
import type { Transport } from "../vfs/transport.ts";
import {
  type Call,
  type Fault,
  type FaultKind,
  type FaultyOperation,
  injectFaults,
} from "./fault_injection.ts";
import { seededRandom, seedOf } from "./random.ts";

export type { Call, Fault, FaultKind, FaultyOperation };

/** A fault that was injected. */
export interface InjectedFault extends Fault {
  /** The method that was called. */
  readonly op: FaultyOperation;
  /** Where. */
  readonly url: string;
}

/** Options of {@linkcode faults}. */
export interface FaultsOptions {
  /** The same seed gives the same faults to the same calls, in whatever order they come. */
  readonly seed: number;
  /** Share of calls that meet a fault, 0 to 1. */
  readonly rate: number;
  /** What may go wrong. @default all but `stalled-read` and `changed-etag`, which retrying cannot mend */
  readonly kinds?: readonly FaultKind[];
  /** Operations that faults are injected into. @default all */
  readonly operations?: readonly FaultyOperation[];
  /** Calls that may not be repeated meet faults too. @default {false} */
  readonly unrepeatable?: boolean;
  /** What of a location counts, such as its path without a temporary folder. @default its URL */
  readonly name?: (location: Location) => string;
  /** Most faults in a row for the same operation and location. @default {2} */
  readonly maxInARow?: number;
  /** Most bytes before a body or source is cut. @default {131072} */
  readonly maxBytes?: number;
  /** Time, for delays. */
  readonly clock?: Clock;
}

/** A layer that injects faults, and the record of them. */
export interface FaultLayer {
  /** Wraps a transport. */
  (inner: Transport): Transport;
  /** What was injected so far. */
  readonly log: readonly InjectedFault[];
}

const MENDABLE: readonly FaultKind[] = [
  "unavailable",
  "rate-limited",
  "delay",
  "lost-response",
  "cut-listing",
  "cut-read",
  "truncated-read",
  "cut-write",
];

const ANY_CALL: readonly FaultKind[] = ["unavailable", "rate-limited", "delay"];
const WRITING: readonly FaultKind[] = [...ANY_CALL, "lost-response"];

const APPLICABLE: Readonly<Record<FaultyOperation, readonly FaultKind[]>> = {
  stat: ANY_CALL,
  describe: ANY_CALL,
  list: [...ANY_CALL, "cut-listing"],
  tree: [...ANY_CALL, "cut-listing"],
  get: [
    ...ANY_CALL,
    "cut-read",
    "truncated-read",
    "stalled-read",
    "changed-etag",
  ],
  getMany: [...ANY_CALL, "cut-listing"],
  put: [...WRITING, "cut-write"],
  putMany: [...WRITING, "cut-listing"],
  importFiles: [...WRITING, "cut-write"],
  remove: WRITING,
  removeMany: WRITING,
  mkdir: WRITING,
  rename: WRITING,
  copy: WRITING,
};

/**
 * Makes a layer that injects faults by a seed. Whether a call meets one depends on the seed, the operation,
 * the location and how often that was called, not on what else goes on.
 *
 * Truncated bodies are told by their announced length only, so have a guard above this layer.
 *
 * @example
 * ```ts
 * import { faults } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const layer = faults({ seed: 1, rate: 0.2 });
 * assert.deepEqual(layer.log, []);
 * ```
 */
export function faults(options: FaultsOptions): FaultLayer {
  const { seed, rate, kinds = MENDABLE, maxInARow = 2 } = options;
  const { maxBytes = 131_072, clock = systemClock } = options;
  const { name = (location) => location.href } = options;
  const calls = new Map<string, { count: number; inARow: number }>();
  const log: InjectedFault[] = [];

  function decide({ op, location, repeatable }: Call): Fault | undefined {
    if (!repeatable && !options.unrepeatable) return undefined;
    if (options.operations && !options.operations.includes(op)) {
      return undefined;
    }
    const key = `${op} ${name(location)}`;
    const seen = calls.get(key) ?? { count: 0, inARow: 0 };
    calls.set(key, seen);
    const random = seededRandom(seedOf(seed, `${key} ${seen.count++}`));
    const possible = APPLICABLE[op].filter((kind) => kinds.includes(kind));
    const hit = random() < rate && seen.inARow < maxInARow;
    const kind = possible[Math.floor(random() * possible.length)];
    if (!hit || !kind) {
      seen.inARow = 0;
      return undefined;
    }
    seen.inARow++;
    const fault: Fault = {
      kind,
      at: kind === "cut-listing" ? Math.floor(random() * 3) : Math.floor(maxBytes ** random()) - 1,
      ms: 1 + Math.floor(random() * 20),
    };
    log.push({ ...fault, op, url: location.href });
    return fault;
  }

  return Object.assign(
    (inner: Transport) => injectFaults(inner, decide, clock),
    { log },
  );
}

/** One line of a script: which call, and what happens to it. */
export interface ScriptedFault extends Fault {
  /** The method. */
  readonly op: FaultyOperation;
  /** Which call of that method on the transport, the first being 1. */
  readonly call: number;
}

/**
 * `inner`, with exactly these faults.
 *
 * @example
 * ```ts
 * import { scripted } from "@medvfs/vfs/testing";
 * import type { Transport } from "@medvfs/vfs/testing";
 *
 * // The second read breaks after 100 bytes.
 * export const broken = (inner: Transport) =>
 *   scripted(inner, [{ op: "get", call: 2, kind: "cut-read", at: 100, error: "Incomplete" }]);
 * ```
 */
export function scripted(
  inner: Transport,
  script: readonly ScriptedFault[],
  clock: Clock = systemClock,
): Transport {
  const counts = new Map<FaultyOperation, number>();
  return injectFaults(inner, ({ op }) => {
    const count = (counts.get(op) ?? 0) + 1;
    counts.set(op, count);
    return script.find((line) => line.op === op && line.call === count);
  }, clock);
}
