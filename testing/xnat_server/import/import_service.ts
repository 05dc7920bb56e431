/**
 * `/services/import`: DICOM in a zip, or one object at a time.
 *
 * @module
 */

import { mayInProject } from "../auth/rights.ts";
import { incoming } from "../files/body.ts";
import { baseName } from "../files/path.ts";
import { formatOf, sourceOf, unpacked, unzipped } from "../files/unpack.ts";
import { type Call, makerOf } from "../http/call.ts";
import { Refusal, refuse } from "../http/refusal.ts";
import { document } from "../http/reply.ts";
import { findProject } from "../model/find.ts";
import type { PrearchiveSession } from "../model/types.ts";
import { ZipError } from "../packing/zip_reader.ts";
import { type HeldBlob, readWhole } from "../storage/blobs.ts";
import { archiveSession, ImportConflict, type Merging } from "./archive_session.ts";
import { isAuto, mergingOf } from "./auto_archive.ts";
import { buildSession, type Destination, receive } from "./build_session.ts";
import { type DicomObject, readObject } from "./dicom_objects.ts";
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

/** Any word means leave to merge (`Importer.parseOverrideValue`). */
function mergingSaid({ query }: Call): Merging {
  const overwrite = query.get("overwrite")?.toLowerCase();
  const isForced = overwrite === "delete" || overwrite === "override";
  return {
    merges: overwrite !== undefined,
    ignoresStudy: isForced,
    overwriteFiles: isForced || query.is("overwrite_files"),
  };
}

interface Where extends Partial<Destination> {
  /** Absent where nothing is said. */
  readonly to?: "archive" | "prearchive";
}

/** Where to, from `dest` or from single parameters. @throws {Refusal} 404, 403 */
function destinationOf(call: Call): Where {
  const { query, login, world } = call;
  const dest = (query.get("dest") ?? "").replace(/^\/data(?=\/)/, "").split("/").filter(Boolean);
  const after = (word: string) => {
    const at = dest.indexOf(word);
    return at < 0 ? undefined : dest[at + 1];
  };
  const named = after("projects") ?? query.get("PROJECT_ID") ?? query.get("project");
  const project = named === undefined ? undefined : findProject(world.archive, named);
  if (named !== undefined && named !== "Unassigned") {
    if (!project || !mayInProject(login, "read", project)) refuse(404, `Unknown project ${named}`);
    if (!mayInProject(login, "edit", project)) refuse(403, `No right to change project ${named}`);
  }
  const waiting = dest[0] === "prearchive" ? dest.slice(dest.indexOf("projects") + 2) : [];
  return {
    project: project?.id,
    subject: after("subjects") ?? query.get("SUBJECT_ID") ?? query.get("subject"),
    label: after("experiments") ?? waiting[1] ?? query.get("EXPT_LABEL") ?? query.get("session"),
    to: dest[0] === "archive" || (dest.length === 0 && query.get("prearchive_code") === "1")
      ? "archive"
      : dest.length > 0
      ? "prearchive"
      : undefined,
  };
}

/** Stored bytes, and what they are called. */
interface Received extends HeldBlob {
  readonly name: string;
}

/** The body, or a file of the user's cache, as stored bytes of their own. */
async function received(call: Call): Promise<Received> {
  const { world, query, login } = call;
  const src = query.get("src");
  if (src !== undefined) {
    const [, folder, name] = /\/user\/cache\/resources\/([^/]+)\/files\/(.+)$/.exec(src) ?? [];
    const file = world.archive.caches.get(`${login.name}/${folder}`)?.get(name ?? "");
    if (!file) refuse(404, `${src} is not in the cache`);
    return { ...world.blobs.share(file), name: baseName(name!) };
  }
  await using stack = new AsyncDisposableStack();
  const sent = await incoming(call, stack);
  if (sent.length !== 1) refuse(400, `Expected 1 file, found ${sent.length}`);
  return { ...await world.blobs.hold(sent[0]!.bytes), name: sent[0]!.name };
}

async function objectsOf(
  call: Call,
  handler: string,
  stored: Received,
): Promise<DicomObject[]> {
  const { blobs } = call.world;
  if (handler === "DICOM-zip") {
    const ignored: Refusal[] = [];
    const found = await Array.fromAsync(unpackedObjects(call, stored, ignored));
    if (found.length === 0 && ignored.length > 0) throw ignored[0];
    return found;
  }
  const objects: DicomObject[] = [];
  const note = async (path: string, bytes: Uint8Array) => {
    const object = await readObject(path, bytes, {
      isStrict: handler !== "SI",
      rename: handler !== "SI",
    });
    if (object) objects.push(object);
  };
  if (handler === "gradual-DICOM") {
    await note("", await readWhole(blobs, stored.blob, 0, stored.size));
    return objects;
  }
  try {
    for await (const { path, bytes } of unzipped(sourceOf(blobs, stored))) {
      await note(path, bytes);
    }
  } catch (error) {
    if (error instanceof ZipError) refuse(400, error.message);
    throw error;
  }
  return objects;
}

/** Objects of an archive and of the archives in it; all else ends the import unless it is to be ignored (`DicomZipImporter`). */
async function* unpackedObjects(
  call: Call,
  stored: Received,
  ignored: Refusal[],
): AsyncGenerator<DicomObject> {
  const { blobs } = call.world;
  const format = formatOf(stored.name);
  if (format === undefined || format === "gz") refuse(400, `Unsupported format ${format}`);
  for await (const { path, bytes } of unpacked(blobs, stored, stored.name, 400)) {
    try {
      if (formatOf(path) !== undefined) {
        const inner = { ...await blobs.hold([bytes]), name: baseName(path) };
        try {
          yield* unpackedObjects(call, inner, ignored);
        } finally {
          await blobs.release(inner.blob);
        }
      } else {yield await readObject(path, bytes, {
          isStrict: true,
          rename: call.query.is("rename"),
        }) ??
          refuse(400, `unable to read ${path}`);}
    } catch (error) {
      const isIgnored = error instanceof Refusal && call.query.is("Ignore-Unparsable");
      if (!isIgnored) throw error;
      ignored.push(error);
    }
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
