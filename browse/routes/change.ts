/**
 * What changes something: uploads, new folders, new names, removal. Refused unless the page may write.
 *
 * @module
 */

import { Bounded } from "../../serving/bounded.ts";
import { Problem } from "../../serving/problem.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { type Call, placeOf } from "../call.ts";

/** `PUT upload`: stores the body. What is there is replaced with `replace=1` alone. */
export async function upload(call: Call): Promise<Response> {
  const { request, query, settings: { vfs, capabilities, pictures, limits }, signal } = call;
  checkWrite(call);
  const place = placeOf(call);
  const replaces = query.get("replace") === "1";
  const { naming, exclusive } = capabilities;
  const isNew = naming === "path" && !replaces;
  if (isNew && !exclusive && await vfs.exists(place, { signal })) {
    throw new VfsError("AlreadyExists", { op: "write", url: place.href });
  }
  const body = new Bounded(request, limits.uploadBytes);
  const mode = isNew && exclusive ? "create" : "replace";
  const stored = await vfs.writeFile(place, body.stream, { mode, signal })
    .catch((error) => {
      throw body.failure ?? error;
    });
  pictures.clear();
  const { segments } = stored.location ?? place;
  return Response.json({ name: segments.at(-1), warnings: stored.warnings ?? [] }, { status: 201 });
}

/** `POST folder`: makes a directory. */
export async function makeFolder(call: Call): Promise<Response> {
  const { settings: { vfs }, soon } = call;
  checkWrite(call);
  await vfs.mkdir(below(call), { signal: soon });
  return new Response(null, { status: 204 });
}

/** `POST rename`: gives another name in the same directory, or another place. What is there is not replaced. */
export async function rename(call: Call): Promise<Response> {
  const { settings: { vfs, pictures }, signal } = call;
  checkWrite(call);
  await vfs.move(below(call), below(call, "to"), { signal });
  pictures.clear();
  return new Response(null, { status: 204 });
}

/** `DELETE entry`: removes a file, or a directory with all below it. */
export async function remove(call: Call): Promise<Response> {
  const { settings: { vfs, pictures }, signal } = call;
  checkWrite(call);
  await vfs.remove(below(call), { recursive: true, signal });
  pictures.clear();
  return new Response(null, { status: 204 });
}

/** @throws {Problem} 403 */
function checkWrite({ settings }: Call): void {
  if (settings.write) return;
  throw new Problem(403, "This page is read-only: it was started without --write");
}

/** A place that is not the root itself. @throws {Problem} 403 */
function below(call: Call, parameter?: string): Location {
  const place = placeOf(call, parameter);
  const { root } = call.settings;
  if (place.segments.length > root.segments.length) return place;
  throw new Problem(403, "What is shown as a whole cannot be changed from here");
}
