/**
 * Stores files, with XNAT's traps: duplicates that answer 200, silence without a right, the race for
 * the catalog.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, empty } from "../http/reply.ts";
import { catalogue, computeStats, onDisk, putOnDisk } from "../model/catalog.ts";
import { addResource } from "../model/create.ts";
import { catalogName } from "../documents/item.ts";
import type { Resource } from "../model/types.ts";
import type { StoredBlob } from "../storage/blobs.ts";
import { type Incoming, incoming } from "./body.ts";
import { chosen } from "./catalogs.ts";
import { mayOwn, type Owner } from "./owners.ts";
import { filePath } from "./path.ts";
import { unpacked } from "./unpack.ts";

/** What was in the archive when the request came. */
interface Before {
  readonly owner: Owner;
  readonly resource?: Resource;
  readonly version: number;
}

/** PUT and POST of `…/files[/path]`. */
export async function upload(call: Call): Promise<Response> {
  const { catalogs, owners } = chosen(call, "files");
  const [first] = catalogs;
  const owner = first?.owner ?? owners[0]!;
  if (!mayOwn(call, "edit", owner)) return empty();
  if (call.query.has("reference")) refuse(403, "References to files of the server are not allowed");
  const before = { owner, resource: first?.resource, version: first?.resource.version ?? 0 };
  const path = filePath(call.tail);
  const sent = await incoming(call);
  if (sent.length === 0) refuse(400, "No files in the body");
  const duplicates = sent.flatMap((each) => {
    const name = targetPath(path, each, sent.length);
    return isTaken(call, before.resource, name) ? [name] : [];
  });
  // What is extracted may collide by its members, which nobody looks at beforehand.
  if (duplicates.length > 0 && !call.query.is("overwrite") && !call.query.is("extract")) {
    return document(JSON.stringify({ duplicates }), "text/html");
  }
  const stored = new Map<string, StoredBlob>();
  for (const each of sent) await receive(call, path, each, sent.length, stored);
  await file(call, before, stored);
  return empty();
}

/** Where a file goes: a path without a slash at its end names the one file that is sent. */
function targetPath(path: string, { name }: Incoming, count: number): string {
  if (path === "") return name ?? refuse(400, "The path does not name a file");
  if (name !== undefined && (path.endsWith("/") || count > 1)) {
    return `${path.replace(/\/$/, "")}/${name}`;
  }
  return path;
}

function isTaken({ world }: Call, resource: Resource | undefined, path: string): boolean {
  if (!resource) return false;
  if (path === catalogName(resource)) refuse(500, `${path}: cannot catalog a catalog`);
  return onDisk(world.archive, resource, path) !== undefined;
}

async function receive(
  call: Call,
  path: string,
  each: Incoming,
  count: number,
  stored: Map<string, StoredBlob>,
): Promise<void> {
  const { blobs } = call.world;
  if (!call.query.is("extract")) {
    stored.set(targetPath(path, each, count), await blobs.write(each.bytes));
    return;
  }
  const name = targetPath(path, each, count);
  const archive = await blobs.hold(each.bytes);
  const folder = name.includes("/") ? name.slice(0, name.lastIndexOf("/") + 1) : "";
  try {
    for await (const member of unpacked(blobs, archive, name)) {
      stored.set(folder + member.path, await blobs.write([member.bytes]));
    }
  } finally {
    await blobs.release(archive.blob);
  }
}

/** Puts what came on the disk, then into the catalog, unless somebody else changed that meanwhile. */
async function file(call: Call, before: Before, stored: Map<string, StoredBlob>): Promise<void> {
  const { world, login, now, query } = call;
  const resource = before.resource ?? create(call, before.owner);
  for (const [path, blob] of stored) {
    await putOnDisk(world.archive, world.blobs, resource, path, blob, now);
  }
  if (resource.version !== before.version) {
    refuse(500, `Another thread or process modified ${catalogName(resource)} since it was read`);
  }
  for (const path of stored.keys()) {
    const onFile = onDisk(world.archive, resource, path)!;
    catalogue(resource, path, onFile, login.name, now, {
      format: query.get("format"),
      content: query.get("content"),
      tags: query.get("tags"),
      description: query.get("description"),
    });
  }
  if (query.get("update-stats") !== "false") computeStats(resource);
}

/** Makes the resource of a path. Nobody looks whether another request has made it by now. */
function create({ world, vars, query }: Call, owner: Owner): Resource {
  const label = vars.R === undefined || vars.R === "NULL" ? "" : vars.R;
  return addResource(world.archive, owner.resources, owner.folder, label, {
    format: query.get("format"),
    content: query.get("content"),
  });
}
