/**
 * The XNAT servers that `login` and `logout` name.
 *
 * @module
 */

import { addressOf } from "../transports/xnat/address.ts";
import { XnatClient } from "../transports/xnat/client.ts";
import { trusting } from "../transports/xnat/trust.ts";
import { systemClock } from "../vfs/concurrency/clock.ts";
import { originOf } from "../vfs/credentials/origins.ts";
import type { Credentials } from "../vfs/credentials/credentials.ts";
import { Location, parseLocation } from "../vfs/location/location.ts";
import { loginFile, LoginStore } from "../vfs/credentials/login_store.ts";
import type { GlobalOptions } from "./context.ts";
import { UsageError } from "./exit_code.ts";

/** A server, and whom the URL names. */
export interface NamedServer {
  /** Scheme, host and port. */
  readonly origin: Location;
  /** Context path such as `/xnat`, or empty. */
  readonly context: string;
  /** The origin's one spelling, under which logins are kept. */
  readonly key: string;
  /** The user in the URL. */
  readonly username?: string;
}

/** The server in a URL from the command line. @throws {UsageError} */
export function serverOf(url: string): NamedServer {
  const { location, credentials } = parseLocation(url);
  const { scheme, host, port } = location;
  if (!["xnat", "xnat+http"].includes(scheme) || host === "") {
    const isWeb = /^https?$/.test(scheme);
    const expected = isWeb
      ? location.href.replace(/^http(s?)/, (_, s) => s ? "xnat" : "xnat+http")
      : "xnat://HOST";
    throw new UsageError(`Cannot use "${location.href}": expected a URL such as ${expected}`);
  }
  if (credentials?.password) {
    throw new UsageError("Leave the password out of the URL: it would stay in the shell's history");
  }
  return {
    origin: new Location({ scheme, host, port }),
    context: addressOf(location).context,
    key: originOf({ scheme, host, port }),
    username: credentials?.username,
  };
}

/** Works with a client of a server, as one user. */
export async function withClient<T>(
  { origin, context }: NamedServer,
  credentials: Credentials,
  { insecure }: GlobalOptions,
  work: (client: XnatClient) => Promise<T>,
): Promise<T> {
  const http = trusting({ insecure }, globalThis.fetch);
  try {
    await using client = new XnatClient({
      origin,
      context,
      credentials: () => Promise.resolve(credentials),
      fetch: http.fetch,
      clock: systemClock,
    });
    return await work(client);
  } finally {
    http.close();
  }
}

/** Where logins are kept. @throws {UsageError} when nothing tells where */
export function usualStore(): LoginStore {
  const path = loginFile();
  if (path !== undefined) return new LoginStore(path);
  throw new UsageError(
    "There is no place to keep logins: HOME is not set, or needs --allow-env=HOME,MEDVFS_CONFIG",
  );
}
