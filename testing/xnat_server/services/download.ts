/**
 * Bulk downloads by order: `/xapi/archive/download`.
 *
 * @module
 */

import { may } from "../auth/rights.ts";
import { archiveReply } from "../files/archive_reply.ts";
import type { CatalogFile } from "../files/listing.ts";
import { urlCatalog } from "../files/members.ts";
import { ownersBelow } from "../files/owners.ts";
import { resourceUri } from "../files/catalogs.ts";
import type { Call } from "../http/call.ts";
import { Query } from "../http/query.ts";
import { refuse } from "../http/refusal.ts";
import { document } from "../http/reply.ts";
import type { DownloadOrder } from "../world.ts";

/** POST of `/xapi/archive/download[withsize]`: takes an order, answers with its id. */
export async function orderDownload(call: Call): Promise<Response> {
  const { world, now } = call;
  const said: unknown = await call.request.json();
  const settings: Record<string, string[]> = {};
  for (const [key, value] of Object.entries(said ?? {})) {
    if (Array.isArray(value)) settings[key] = value.map(String);
  }
  const projects = [...settings.projectId ?? [], ...settings.projectIds ?? []];
  if (!settings.sessions?.length || projects.length === 0) {
    return new Response(null, { status: 204 });
  }
  // A session is named by its id, or by project:subject:label:id as the page of XNAT does.
  const sessions = settings.sessions.map((each) => each.split(":").at(-1)!);
  const id = `XNAT-download-${now}-${world.orders.size + 1}`;
  world.orders.set(id, { sessions, settings });
  if (!call.segments.at(-1)!.startsWith("downloadwithsize")) return document(id, "application/xml");
  const files = filesOf(call, world.orders.get(id)!);
  const size = files.reduce((sum, { entry }) => sum + (entry.size ?? 0), 0);
  const resourceCount = new Set(files.map(({ catalog }) => catalog.resource)).size;
  return document(JSON.stringify({ id, size, resourceCount }), "application/json");
}

/** GET of `/xapi/archive/download/{id}/{form}`. */
export function download(call: Call): Response {
  const { world, vars } = call;
  const order = world.orders.get(vars.id!);
  if (!order) refuse(404, "Unable to find requested file or resource", "text");
  const files = filesOf(call, order);
  if (vars.form === "xml") {
    const urlOf = ({ catalog, entry }: CatalogFile) =>
      `${world.options.siteUrl}${resourceUri(catalog, false)}/files/${encodeURI(entry.path)}`;
    return urlCatalog(files, urlOf);
  }
  const options = order.settings.options ?? [];
  const switches = options.map((each) =>
    each === "simplified" ? "structure=simplified" : `${each}=true`
  );
  return archiveReply({ ...call, query: new Query(switches.join("&")) }, files, "zip");
}

function filesOf({ world, login }: Call, { sessions, settings }: DownloadOrder): CatalogFile[] {
  const wants = (key: string, value: string) => settings[key]?.includes(value) ?? false;
  return sessions.flatMap((id) => {
    const session = world.archive.experiments.get(id);
    if (!session || !may(world.archive, login, "read", session)) return [];
    return ownersBelow(world, login, session).flatMap((owner) =>
      owner.resources.filter((resource) => {
        if (!owner.scan) return wants("resources", resource.label);
        const byType = !settings.scan_types || wants("scan_types", owner.scan.fields.type ?? "");
        return byType && (!settings.scan_formats || wants("scan_formats", resource.label));
      }).flatMap((resource) =>
        [...resource.entries.values()].map((entry) => ({ catalog: { owner, resource }, entry }))
      )
    );
  });
}
