/**
 * Where `sync` keeps its journals.
 *
 * @module
 */

import { VfsError } from "../vfs/errors.ts";
import { parseLocation } from "../vfs/location.ts";
import { nativePath } from "../vfs/file_path.ts";
import { homePath, permittedEnv } from "../vfs/private_file.ts";

/**
 * The journal for places that are synced: a file of the state directory that nobody else can read, since paths may name
 * patients; `undefined` where that directory may not be known or written.
 */
export async function usualJournal(...where: readonly string[]): Promise<string | undefined> {
  const state = permittedEnv("XDG_STATE_HOME") ?? homePath(".local", "state");
  if (state === undefined) return undefined;
  const folder = `${state}/medvfs/sync`;
  for (const name of ["read", "write"] as const) {
    const { state } = Deno.permissions.querySync({ name, path: folder });
    if (state !== "granted") return undefined;
  }
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  // Locations hold no credentials.
  const places = where.map((one) => parseLocation(one).location.href).join("\n");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(places));
  return `${folder}/${new Uint8Array(digest, 0, 16).toHex()}.jsonl`;
}

/**
 * Sees to it that nobody else works with a journal until it is disposed or the process ends. A journal that is not on
 * this machine is not kept from others; two runs at once then do some work twice.
 *
 * @throws `Unavailable` when somebody does
 */
export function lockJournal(journal: string): Disposable {
  const { location } = parseLocation(journal);
  if (location.scheme !== "file") return { [Symbol.dispose]: () => {} };
  const file = Deno.openSync(`${nativePath(location)}.lock`, { write: true, create: true });
  try {
    if (file.tryLockSync(true)) return file;
  } catch {
    // The file system knows no locks.
    return file;
  }
  file.close();
  throw new VfsError("Unavailable", {
    op: "use the journal",
    url: location.href,
    reason: "another sync of these places is running",
    status: "permanent",
  });
}
