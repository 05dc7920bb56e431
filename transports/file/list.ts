/**
 * Listings: in pages, without a stat per entry unless asked for.
 *
 * @module
 */

import { join, SEPARATOR } from "@std/path";
import type { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { codeOf, isMissing } from "../../vfs/system_errors.ts";
import type { Info, ListedEntry, ListOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { explainError } from "./errors.ts";
import { infoOfStat } from "./info.ts";
import { mapConcurrently } from "./concurrent.ts";
import { namesIn } from "./names.ts";
import { isLocal, learnFrom } from "./nearness.ts";

/** Implements `list`. `enter` gives the confinement, or throws when the connection is closed. */
export async function* list(
  enter: () => Confinement,
  location: Location,
  { signal, detail = false }: ListOptions,
): AsyncGenerator<readonly ListedEntry[]> {
  throwIfAborted(signal, "list", location.href);
  let path: string | undefined;
  try {
    const confinement = enter();
    path = await confinement.follow(location, "list");
    for await (const page of namesIn(path)) {
      yield await describe(confinement, path, page, detail);
      throwIfAborted(signal, "list", location.href);
    }
  } catch (error) {
    throw await explain(error, location, path);
  }
}

async function describe(
  confinement: Confinement,
  path: string,
  page: ListedEntry[],
  detail: boolean,
): Promise<ListedEntry[]> {
  if (detail && await isLocal(path)) statAtOnce(path, page);
  const isLeft = ({ kind, info }: ListedEntry) => kind === "symlink" || detail && !info;
  if (!page.some(isLeft)) return page;
  return await mapConcurrently(page, async (entry) => {
    if (!isLeft(entry)) return entry;
    const { name, kind } = entry;
    const at = join(path, name);
    const stat = kind === "symlink" ? await confinement.statOfTarget(at) : await statOfEntry(at);
    if (!stat) return entry;
    // It will be listed soon.
    if (kind === "directory") await learnFrom(stat, at);
    const info = infoOfStat(stat);
    return kind === "symlink"
      ? { name, kind, target: targetKind(info), info }
      : { name, kind, info };
  });
}

/** A stat that the system answers from memory takes a few microseconds, a thread for it ten times that: both in ms. */
const QUICK = 0.05;
/** Stats between two looks at the time. */
const SOME = 8;

/** Adds info to as many files as the system answers quickly for. A folder may be where a network share is mounted. */
function statAtOnce(path: string, page: ListedEntry[]): void {
  const start = path.endsWith(SEPARATOR) ? path : path + SEPARATOR;
  let time = performance.now();
  let wasQuick = true;
  for (const [i, { name, kind }] of page.entries()) {
    if (i % SOME === SOME - 1) {
      const now = performance.now();
      const isQuick = now - time < SOME * QUICK;
      // Once says nothing of the disk: another process may have had the processor.
      if (!isQuick && !wasQuick) return;
      wasQuick = isQuick;
      time = now;
    }
    if (kind !== "file") continue;
    try {
      page[i] = { name, kind, info: infoOfStat(Deno.lstatSync(start + name)) };
    } catch {
      // It is asked for again with those that are left, and is absent when that fails, too.
    }
  }
}

async function statOfEntry(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch {
    // It was there when listed. It may be gone by now, or its name may not be UTF-8: info is simply absent.
    return undefined;
  }
}

function targetKind(info: Info): Exclude<Info["kind"], "symlink"> {
  return info.kind === "symlink" ? "other" : info.kind;
}

/**
 * The system says "not a directory" for a file, and for what would lie below one; the latter is just missing.
 * Without a `path` it was not even resolved, so it is the latter.
 */
async function explain(
  error: unknown,
  location: Location,
  path: string | undefined,
): Promise<VfsError> {
  const isBelowFile = codeOf(error) === "ENOTDIR" &&
    (path === undefined || !(await isThere(path)));
  return await explainError(
    error,
    "list",
    location,
    isBelowFile ? "source" : "target",
  );
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOTDIR" || isMissing(error)) return false;
    throw error;
  }
}
