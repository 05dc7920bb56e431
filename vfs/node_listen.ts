/**
 * Listening with servers of Node.
 *
 * @module
 */

import type { AddressInfo, Server } from "node:net";

/**
 * Has `server` listen, and gives its port.
 *
 * @throws {Deno.errors.NotCapable}
 */
export async function listenAt(server: Server, hostname: string, port: number): Promise<number> {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  // Where it is not granted, Node's servers throw what nobody can catch.
  const { state } = await Deno.permissions.request({ name: "net", host: `${host}:${port}` });
  if (state !== "granted") {
    throw new Deno.errors.NotCapable(`Cannot listen; run with --allow-net=${host}`);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  return (server.address() as AddressInfo).port;
}
