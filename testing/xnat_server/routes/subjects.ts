/**
 * Subjects: lists and items.
 *
 * @module
 */

import { may, mayInProject } from "../auth/rights.ts";
import { subjectNode } from "../documents/item.ts";
import { type Call, makerOf } from "../http/call.ts";
import { type Contents, contentsOf, fieldsOf, said } from "../http/contents.ts";
import { refuse } from "../http/refusal.ts";
import { empty, madeAt, text } from "../http/reply.ts";
import { addSubject } from "../model/create.ts";
import { findSubject, isIn } from "../model/find.ts";
import { moveFolders, subjectFolder } from "../model/folders.ts";
import type { Subject } from "../model/types.ts";
import { listing } from "../tables/listing.ts";
import { tableReply } from "../tables/table.ts";
import { itemRoute } from "./item_route.ts";
import {
  demand,
  demandInProject,
  needProject,
  needReadableProject,
  needSubject,
  needToRemove,
} from "./locate.ts";
import { deleteSubject, removeHere } from "./removal.ts";

const TYPE = "xnat:subjectData";

/** `/subjects` and `/projects/{P}/subjects`. */
export async function subjects(call: Call): Promise<Response> {
  const { world, login, vars, method } = call;
  if (method === "POST" || method === "PUT") return await postSubject(call);
  const project = vars.P === undefined ? undefined : needReadableProject(call).id;
  const listed = [...world.archive.subjects.values()].filter((subject) =>
    project === undefined ? may(world.archive, login, "read", subject) : isIn(subject, project)
  );
  const table = listing(call, "subject", listed.map((item) => ({ item, project })));
  return tableReply(call, table ?? refuse(500));
}

async function postSubject(call: Call): Promise<Response> {
  const contents = await contentsOf(call, TYPE);
  const label = said(contents, "label") ?? "";
  if (call.vars.P === undefined && !said(contents, "project")) refuse(422, "Project is missing");
  const inProject = { ...call, vars: { P: said(contents, "project"), ...call.vars } };
  const project = needProject(inProject);
  demandInProject(call, "edit", project);
  if (label && findSubject(call.world.archive, project.id, label)) {
    refuse(409, "Specified subject already exists.");
  }
  const subject = create(inProject, project.id, label, contents);
  return madeAt(`${call.world.options.siteUrl}/data/subjects/${subject.id}`);
}

/** `/subjects/{S}` and `/projects/{P}/subjects/{S}`. */
export const subject: (call: Call) => Promise<Response> = itemRoute({
  put: putSubject,
  need: (call) => needToRemove(call, call.world.archive.subjects.get(call.vars.S!), needSubject),
  remove: (call, found) => removeHere(call, found, deleteSubject),
  node: ({ world, login }, found) => subjectNode({ archive: world.archive, login }, found),
});

async function putSubject(call: Call): Promise<Response> {
  const { world, login, vars, now } = call;
  const contents = await contentsOf(call, TYPE);
  if (vars.P === undefined) {
    const found = needSubject(call);
    demand(call, "edit", found);
    return update(call, found, contents, now);
  }
  const project = needProject(call);
  const found = findSubject(world.archive, project.id, vars.S!);
  if (!found) {
    demandInProject(call, "edit", project);
    return text(create(call, project.id, vars.S!, contents).id, 201);
  }
  if (!mayInProject(login, "edit", project)) demand(call, "edit", found);
  return update(call, found, contents, now);
}

function create(call: Call, project: string, label: string, contents: Contents): Subject {
  const fields = fieldsOf(contents, "subject", TYPE);
  return addSubject(call.world.archive, makerOf(call), project, label, fields);
}

function update(call: Call, found: Subject, contents: Contents, now: number): Response {
  const { archive } = call.world;
  const label = said(contents, "label");
  if (label && label !== found.label) {
    if (contents.document) refuse(400, "Labels cannot be changed by XML");
    if (findSubject(archive, found.project, label)) refuse(409, "Label is in use already.");
    const from = subjectFolder(found.project, found.label);
    found.label = label;
    moveFolders(archive, found.resources, from, subjectFolder(found.project, label));
  }
  // Who names a label is heard on that alone, also when it is the old one.
  if (call.query.get("label")) return empty();
  if (call.query.is("allowDataDeletion")) found.fields = {};
  Object.assign(found.fields, fieldsOf(contents, "subject", TYPE));
  found.lastModified = now;
  return text(found.id);
}
