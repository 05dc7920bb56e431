/**
 * Where credentials come from, besides URLs: a chain of providers, `.netrc`, and the logins of `medvfs login`.
 *
 * @module
 */

import type { CredentialProvider, Credentials, Realm } from "./credentials.ts";
import { VfsError } from "../errors.ts";
import { Location } from "../location/location.ts";
import { loginFile, LoginStore } from "./login_store.ts";
import { machineFor, type NetrcMachine, parseNetrc } from "./netrc.ts";
import { homePath, mayRead, permittedEnv, readPrivate } from "./private_file.ts";

/** Options of the providers that read files. */
export interface CredentialSourceOptions {
  /** Native path of the file. Without one the usual file is read, as far as that is permitted. */
  readonly path?: string;
  /** Told of what the user should know, such as a file that others can read. Holds no secret. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Asks one provider after the other; the first that knows something is right. None means guest access.
 *
 * @example
 * ```ts
 * import { firstOf, Secret } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * const find = firstOf(() => undefined, () => ({ username: "ann", password: new Secret("…") }));
 * const credentials = await find({ scheme: "xnat", host: "xnat.example.org" });
 * assert.equal(credentials?.username, "ann");
 * ```
 */
export function firstOf(...providers: readonly CredentialProvider[]): CredentialProvider {
  return async (realm) => {
    for (const provider of providers) {
      const found = await provider(realm);
      if (found) return found;
    }
  };
}

/**
 * Finds passwords in `.netrc`: in `path`, otherwise in `$NETRC` or `~/.netrc`. A `machine HOST:PORT` is for that
 * port alone; `default` is never used. Where a password is for many hosts, the login named in the URL decides.
 *
 * A path that is given must be permitted to Deno; the usual file counts as absent where reading it would need a
 * permission that is not granted.
 *
 * @throws from the provider: `InvalidArgument` for a file that cannot be parsed, naming the line
 */
export function netrcCredentials(options: CredentialSourceOptions = {}): CredentialProvider {
  return async ({ host, port, scheme, username }) => {
    const path = options.path ?? permittedEnv("NETRC") ?? homePath(".netrc");
    if (path === undefined || (options.path === undefined && !mayRead(path))) return undefined;
    const { machines, isShared } = await readNetrc(path);
    const effective = port ?? defaultPort(scheme);
    const machine = machineFor(machines, { host, port: effective, login: username });
    if (!machine) return undefined;
    if (isShared) options.onWarning?.(`others can read "${path}": run chmod 600 on it`);
    return { username: machine.login ?? username, password: machine.password };
  };
}

async function readNetrc(
  path: string,
): Promise<{ machines: readonly NetrcMachine[]; isShared?: boolean }> {
  try {
    const read = await readPrivate(path);
    return { machines: read ? parseNetrc(read.text) : [], isShared: read?.isShared };
  } catch (cause) {
    const isFormat = cause instanceof SyntaxError || cause instanceof RangeError;
    throw new VfsError(isFormat ? "InvalidArgument" : "PermissionDenied", {
      op: "read",
      url: path,
      reason: cause instanceof Error ? cause.message : undefined,
      cause,
    });
  }
}

/**
 * Finds the alias tokens that `medvfs login` keeps, in `path`, otherwise in the usual file: `$MEDVFS_CONFIG` or
 * `~/.config/medvfs/credentials.json`. A token that has ended is none. Permissions are as for {@linkcode netrcCredentials}.
 *
 * @throws from the provider: `PermissionDenied` when others can read the file, `Corrupt` when it is none of ours
 */
export function storedCredentials(options: CredentialSourceOptions = {}): CredentialProvider {
  return async (realm) => {
    const path = options.path ?? loginFile();
    if (path === undefined) return undefined;
    const store = new LoginStore(path);
    if (options.path === undefined && !store.isPermitted) return undefined;
    const origin = originOf(realm);
    const login = await store.get(origin, realm.username);
    if (!login) return undefined;
    if (login.expires && login.expires.getTime() <= Date.now()) {
      options.onWarning?.(`the login for "${origin}" has ended: run medvfs login ${origin}`);
      return undefined;
    }
    return { username: login.alias, password: login.secret } satisfies Credentials;
  };
}

/** The one spelling of a server's origin: host in lower case, the scheme's own port left out. */
export function originOf({ scheme, host, port }: Realm): string {
  const shown = port === defaultPort(scheme) ? undefined : port;
  return new Location({ scheme, host: host.toLowerCase(), port: shown }).origin;
}

const PORTS: Readonly<Record<string, number>> = {
  "xnat": 443,
  "xnat+http": 80,
  "dicom": 104,
  "dicoms": 2762,
};

/** The port that a URL of `scheme` means when it names none. */
export function defaultPort(scheme: string): number | undefined {
  return PORTS[scheme];
}
