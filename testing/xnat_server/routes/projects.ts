/**
 * Projects: list, item, accessibility.
 *
 * @module
 */

import { own } from "../own.ts";
import { applyGrantsIn, GROUPS } from "../auth/grants.ts";
import { mayInProject, maySee } from "../auth/rights.ts";
import { projectNode } from "../documents/item.ts";
import { type Call, makerOf } from "../http/call.ts";
import { contentsOf, fieldsOf, said } from "../http/contents.ts";
import { refuse } from "../http/refusal.ts";
import { empty, text } from "../http/reply.ts";
import { addProject } from "../model/create.ts";
import { aliasesOf, findProject } from "../model/find.ts";
import { timestamp } from "../model/fields.ts";
import type { Project, XnatAccessibility, XnatRight } from "../model/types.ts";
import { listing } from "../tables/listing.ts";
import { type Table, tableReply } from "../tables/table.ts";
import { deleteExperiment, deleteSubject, removeResources } from "./removal.ts";
import { itemRoute } from "./item_route.ts";
import { needProject } from "./locate.ts";

/** `/projects`. */
export async function projects(call: Call): Promise<Response> {
  if (call.method === "POST") return await postProject(call);
  const { world, login, query } = call;
  const all = [...world.archive.projects.values()];
  const listed = all.filter((project) => maySee(login, project));
  const accessible = ["accessible", "data", "owner", "member", "collaborator", "recent", "favorite"]
    .some((name) => query.has(name));
  if (accessible) return tableReply(call, displayTable(call, listed));
  const restrict = query.get("restrict") ?? query.get("permissions");
  const right: XnatRight | undefined = restrict === "edit" || restrict === "delete"
    ? restrict
    : undefined;
  const kept = right ? listed.filter((project) => mayInProject(login, right, project)) : listed;
  return tableReply(call, listing(call, "project", kept.map((item) => ({ item }))));
}

/** The other table of projects, by secondary id. */
function displayTable({ login, query }: Call, listed: readonly Project[]): Table {
  const wanted = query.get("data") === "writable" ? "edit" : query.is("owner") ? "delete" : "read";
  const readable = listed.filter((project) => mayInProject(login, wanted, project));
  return {
    columns: [
      "id",
      "name",
      "description",
      "secondary_id",
      "pi",
      "project_access",
      "insert_date",
      "insert_user",
      "user_role_1",
      "quarantine_status",
    ],
    rows: readable.map((project) => [
      project.id,
      project.fields.name ?? "",
      project.fields.description ?? "",
      project.fields.secondary_ID ?? "",
      [project.fields["PI/lastname"], project.fields["PI/firstname"]].filter(Boolean).join(", "),
      project.accessibility,
      timestamp(project.insertDate),
      project.insertUser,
      GROUPS[own(project.members, login.name) ?? "read"].displayName,
      "active",
    ]).sort((a, b) => a[3]! < b[3]! ? -1 : 1),
    counted: true,
  };
}

async function postProject(call: Call): Promise<Response> {
  const contents = await contentsOf(call, "xnat:projectData");
  const id = said(contents, "ID");
  if (!id) refuse(417, "Need PUT/POST Contents");
  if (findProject(call.world.archive, id)) refuse(409, "Project already exists.");
  create(call, id, fieldsOf(contents, "project", "xnat:projectData"));
  return text(`${call.world.options.siteUrl}/data/projects/${id}`);
}

/** `/projects/{P}`. */
export const project: (call: Call) => Promise<Response> = itemRoute({
  put: putProject,
  need: needProject,
  remove: deleteProject,
  node: (_, found) => projectNode(found),
});

async function putProject(call: Call): Promise<Response> {
  const { world, login, vars, now } = call;
  const id = vars.P!;
  const contents = await contentsOf(call, "xnat:projectData");
  const named = contents.document?.attributes.ID;
  if (named && named !== id) refuse(409, "Submitted XML does not match the project of the path.");
  const fields = fieldsOf(contents, "project", "xnat:projectData");
  const found = findProject(world.archive, id);
  if (!found) {
    create(call, id, fields);
    return empty();
  }
  if (found.id !== id) refuse(409, "The project ID is an alias of another project.");
  if (!maySee(login, found)) {
    refuse(403, "User account doesn't have permission to edit this project.");
  }
  if (!mayInProject(login, "delete", found)) {
    refuse(403, "User account doesn't have permission to edit this project.");
  }
  if (call.query.is("allowDataDeletion")) found.fields = { name: id, secondary_ID: id };
  Object.assign(found.fields, fields);
  found.lastModified = now;
  return empty();
}

function create(call: Call, id: string, fields: Record<string, string>): void {
  const { world, login } = call;
  if (login.guest) refuse(403, "Guests cannot create projects");
  if (!/^[A-Za-z0-9_-]+$/.test(id)) refuse(417, "Invalid character in project ID.");
  if (world.archive.deletedProjects.has(id.toLowerCase())) {
    refuse(403, "Project IDs of deleted projects cannot be used again.");
  }
  const wanted = [id, fields.name, fields.secondary_ID, ...aliasesOf(fields)]
    .map((name) => name?.toLowerCase());
  for (const other of world.archive.projects.values()) {
    const { name, secondary_ID } = other.fields;
    const taken = [other.id, name, secondary_ID, ...aliasesOf(other.fields)];
    if (taken.some((name) => name && wanted.includes(name.toLowerCase()))) {
      refuse(409, "Project ID, title, running title or alias is in use already.");
    }
  }
  applyGrantsIn(addProject(world.archive, makerOf(call), id, fields), world.users);
}

async function deleteProject(call: Call, found: Project): Promise<Response> {
  const { world, login } = call;
  if (!mayInProject(login, "delete", found)) {
    refuse(403, "User account doesn't have permission to delete this project.");
  }
  const { archive } = world;
  for (const experiment of [...archive.experiments.values()]) {
    if (experiment.project === found.id) await deleteExperiment(call, experiment);
  }
  for (const subject of [...archive.subjects.values()]) {
    if (subject.project === found.id) await deleteSubject(call, subject);
  }
  for (const item of [...archive.subjects.values(), ...archive.experiments.values()]) {
    item.shares = item.shares.filter(({ project }) => project !== found.id);
  }
  await removeResources(call, found.resources);
  archive.projects.delete(found.id);
  archive.deletedProjects.add(found.id.toLowerCase());
  return empty();
}

/** `/projects/{P}/accessibility[/{value}]`. */
export function accessibility(call: Call): Response {
  const found = needProject(call);
  if (call.method !== "PUT") return text(found.accessibility);
  if (!mayInProject(call.login, "delete", found)) refuse(403);
  const value = call.vars.value as XnatAccessibility;
  if (!["public", "protected", "private"].includes(value)) refuse(400, `Unknown value ${value}`);
  found.accessibility = value;
  return empty();
}

/** `/projects/{P}/prearchive_code`. */
export function prearchiveCode(call: Call): Response {
  const found = needProject(call);
  if (call.method === "PUT") {
    if (!mayInProject(call.login, "delete", found)) refuse(403);
    found.prearchiveCode = call.tail;
    return empty();
  }
  return text(found.prearchiveCode);
}
