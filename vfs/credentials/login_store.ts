/**
 * The logins that `medvfs login` keeps: alias tokens in a file that nobody else can read, never passwords.
 *
 * @module
 */

import { Secret } from "./credentials.ts";
import { isVfsError, VfsError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { homePath, permittedEnv } from "../platform.ts";
import { mayRead, readPrivate, withLock, writePrivate } from "./private_file.ts";

/** A login that is kept: a token that stands for user and password. */
export interface StoredLogin {
  /** The server: `xnat://xnat.example.org`. */
  readonly origin: string;
  /** Who logged in. */
  readonly user: string;
  /** Name of the token, sent where a user name is asked for. */
  readonly alias: string;
  /** Secret of the token, sent where a password is asked for. */
  readonly secret: Secret;
  /** When the token ends. */
  readonly expires?: Date;
}

const VERSION = 1;
const MAX_LOGINS = 1000;

/** Where logins are kept: `$MEDVFS_CONFIG`, otherwise `~/.config/medvfs/credentials.json`, as far as that may be known. */
export function loginFile(): string | undefined {
  return permittedEnv("MEDVFS_CONFIG") ?? homePath(".config", "medvfs", "credentials.json");
}

/**
 * The logins in a file, which must be readable by its owner alone (mode 600).
 *
 * @example
 * ```ts
 * import { LoginStore } from "./login_store.ts";
 * import { Secret } from "./credentials.ts";
 * import { strict as assert } from "node:assert";
 *
 * const folder = await Deno.makeTempDir();
 * const store = new LoginStore(`${folder}/medvfs/credentials.json`);
 * await store.set({ origin: "xnat://h", user: "ann", alias: "a", secret: new Secret("s") });
 * assert.equal((await store.get("xnat://h"))?.user, "ann");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class LoginStore {
  /** Keeps them at the native path `path`. */
  constructor(readonly path: string) {}

  /** Whether the file may be read without asking for a permission. */
  get isPermitted(): boolean {
    return mayRead(this.path);
  }

  /**
   * The login for an origin, of `user` when one is named.
   *
   * @throws `PermissionDenied` when others can read the file; `Corrupt` when it holds something else
   */
  async get(origin: string, user?: string): Promise<StoredLogin | undefined> {
    return (await this.#read("read")).find((each) =>
      each.origin === origin && (user === undefined || each.user === user)
    );
  }

  /** Keeps a login, in place of an earlier one for its origin. */
  async set(login: StoredLogin): Promise<void> {
    await this.#change((all) => [...all.filter(({ origin }) => origin !== login.origin), login]);
  }

  /** Forgets the login for an origin; tells whether there was one. */
  async delete(origin: string): Promise<boolean> {
    if (!(await this.#read("write")).some((each) => each.origin === origin)) return false;
    return await this.#change((all) => all.filter((each) => each.origin !== origin));
  }

  /** Changes the logins while no other process does; tells whether their number is another. */
  async #change(to: (logins: readonly StoredLogin[]) => readonly StoredLogin[]): Promise<boolean> {
    try {
      return await withLock(this.path, async () => {
        const before = await this.#read("write");
        const after = to(before);
        if (after.length !== before.length || after.some((each, i) => each !== before[i])) {
          await this.#write(after);
        }
        return after.length !== before.length;
      });
    } catch (cause) {
      if (isVfsError(cause)) throw cause;
      throw this.#error("PermissionDenied", "write", reasonOf(cause), cause);
    }
  }

  async #read(op: string): Promise<readonly StoredLogin[]> {
    const read = await readPrivate(this.path).catch((cause) => {
      throw this.#error("PermissionDenied", op, reasonOf(cause), cause);
    });
    if (read === undefined) return [];
    if (read.isShared) {
      const reason =
        "others can read or write it: make it yours alone with chmod 600, and log in " +
        "again if they may have done so";
      throw this.#error("PermissionDenied", op, reason);
    }
    const logins = parseLogins(read.text);
    if (logins) return logins;
    throw this.#error(
      "Corrupt",
      op,
      "it does not hold logins of medvfs: remove it and log in again",
    );
  }

  async #write(logins: readonly StoredLogin[]): Promise<void> {
    const records = logins.map(({ secret, ...others }) => ({ ...others, secret: secret.reveal() }));
    const text = JSON.stringify({ version: VERSION, logins: records }, null, 2);
    await writePrivate(this.path, `${text}\n`).catch((cause) => {
      throw this.#error("PermissionDenied", "write", reasonOf(cause), cause);
    });
  }

  #error(kind: VfsError["kind"], op: string, reason?: string, cause?: unknown): VfsError {
    return new VfsError(kind, { op, url: this.path, reason, cause });
  }
}

function reasonOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

function parseLogins(text: string): StoredLogin[] | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Its message would quote the text, secrets and all.
    return undefined;
  }
  if (!isRecord(content) || content.version !== VERSION) return undefined;
  const { logins } = content;
  if (!Array.isArray(logins) || logins.length > MAX_LOGINS) return undefined;
  const parsed = logins.map(parseLogin);
  return parsed.every((each) => each !== undefined) ? parsed : undefined;
}

function parseLogin(value: unknown): StoredLogin | undefined {
  if (!isRecord(value)) return undefined;
  const { origin, user, alias, secret, expires } = value;
  if (
    typeof origin !== "string" || typeof user !== "string" || typeof alias !== "string" ||
    typeof secret !== "string"
  ) return undefined;
  const date = typeof expires === "string" ? new Date(expires) : undefined;
  if (date && Number.isNaN(date.getTime())) return undefined;
  return { origin, user, alias, secret: new Secret(secret), expires: date };
}
