/**
 * Deletes files by prefix, as XNAT does.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import { computeStats, matchingEntries, removeEntries } from "../model/catalog.ts";
import { chosen } from "./catalogs.ts";
import { mayOwn } from "./owners.ts";
import { filePath } from "./path.ts";

/** DELETE of `…/files[/path]`. */
export async function deleteFiles(call: Call): Promise<Response> {
  const { world, query } = call;
  const { catalogs } = chosen(call, "files");
  if (catalogs.length === 0) refuse(400, "Unable to determine resource, parent, or security.");
  const path = filePath(call.tail);
  let removed = 0;
  for (const { owner, resource } of catalogs) {
    if (!mayOwn(call, "delete", owner)) refuse(403, "No right to delete files");
    const entries = matchingEntries(resource, path);
    removed += entries.length;
    const removeFiles = query.get("removeFiles") !== "false";
    await removeEntries(world.archive, world.blobs, resource, entries, removeFiles);
    if (query.get("update-stats") !== "false") computeStats(resource);
  }
  if (removed === 0) refuse(404, "No matched files");
  return empty();
}
