/**
 * Where `sync` keeps its journals.
 *
 * @module
 */

import { VfsError } from "../vfs/errors.ts";
import { codeOf } from "../vfs/system_errors.ts";
import { parseLocation } from "../vfs/location/location.ts";
import { nativePath } from "../vfs/location/file_path.ts";
import { homePath, isGranted, permittedEnv } from "../vfs/platform.ts";

/** The codes of a state directory that cannot be there, as where a container's home is read-only or missing. */
const CANNOT_BE: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

/**
 * The journal for places that are synced: a file of the state directory that nobody else can read, since paths may name
 * patients; `undefined` where that directory may not be known or written, or cannot be made.
 */
export async function usualJournal(...where: readonly string[]): Promise<string | undefined> {
  const state = permittedEnv("XDG_STATE_HOME") ?? homePath(".local", "state");
  if (state === undefined) return undefined;
  const folder = `${state}/medvfs/sync`;
  for (const name of ["read", "write"] as const) {
    if (!isGranted({ name, path: folder })) return undefined;
  }
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (CANNOT_BE.has(codeOf(error))) return undefined;
    throw error;
  }
  // Locations hold no credentials.
  const places = where.map((one) => parseLocation(one).location.href).join("\n");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(places));
  return `${folder}/${new Uint8Array(digest, 0, 16).toHex()}.jsonl`;
}

/**
 * Sees to it that nobody else works with a journal until it is disposed or the process ends. Where that cannot be, as
 * for one that is not on this machine, two runs at once do some work twice.
 *
 * @throws `Unavailable` when somebody does
 */
export function lockJournal(journal: string): Disposable {
  const { location } = parseLocation(journal);
  const file = location.scheme === "file" ? openLock(`${nativePath(location)}.lock`) : undefined;
  if (!file || isTaken(file)) return file ?? { [Symbol.dispose]: () => {} };
  file.close();
  throw new VfsError("Unavailable", {
    op: "use the journal",
    url: location.href,
    reason: "another sync of these places is running",
    status: "permanent",
  });
}

function openLock(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { write: true, create: true });
  } catch {
    // Whatever is wrong with the folder, writing the journal will tell.
    return undefined;
  }
}

/** Takes the lock; where there are no locks, everybody has it. */
function isTaken(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    return true;
  }
}
