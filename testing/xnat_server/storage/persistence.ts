/**
 * The archive in a folder, so that it survives a restart.
 *
 * @module
 */

import { join } from "@std/path";
import { ensureDir } from "@std/fs";
import { type Archive, emptyArchive } from "../model/types.ts";
import type { Blobs } from "./blobs.ts";

const FILE = "archive.json";
const MAP = "$map";
const SET = "$set";

function replacer(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { [MAP]: [...value] };
  if (value instanceof Set) return { [SET]: [...value] };
  return value;
}

function reviver(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (MAP in value) return new Map(value[MAP] as [unknown, unknown][]);
  if (SET in value) return new Set(value[SET] as unknown[]);
  return value;
}

/** Reads the archive of a folder; an empty one when there is none yet. */
export async function loadArchive(folder: string, blobs: Blobs): Promise<Archive> {
  let text: string;
  try {
    text = await Deno.readTextFile(join(folder, FILE));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // Windows says so of what is below a file, too.
    await Deno.mkdir(folder, { recursive: true });
    return emptyArchive();
  }
  const archive = JSON.parse(text, reviver) as Archive;
  for (const files of [...archive.disk.values(), ...archive.caches.values()]) {
    for (const file of files.values()) blobs.share(file);
  }
  return archive;
}

/** Writes an archive in one step: a reader sees the old one or the new one. */
export async function saveArchive(folder: string, archive: Archive): Promise<void> {
  await ensureDir(folder);
  const temporary = join(folder, `${FILE}.new`);
  await Deno.writeTextFile(temporary, JSON.stringify(archive, replacer));
  await Deno.rename(temporary, join(folder, FILE));
}
