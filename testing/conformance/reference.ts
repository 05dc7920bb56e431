/**
 * The transport that all others are compared with.
 *
 * @module
 */

import { systemClock } from "../../vfs/concurrency/clock.ts";
import { guard } from "../../vfs/layers/guard.ts";
import { Location } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { Capabilities, Transport } from "../../vfs/transport.ts";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { masked } from "./mask.ts";

/** A world of `memory:`. */
export interface Reference {
  /** Behind the guard, and with the capabilities asked for. */
  readonly transport: Transport;
  /** The same with all capabilities. */
  readonly bare: Transport;
  /** An empty directory. */
  readonly root: Location;
}

/** A new world of `memory:`, seen with no more capabilities than given. */
export async function reference(
  capabilities: Capabilities,
): Promise<Reference> {
  const driver = memoryTransport();
  const origin = new Location({ scheme: "memory" });
  const bare = await driver.connect({
    origin,
    credentials: () => Promise.resolve(undefined),
    fetch: () => Promise.reject(new TypeError("Memory needs no network")),
    clock: systemClock,
  });
  const root = origin.child("reference");
  await bare.mkdir!(root, { signal: NEVER });
  const transport = guard("memory")(masked(bare, capabilities));
  return { transport, bare, root };
}
