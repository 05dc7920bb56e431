/** An emulator and a connection to it, for the tests of writing. */

import { connectForTest } from "../../../testing/mod.ts";
import {
  startXnatServer,
  type XnatServer,
  type XnatServerOptions,
} from "../../../testing/xnat_server/mod.ts";
import { xnatTransport, type XnatTransportOptions } from "../../../transports/xnat/mod.ts";
import { collect, type Source, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { type Location, parseLocation } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";

/** What a test works with; paths are below the server, `P/sub1/ses1/1/R/a.txt`. */
export interface Setting {
  readonly server: XnatServer;
  readonly transport: Transport;
  /** `xnat+http://127.0.0.1:PORT` */
  readonly origin: string;
  at(path: string): Location;
  put(path: string, content: string | Uint8Array<ArrayBuffer> | Source): Promise<unknown>;
  text(path: string): Promise<string>;
  names(path: string): Promise<string[]>;
  remove(path: string, recursive?: boolean): Promise<void>;
  mkdir(path: string, recursive?: boolean): Promise<void>;
}

/** Runs `work` on an emulator with a session `P/sub1/ses1` that has a scan 1. */
export async function setting(
  work: (setting: Setting) => Promise<void>,
  options: XnatServerOptions & { user?: string; driver?: XnatTransportOptions } = {},
): Promise<void> {
  const { user = "admin:admin", driver, ...others } = options;
  await using server = await startXnatServer(others);
  server.seed.session(["P", "sub1", "ses1"], { xsiType: "xnat:mrSessionData" });
  server.seed.scan(["P", "sub1", "ses1", "1"]);
  const host = `127.0.0.1:${server.port}`;
  const made = await connectForTest(xnatTransport(driver), `xnat+http://${user}@${host}`);
  await using transport = made.transport;
  const origin = `xnat+http://${host}`;
  const root = parseLocation(`${origin}/`).location;
  const at = (path: string) => path === "" ? root : root.join(...path.split("/"));
  const signal = NEVER;
  await work({
    server,
    transport,
    origin,
    at,
    put: (path, content) => transport.put!(at(path), sourceOf(content), { signal }),
    text: async (path) => {
      const { body } = await transport.get(at(path), { signal });
      return new TextDecoder().decode(await collect(body));
    },
    names: async (path) => {
      const pages = await Array.fromAsync(transport.list(at(path), { signal }));
      return pages.flat().map(({ name }) => name).sort();
    },
    remove: (path, recursive) => transport.remove!(at(path), { signal, recursive }),
    mkdir: (path, recursive) => transport.mkdir!(at(path), { signal, recursive }),
  });
}

/** A source of text or bytes. */
export function sourceOf(content: string | Uint8Array<ArrayBuffer> | Source): Source {
  if (typeof content === "string") return sourceOfBytes(new TextEncoder().encode(content));
  return content instanceof Uint8Array ? sourceOfBytes(content) : content;
}

/** `size` bytes that are made as they are read. */
export function growing(size: number, replayable = true): Source {
  return {
    size,
    replayable,
    open: () => {
      let left = size;
      return Promise.resolve({
        read: () => {
          const length = Math.min(left, 65_536);
          left -= length;
          return Promise.resolve(length > 0 ? new Uint8Array(length).fill(left) : undefined);
        },
        close: () => Promise.resolve(),
      });
    },
  };
}
