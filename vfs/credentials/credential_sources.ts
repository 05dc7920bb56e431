/**
 * Where credentials come from, besides URLs: a chain of providers, `.netrc`, and the logins of `medvfs login`.
 *
 * @module
 */

import { load } from "../lazy_modules.ts";
import type { CredentialProvider } from "./credentials.ts";

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
  return async (realm) => (await load.secretFiles()).findInNetrc(realm, options);
}

/**
 * Finds the alias tokens that `medvfs login` keeps, in `path`, otherwise in the usual file: `$MEDVFS_CONFIG` or
 * `~/.config/medvfs/credentials.json`. A token that has ended is none. Permissions are as for {@linkcode netrcCredentials}.
 *
 * @throws from the provider: `PermissionDenied` when others can read the file, `Corrupt` when it is none of ours
 */
export function storedCredentials(options: CredentialSourceOptions = {}): CredentialProvider {
  return async (realm) => (await load.secretFiles()).findLogin(realm, options);
}
