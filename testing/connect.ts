/**
 * Connections for tests.
 *
 * @module
 */

import { systemClock } from "../vfs/concurrency/clock.ts";
import { Location, parseLocation } from "../vfs/location/location.ts";
import { NEVER } from "../vfs/concurrency/signals.ts";
import type { ConnectOptions, TransportDriver } from "../vfs/transport.ts";
import type { Connected } from "./conformance.ts";

/**
 * Connects `driver` to the origin of `url`, and makes the directory there.
 *
 * @example
 * ```ts
 * import { connectForTest, memoryTransport } from "@medvfs/vfs/testing";
 *
 * const { transport } = await connectForTest(memoryTransport(), "memory:///work");
 * await transport[Symbol.asyncDispose]();
 * ```
 */
export async function connectForTest(
  driver: TransportDriver,
  url: string,
  options: Partial<ConnectOptions> = {},
): Promise<Connected> {
  const { location, credentials } = parseLocation(url);
  const { scheme, host, port } = location;
  const transport = await driver.connect({
    origin: new Location({ scheme, host, port }),
    credentials: () => Promise.resolve(credentials),
    fetch: (url, init) => fetch(url, init),
    clock: systemClock,
    ...options,
  });
  if (transport.mkdir && location.segments.length > 0) {
    await transport.mkdir(location, { signal: NEVER, recursive: true });
  }
  return { transport, root: location };
}
