/**
 * `/services/import`: DICOM in a zip, or one object at a time.
 *
 * @module
 */

import { type Call, makerOf } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document } from "../http/reply.ts";
import type { PrearchiveSession } from "../model/types.ts";
import { archiveSession, ImportConflict, type Merging } from "./archive_session.ts";
import { isAuto, mergingOf } from "./auto_archive.ts";
import { buildSession, receive } from "./build_session.ts";
import { destinationOf, mergingSaid, type Where } from "./destination.ts";
import type { DicomObject } from "./dicom_objects.ts";
import { objectsOf, received } from "./import_body.ts";
import { archivedUrl, prearchiveUrl } from "./session_urls.ts";

const HANDLERS = ["SI", "DICOM-zip", "gradual-DICOM"];

/** Answers with the URLs of the sessions that came of it, one per line. */
export async function importService(call: Call): Promise<Response> {
  const { query, world } = call;
  const handler = query.get("import-handler") ?? "SI";
  if (!HANDLERS.includes(handler)) refuse(404, `Unknown import-handler ${handler}`);
  const merging = mergingSaid(call);
  const where = destinationOf(call);
  if (query.get("prearchive_code") === "1" && query.has("overwrite")) {
    refuse(400, "prearchive_code=1 and overwrite exclude each other");
  }
  const stored = await received(call);
  try {
    const objects = await objectsOf(call, handler, stored);
    // What has no members at all is imported without a complaint.
    if (objects.length === 0 && handler === "DICOM-zip") return document("", "text/plain");
    if (objects.length === 0) refuse(400, "No DICOM objects in the body");
    if (handler === "gradual-DICOM") return await gradual(call, objects[0]!, where);
    return await sessions(call, handler, objects, where, merging);
  } finally {
    await world.blobs.release(stored.blob);
  }
}

/** A project, or the place for sessions without one. */
const UNASSIGNED = "Unassigned";

/** One object more of a session that is still coming in. */
async function gradual(call: Call, object: DicomObject, where: Where): Promise<Response> {
  const project = where.project ?? UNASSIGNED;
  const session = await receive(call.world, makerOf(call), [object], { ...where, project });
  return document(`${prearchiveUrl(session)}\r\n`, "text/plain");
}

async function sessions(
  call: Call,
  handler: string,
  objects: readonly DicomObject[],
  where: Where,
  merging: Merging,
): Promise<Response> {
  const { world } = call;
  const take = handler === "DICOM-zip" ? receive : buildSession;
  const destination = { ...where, project: where.project ?? UNASSIGNED };
  const studies = Map.groupBy(objects, ({ studyUid }) => where.label ?? studyUid);
  const urls: string[] = [];
  for (const study of studies.values()) {
    const waiting = await take(world, makerOf(call), study, destination);
    const next = nextOf(call, handler, waiting, where);
    if (next !== "receive") waiting.status = "READY";
    urls.push(
      next === "archive" ? await archived(call, handler, waiting, merging) : prearchiveUrl(waiting),
    );
  }
  return document(urls.map((url) => `${url}\r\n`).join(""), "text/plain");
}

/** What follows on what came: more of it, or building the session, or archiving it as well. */
function nextOf(
  { query, world }: Call,
  handler: string,
  waiting: PrearchiveSession,
  { project, to }: Where,
): "receive" | "build" | "archive" {
  const said = query.get("AA") ?? query.get("auto-archive");
  const isZip = handler === "DICOM-zip";
  if (isZip && to === undefined && query.get("action") !== "commit") return "receive";
  if (project === undefined || to === "prearchive") return "build";
  // The importer of zips does not ask the project.
  const isAsked = isZip ? said?.toLowerCase() === "true" : isAuto(world.archive, waiting, said);
  return to === "archive" || isAsked ? "archive" : "build";
}

async function archived(
  call: Call,
  handler: string,
  waiting: PrearchiveSession,
  merging: Merging,
): Promise<string> {
  const { world } = call;
  try {
    const allowed = mergingOf(world.archive, waiting, merging);
    const session = await archiveSession(world, makerOf(call), waiting, allowed);
    return archivedUrl(world.archive, session);
  } catch (error) {
    if (!(error instanceof ImportConflict)) throw error;
    if (handler === "DICOM-zip") refuse(400, "unable to archive for the Prearchive session");
    refuse(409, error.message);
  }
}
