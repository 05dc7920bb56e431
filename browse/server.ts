/**
 * Starts and stops a page.
 *
 * @module
 */

import { LOOPBACK } from "../serving/access.ts";
import type { Location } from "../vfs/location/location.ts";
import { browserHandler } from "./handler.ts";
import { listen } from "./listen.ts";
import { type BrowserOptions, settingsOf } from "./options.ts";

/** A running page. */
export interface BrowserServer extends AsyncDisposable {
  /** What to open in a browser. It holds the token: who has it sees what is shown. */
  readonly link: string;
  /** Where it listens, without the token: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Port on which it listens. */
  readonly port: number;
  /** What is shown. */
  readonly root: Location;
  /** Stops listening and drops what is under way. Twice does no harm. */
  close(): Promise<void>;
}

/**
 * Serves a page that shows a place and all below it, to look at and, with `write`, to change.
 *
 * @throws `NotFound`, `TransportNotFound` and what else opening the place fails with
 * @throws {Error} with the `code` `EADDRINUSE` when the port is taken
 */
export async function serveBrowser(options: BrowserOptions): Promise<BrowserServer> {
  const { where, hostname = "127.0.0.1", port = 0 } = options;
  const mount = await options.vfs.mount(where, { signal: options.signal });
  const stop = new AbortController();
  const { vfs, root } = mount;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  try {
    const settings = settingsOf(
      options,
      {
        vfs,
        root,
        isDirectory: await vfs.isDirectory(root, { signal: options.signal }),
        about: await vfs.about(root.scheme),
        capabilities: await vfs.capabilities(root),
      },
      [...LOOPBACK, host, ...options.allowedHosts ?? []],
      stop.signal,
    );
    const server = await listen(hostname, port, browserHandler(settings));
    const url = `http://${host}:${server.port}`;
    let closing: Promise<void> | undefined;
    const end = async () => {
      stop.abort();
      await server.close();
      await mount.close();
    };
    const close = () => closing ??= end();
    return {
      link: `${url}/${settings.key}/#token=${settings.token}`,
      url,
      port: server.port,
      root,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await mount.close();
    throw error;
  }
}
