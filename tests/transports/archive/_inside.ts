/** Archives in memory, and drivers that look inside. @module */

import type { Connected } from "../../../testing/conformance.ts";
import { memoryTransport } from "../../../testing/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { type Clock, systemClock } from "../../../vfs/concurrency/clock.ts";
import { Connections } from "../../../vfs/connections.ts";
import { Location, parseLocation } from "../../../vfs/location/location.ts";
import { locationWithin } from "../../../vfs/location/nested_location.ts";
import { Registry } from "../../../vfs/registry.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport, TransportDriver } from "../../../vfs/transport.ts";

/** A connection to what is in an archive in memory. */
export interface Inside extends Required<Connected> {
  /** Puts another archive in the place of the first. */
  replace(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A connection of `driver` to the archive `bytes`, with nothing around it. */
export async function inside(
  driver: TransportDriver,
  bytes: Uint8Array<ArrayBuffer> | undefined,
  around: (inner: Transport) => Transport = (inner) => inner,
  // On a busy machine a second may pass at any point, after which the archive is asked whether it changed.
  clock: Clock = { ...systemClock, elapsed: () => 0 },
): Promise<Inside> {
  const registry = new Registry();
  registry.register(memoryTransport());
  const connections = new Connections(registry);
  const archive = parseLocation(`memory:///archives/a.${driver.schemes[0]}`).location;
  const { transport: memory } = await connections.resolve(archive);
  const replace = async (content: Uint8Array<ArrayBuffer>) => {
    await memory.put!(archive, sourceOfBytes(content), { signal: NEVER });
  };
  if (bytes) await replace(bytes);
  const inner = around(memory);
  const root = locationWithin(driver.schemes[0]!, archive);
  const transport = await driver.connect({
    origin: new Location({ scheme: root.scheme, host: root.host }),
    credentials: () => Promise.resolve(undefined),
    fetch: (url, init) => fetch(url, init),
    clock,
    nested: (location) => Promise.resolve({ location, transport: inner }),
  });
  return { transport, root, replace, dispose: () => connections[Symbol.asyncDispose]() };
}
