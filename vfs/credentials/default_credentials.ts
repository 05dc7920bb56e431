/**
 * The credentials that a user of the command line expects to be found.
 *
 * @module
 */

import { environmentCredentials } from "../../transports/builtin.ts";
import {
  type CredentialSourceOptions,
  firstOf,
  netrcCredentials,
  storedCredentials,
} from "./credential_sources.ts";
import type { CredentialProvider } from "./credentials.ts";

/** Options of {@linkcode defaultCredentials}. */
export type DefaultCredentialsOptions = Pick<CredentialSourceOptions, "onWarning">;

/**
 * Finds credentials where the `medvfs` command does: in the environment (`XNAT_HOST`, `XNAT_USER`, `XNAT_PASS`),
 * in what `medvfs login` keeps, and in `.netrc`; otherwise guest access. Credentials in a URL come before all of
 * them. The functions of the module use this, a `Vfs` of your own only when told to.
 *
 * What Deno may not read without asking for a permission counts as absent: this needs `--allow-env` for `HOME` and the
 * variables named above, and `--allow-read` for the files, for as much of it as should be found.
 *
 * @example
 * ```ts
 * import { createVfs, defaultCredentials } from "@medvfs/vfs";
 *
 * await using vfs = createVfs({ credentials: defaultCredentials({ onWarning: console.warn }) });
 * ```
 */
export function defaultCredentials(options: DefaultCredentialsOptions = {}): CredentialProvider {
  return firstOf(environmentCredentials, storedCredentials(options), netrcCredentials(options));
}
