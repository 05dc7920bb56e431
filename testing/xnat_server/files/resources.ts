/**
 * Resources: list and item.
 *
 * @module
 */

import { catalogXml } from "../documents/catalog_xml.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty, streamed, text } from "../http/reply.ts";
import { computeStats, removeFolder } from "../model/catalog.ts";
import { addResource } from "../model/create.ts";
import type { Resource } from "../model/types.ts";
import { tableReply } from "../tables/table.ts";
import { type Catalog, chosen, resourcesTable, resourceUri } from "./catalogs.ts";
import { mayOwn, type Owner, ownersOf } from "./owners.ts";

/** `…/resources`. */
export function resources(call: Call): Response {
  if (call.method === "POST" || call.method === "PUT") {
    const [owner] = ownersOf(call, "resources");
    const label = call.query.get("label") ?? "";
    const resource = create(call, owner!, label);
    return text(call.world.options.siteUrl + resourceUri({ owner: owner!, resource }, false));
  }
  const { catalogs } = chosen(call, "resources");
  if (call.query.is("cache_file_stats")) {
    for (const { resource } of catalogs) computeStats(resource);
  }
  return tableReply(call, resourcesTable(catalogs));
}

/** `…/resources/{R}`. */
export async function resource(call: Call): Promise<Response> {
  if (call.tail !== "") refuse(400, "Unexpected path after the resource");
  const { owners, catalogs } = chosen(call, "resources");
  if (call.method === "PUT" || call.method === "POST") {
    if (catalogs.length > 0) return update(call, catalogs);
    create(call, owners[0]!, call.vars.R!);
    return empty();
  }
  if (call.method === "DELETE") return await remove(call, catalogs);
  const [first] = catalogs;
  if (!first) refuse(404, "Unable to find the specified catalog.");
  const studyUid = first.owner.session?.fields.UID;
  return streamed(catalogXml(first.resource, studyUid), "text/xml");
}

function create(call: Call, owner: Owner, label: string): Resource {
  if (!mayOwn(call, "edit", owner)) refuse(403, "No right to change this object");
  if (/^\d+$/.test(label)) refuse(404, "Unable to find the specified resource");
  const { query, world } = call;
  return addResource(world.archive, owner.resources, owner.folder, label, {
    format: query.get("format"),
    content: query.get("content"),
    tags: query.get("tags"),
    description: query.get("description"),
  });
}

/** A PUT on one that exists changes nothing and says so. */
function update(call: Call, catalogs: readonly Catalog[]): Response {
  if (!catalogs.every(({ owner }) => mayOwn(call, "edit", owner))) {
    refuse(403, "No right to change this object");
  }
  refuse(409, "Specified resource already exists.");
}

async function remove(call: Call, catalogs: readonly Catalog[]): Promise<Response> {
  const { world } = call;
  for (const { owner, resource } of catalogs) {
    if (!mayOwn(call, "delete", owner)) refuse(403, "No right to delete this resource");
    owner.resources.splice(owner.resources.indexOf(resource), 1);
    await removeFolder(world.archive, world.blobs, resource.folder);
  }
  return empty();
}
