/**
 * Locks between processes of one machine, by `flock` on a file that is to stay. A process that dies lets go of them. Python's
 * `filelock` uses the same call, so that both keep out each other.
 *
 * @module
 */

import { sleep, systemClock } from "../vfs/concurrency/clock.ts";
import { isVfsError, VfsError } from "../vfs/errors.ts";
import type { Location } from "../vfs/location/location.ts";
import type { OpOptions } from "../vfs/options.ts";
import { NEVER } from "../vfs/concurrency/signals.ts";
import { callSystem } from "../vfs/system_errors.ts";
import { localPath } from "./local_path.ts";

/** Options of {@linkcode lockFile}. */
export interface FileLockOptions extends OpOptions {
  /** How long to wait for others, in milliseconds. */
  readonly timeoutMs: number;
}

const MAX_PAUSE_MS = 100;
/** So long a refusal may be Windows' word for a file that was removed while others have it open. */
const REMOVED_MS = 500;

/**
 * Waits for the lock on the file at `at`, which is made when it is missing.
 *
 * @throws `TimedOut` when others hold it all the time, `PermissionDenied`
 */
export async function lockFile(
  at: Location,
  { timeoutMs, signal = NEVER }: FileLockOptions,
): Promise<AsyncDisposable> {
  const { href: url } = at;
  const start = performance.now();
  for (let pause = 5;; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    let cause: VfsError | undefined;
    try {
      const file = await tryLock(at);
      // Closing lets go of the lock, too.
      if (file) return { [Symbol.asyncDispose]: () => Promise.try(() => file.close()) };
    } catch (error) {
      const most = Math.min(timeoutMs, REMOVED_MS);
      const isHeld = isVfsError(error) && (error.detail?.os === "EBUSY" ||
        (error.kind === "PermissionDenied" && performance.now() - start < most));
      if (!isHeld) throw error;
      cause = error;
    }
    if (performance.now() - start > timeoutMs) {
      const reason = "another process holds the lock";
      throw new VfsError("TimedOut", { op: "lock", url, reason, cause });
    }
    await sleep(systemClock, pause, signal, "lock", url);
  }
}

/**
 * The file with its lock; `undefined` when somebody else has it, or has removed the file meanwhile, as some versions of
 * `filelock` do when they let go: others lock another file of that name by then.
 */
async function tryLock(at: Location): Promise<Deno.FsFile | undefined> {
  const options = { read: true, write: true, create: true };
  const file = await callSystem("lock", at, () => Deno.open(localPath(at), options));
  try {
    if (await file.tryLock(true) && (await file.stat()).nlink !== 0) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
}
