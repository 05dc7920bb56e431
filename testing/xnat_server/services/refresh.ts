/**
 * Catalog refresh: `/services/refresh/catalog` and `/xapi/archive/catalogs/refresh`.
 *
 * @module
 */

import { allOwners, mayOwn, type Owner } from "../files/owners.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import { refresh, type RefreshOptions } from "../model/catalog.ts";
import { findExperiment, findSubject } from "../model/find.ts";
import type { Resource } from "../model/types.ts";

/** POST of `/services/refresh/catalog`. */
export async function refreshCatalog(call: Call): Promise<Response> {
  const form = new URLSearchParams(await call.request.text());
  const paths = [...call.query.all("resource"), ...form.getAll("resource")];
  const options = call.query.get("options") ?? form.get("options") ?? "";
  return refreshAll(call, paths, options.split(","));
}

/** POST of `/xapi/archive/catalogs/refresh[/{ops}]`. */
export async function refreshByXapi(call: Call): Promise<Response> {
  const paths: unknown = await call.request.json();
  if (!Array.isArray(paths)) refuse(400, "Expected a list of resources", "text");
  return refreshAll(call, paths.map(String), (call.vars.ops ?? "append,delete").split(","));
}

function refreshAll(call: Call, paths: readonly string[], words: readonly string[]): Response {
  if (paths.length === 0) refuse(400, "No resource");
  const options: RefreshOptions = {
    append: words.includes("append"),
    delete: words.includes("delete"),
    checksum: words.includes("checksum"),
    populateStats: words.includes("populateStats"),
  };
  for (const path of paths) {
    const meant = resourcesUnder(call, path);
    if (meant.length === 0) refuse(404, `${path} is not known`);
    for (const { owner, resources } of meant) {
      if (!mayOwn(call, "edit", owner)) refuse(403, "No right to change this object");
      for (const resource of resources) {
        refresh(call.world.archive, resource, options, call.login.name, call.now);
      }
    }
  }
  return empty();
}

/** Objects at or below an archive path with their resources, such as `/archive/experiments/E/scans/1/resources/DICOM`. */
function resourcesUnder(call: Call, path: string): { owner: Owner; resources: Resource[] }[] {
  const segments = path.replace(/^\/?(data\/)?(archive\/)?/, "").split("/").map(decodeURIComponent);
  const named = new Map<string, string>();
  for (let i = 0; i + 1 < segments.length; i += 2) named.set(segments[i]!, segments[i + 1]!);
  const { archive } = call.world;
  const project = named.get("projects");
  const word = named.get("experiments");
  const session = word === undefined
    ? undefined
    : (project && findExperiment(archive, project, word)) || archive.experiments.get(word);
  if (word !== undefined && !session) return [];
  const subject = named.get("subjects") === undefined
    ? undefined
    : project
    ? findSubject(archive, project, named.get("subjects")!)
    : archive.subjects.get(named.get("subjects")!);
  const scan = named.get("scans");
  const label = named.get("resources");
  return [...allOwners(call.world, call.login)]
    .filter((owner) =>
      (session ? owner.session === session : true) &&
      (subject && !session ? owner.subject === subject.id : true) &&
      (!session && !subject ? owner.project === project : true) &&
      (scan === undefined || owner.scan?.id === scan)
    )
    .map((owner) => ({
      owner,
      resources: owner.resources.filter((each) =>
        label === undefined || each.label === label || String(each.id) === label
      ),
    }))
    .filter(({ resources }) => label === undefined || resources.length > 0);
}
