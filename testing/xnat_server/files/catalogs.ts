/**
 * The resources that a path means, and the rows of their lists.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { names } from "../model/find.ts";
import type { Resource } from "../model/types.ts";
import type { Table } from "../tables/table.ts";
import { allOwners, type Owner, ownersOf } from "./owners.ts";

/** A resource and what it belongs to. */
export interface Catalog {
  readonly owner: Owner;
  readonly resource: Resource;
}

/** What a path means. */
export interface Chosen {
  readonly owners: readonly Owner[];
  readonly catalogs: readonly Catalog[];
}

/** Finds the resources of a path: by number, by label, by comma list; all without a segment. */
export function chosen(call: Call, route: "resources" | "files"): Chosen {
  const owners = ownersOf(call, route);
  const all = owners.flatMap((owner) => owner.resources.map((resource) => ({ owner, resource })));
  const segment = call.vars.R;
  if (segment === undefined) return { owners, catalogs: all };
  if (segment.includes("'")) refuse(400, "Illegal character in the label of a resource");
  const catalogs = names(segment).flatMap((name) => named(call, all, name));
  return { owners, catalogs: [...new Set(catalogs)] };
}

/** Digits are the number of a resource, wherever it is, and besides a label here (`getResourceIdsWhereClause`). */
function named(call: Call, all: readonly Catalog[], name: string): Catalog[] {
  if (!/^\d+$/.test(name)) {
    const label = name === "NULL" ? "" : name;
    return all.filter(({ resource }) => resource.label === label);
  }
  const id = Number(name);
  const near = all.filter(({ resource }) => resource.id === id || resource.label === name);
  if (near.some(({ resource }) => resource.id === id)) return near;
  for (const owner of allOwners(call.world, call.login)) {
    const resource = owner.resources.find((each) => each.id === id);
    if (resource) return [...near, { owner, resource }];
  }
  refuse(404, "Unable to find the specified resource");
}

/** The list of resources: neither ID nor URI in it. */
export function resourcesTable(catalogs: readonly Catalog[]): Table {
  return {
    columns: [
      "xnat_abstractresource_id",
      "label",
      "element_name",
      "category",
      "cat_id",
      "cat_desc",
      "file_count",
      "file_size",
      "tags",
      "content",
      "format",
    ],
    rows: catalogs.map(({ owner, resource }) => [
      String(resource.id),
      resource.label,
      "xnat:resourceCatalog",
      owner.category,
      owner.catId,
      owner.catDesc,
      resource.stats ? String(resource.stats.count) : "",
      resource.stats ? String(resource.stats.size) : "",
      resource.tags,
      resource.content,
      resource.format,
    ]),
    counted: true,
    extras: { title: "Resources" },
  };
}

/** Start of the URIs of a resource's files; unescaped. */
export function resourceUri({ owner, resource }: Catalog, withProject: boolean): string {
  const { path, project, subject } = owner;
  const start = withProject && path.startsWith("/experiments/")
    ? `/data/projects/${project}/subjects/${subject}`
    : "/data";
  return `${start}${path}/resources/${resource.id}`;
}

/** Whether a path has project and subject in it, so that URIs of one catalog have them as well. */
export function isLongPath({ vars }: Call): boolean {
  return vars.P !== undefined && vars.S !== undefined;
}
