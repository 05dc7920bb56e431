/**
 * What is in a directory: names and kinds, in pages.
 *
 * @module
 */

import type { ListedEntry } from "../../vfs/transport.ts";
import { kindOf } from "./info.ts";
import { inFolder, knownFolder, lookAt } from "./nearness.ts";
import { isTemporaryName } from "./temporaries.ts";
import { takeTurns } from "./turns.ts";

/** Entries per page. */
const PAGE = 1000;
/** Bytes of a directory that are read at once: some thousand names. More would be many objects, and hold up the rest. */
const SMALL = 128 * 1024;

/** Gives the names in the folder at `path`, without those of temporaries: what is in the making is not there yet. */
export async function* namesIn(path: string): AsyncGenerator<ListedEntry[]> {
  await takeTurns();
  const { size } = knownFolder(path) ?? await lookAt(path);
  const few = size <= SMALL ? await inFolder(path, () => allIn(path), none) : undefined;
  if (few) {
    for (let at = 0; at < few.length; at += PAGE) yield few.slice(at, at + PAGE);
    return;
  }
  let page: ListedEntry[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (isTemporaryName(entry.name)) continue;
    page.push(listed(entry));
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

const none = () => Promise.resolve(undefined);

/** All names at once. A thread for them, and a promise for each, would take twice as long. */
function allIn(path: string): ListedEntry[] {
  const entries: ListedEntry[] = [];
  for (const entry of Deno.readDirSync(path)) {
    if (!isTemporaryName(entry.name)) entries.push(listed(entry));
  }
  return entries;
}

/** Reading a flag of an entry costs more than making ours, so no more are read than need be. */
function listed(entry: Deno.DirEntry): ListedEntry {
  return { name: entry.name, kind: entry.isFile ? "file" : kindOf(entry) };
}
