/**
 * Credentials in files of the user: `.netrc`, and the logins that `medvfs login` keeps.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import type { CredentialSourceOptions } from "./credential_sources.ts";
import type { Credentials, Realm } from "./credentials.ts";
import { loginFile, LoginStore } from "./login_store.ts";
import { machineFor, type NetrcMachine, parseNetrc } from "./netrc.ts";
import { defaultPort, originOf } from "./origins.ts";
import { homePath, permittedEnv } from "../platform.ts";
import { mayRead, readPrivate } from "./private_file.ts";

/** The password for a server in a `.netrc`. @throws `InvalidArgument`, `PermissionDenied` */
export async function findInNetrc(
  { host, port, scheme, username }: Realm,
  options: CredentialSourceOptions,
): Promise<Credentials | undefined> {
  const path = options.path ?? permittedEnv("NETRC") ?? homePath(".netrc");
  if (path === undefined || (options.path === undefined && !mayRead(path))) return undefined;
  const { machines, isShared } = await readNetrc(path);
  const effective = port ?? defaultPort(scheme);
  const machine = machineFor(machines, { host, port: effective, login: username });
  if (!machine) return undefined;
  if (isShared) options.onWarning?.(`others can read "${path}": run chmod 600 on it`);
  return { username: machine.login ?? username, password: machine.password };
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

/** The alias token for a server that `medvfs login` keeps. @throws `PermissionDenied`, `Corrupt` */
export async function findLogin(
  realm: Realm,
  options: CredentialSourceOptions,
): Promise<Credentials | undefined> {
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
  return { username: login.alias, password: login.secret };
}
