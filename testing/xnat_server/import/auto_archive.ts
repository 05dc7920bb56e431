/**
 * Sessions of the prearchive that nobody archives: their project's code does.
 *
 * @module
 */

import type { Archive, PrearchiveSession } from "../model/types.ts";
import type { World } from "../world.ts";
import { archiveSession, ImportConflict, type Merging } from "./archive_session.ts";

/** How long nothing must come until a session is built. */
const QUIET_MS = 300_000;

/** Codes of projects that archive by themselves; the other is 0. */
const AUTO = "4";
const AUTO_OVERWRITE = "5";

function archives(code: string | undefined): boolean {
  return code === AUTO || code === AUTO_OVERWRITE;
}

/** Whether a session goes to the archive once it is built, as its project has it unless `said` is something else. */
export function isAuto(
  { projects }: Archive,
  { project, autoArchive }: PrearchiveSession,
  said?: string,
): boolean {
  const found = projects.get(project);
  if (!found) return false;
  if (archives(autoArchive)) return true;
  return said === undefined ? archives(found.prearchiveCode) : said.toLowerCase() === "true";
}

/** What the codes allow to do to a session that is there, besides what a request allows. */
export function mergingOf(
  { projects }: Archive,
  { project, autoArchive }: PrearchiveSession,
  said: Merging = { merges: false, ignoresStudy: false, overwriteFiles: false },
): Merging {
  const codes = [autoArchive, projects.get(project)?.prearchiveCode];
  return {
    ...said,
    merges: said.merges || archives(autoArchive),
    overwriteFiles: said.overwriteFiles || codes.includes(AUTO_OVERWRITE),
  };
}

/** Builds the sessions to which nothing has come for a while. */
export async function settle(world: World): Promise<void> {
  const { archive, options } = world;
  const now = world.now();
  for (const each of archive.prearchive) {
    if (each.status !== "RECEIVING" || now - each.lastModified < QUIET_MS) continue;
    if (each.preventsAutoCommit || each.source === "uploader") continue;
    each.status = "READY";
    world.changed();
    if (!isAuto(archive, each)) continue;
    const maker = { login: each.session.insertUser, now, siteId: options.siteId };
    try {
      await archiveSession(world, maker, each, mergingOf(archive, each));
    } catch (error) {
      // It waits in the prearchive, as a conflict.
      if (!(error instanceof ImportConflict)) throw error;
    }
  }
}
