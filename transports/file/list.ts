/**
 * Listings: in pages, without a stat per entry unless asked for.
 *
 * @module
 */

import { join } from "@std/path";
import type { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { codeOf, isMissing } from "../../vfs/system_errors.ts";
import type { Info, ListedEntry, ListOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { explainError } from "./errors.ts";
import { infoOfStat, kindOf } from "./info.ts";
import { mapConcurrently } from "./concurrent.ts";
import { isLocal } from "./nearness.ts";
import { isTemporaryName } from "./temporaries.ts";

/** Entries per page, and so between two looks at the signal. */
const PAGE = 1000;

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
    let page: ListedEntry[] = [];
    for await (const entry of Deno.readDir(path)) {
      // What is in the making is there under no name yet.
      if (isTemporaryName(entry.name)) continue;
      // Reading a flag of an entry costs more than making ours, so no more are read than need be.
      page.push({ name: entry.name, kind: entry.isFile ? "file" : kindOf(entry) });
      if (page.length < PAGE) continue;
      yield await describe(confinement, path, page, detail);
      throwIfAborted(signal, "list", location.href);
      page = [];
    }
    if (page.length > 0) yield await describe(confinement, path, page, detail);
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
    const info = infoOfStat(stat);
    return kind === "symlink"
      ? { name, kind, target: targetKind(info), info }
      : { name, kind, info };
  });
}

/** A stat that the system answers from memory takes a few microseconds, a thread for it ten times that: both in ms. */
const QUICK = 0.05;
/** Stats between two looks at the time. */
const SOME = 32;

/** Adds info to as many files as the system answers quickly for. A folder may be where a network share is mounted. */
function statAtOnce(path: string, page: ListedEntry[]): void {
  let start = performance.now();
  for (const [i, { name, kind }] of page.entries()) {
    if (i % SOME === SOME - 1) {
      const now = performance.now();
      if (now - start > SOME * QUICK) return;
      start = now;
    }
    if (kind !== "file") continue;
    try {
      page[i] = { name, kind, info: infoOfStat(Deno.lstatSync(join(path, name))) };
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
