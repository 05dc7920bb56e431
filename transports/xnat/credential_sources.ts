/**
 * The credentials that the environment holds for one XNAT server.
 *
 * @module
 */

import { defaultPort } from "../../vfs/credentials/origins.ts";
import { type CredentialProvider, Secret } from "../../vfs/credentials/credentials.ts";
import { VfsError } from "../../vfs/errors.ts";
import { permittedEnv } from "../../vfs/platform.ts";

/** Reads a variable of the environment. */
export type ReadVariable = (name: string) => string | undefined;

/**
 * Finds the password in `XNAT_USER` and `XNAT_PASS`, for the server in `XNAT_HOST` and for no other: a URL, or a
 * host with or without a port, which means https. A password for https is never given to `xnat+http:`.
 *
 * Variables that may not be read without asking for a permission count as absent.
 *
 * @throws from the provider: `InvalidArgument` when `XNAT_HOST` is neither a URL nor a host
 *
 * @example
 * ```ts
 * import { environmentCredentials } from "./credential_sources.ts";
 * import { strict as assert } from "node:assert";
 *
 * const variables = new Map([["XNAT_HOST", "https://x.org"], ["XNAT_USER", "ann"], ["XNAT_PASS", "…"]]);
 * const find = environmentCredentials((name) => variables.get(name));
 * assert.equal((await find({ scheme: "xnat", host: "x.org" }))?.username, "ann");
 * assert.equal(await find({ scheme: "xnat", host: "elsewhere.org" }), undefined);
 * ```
 */
export function environmentCredentials(read: ReadVariable = permittedEnv): CredentialProvider {
  return ({ scheme, host, port, username }) => {
    const server = read("XNAT_HOST");
    const user = read("XNAT_USER");
    const password = read("XNAT_PASS");
    if (!server || !user || !password || (username !== undefined && username !== user)) return;
    const named = serverOf(server);
    const isMeant = named.scheme === scheme && named.host === host.toLowerCase() &&
      named.port === (port ?? defaultPort(scheme));
    return isMeant ? { username: user, password: new Secret(password) } : undefined;
  };
}

interface Server {
  readonly scheme: string;
  readonly host: string;
  readonly port: number | undefined;
}

const SERVER =
  /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^/?#@:[\]\s]+)(?::([0-9]{1,5}))?(?:[/?#].*)?$/i;

function serverOf(text: string): Server {
  const match = SERVER.exec(text.trim());
  if (!match) {
    throw new VfsError("InvalidArgument", {
      op: "read",
      url: "XNAT_HOST",
      reason: 'it is neither a URL such as "https://xnat.example.org" nor a host',
    });
  }
  const [, protocol = "https", host = "", port] = match;
  const scheme = protocol.toLowerCase() === "http" ? "xnat+http" : "xnat";
  return { scheme, host: host.toLowerCase(), port: port ? Number(port) : defaultPort(scheme) };
}
