/**
 * Experiments: lists and items.
 *
 * @module
 */

import { may } from "../auth/rights.ts";
import { experimentNode } from "../documents/item.ts";
import { type Call, makerOf } from "../http/call.ts";
import { type Contents, contentsOf, fieldsOf, said } from "../http/contents.ts";
import { refuse } from "../http/refusal.ts";
import { empty, madeAt, text } from "../http/reply.ts";
import { addExperiment, addSubject } from "../model/create.ts";
import { findExperiment, findSubject, isIn } from "../model/find.ts";
import { relocateSession } from "../model/folders.ts";
import { isA, typeOf } from "../model/schema.ts";
import type { Experiment, Project } from "../model/types.ts";
import { listing } from "../tables/listing.ts";
import { tableReply } from "../tables/table.ts";
import { itemRoute } from "./item_route.ts";
import {
  demand,
  demandInProject,
  needExperiment,
  needProject,
  needReadableProject,
  needSubject,
  needToRemove,
} from "./locate.ts";
import { deleteExperiment, removeHere } from "./removal.ts";

const ROOT = "xnat:experimentData";

/** `…/experiments`, of the site, a project or a subject. */
export async function experiments(call: Call): Promise<Response> {
  const { world, login, vars, query, method } = call;
  if (method === "POST" || method === "PUT") return await postExperiment(call);
  const project = vars.P === undefined ? undefined : needReadableProject(call).id;
  const subject = vars.S === undefined ? undefined : needSubject(call).id;
  // Assessors have no subject that could be compared.
  const isUnrelated = isA(query.get("xsiType") ?? "", "xnat:derivedData");
  if (subject !== undefined && isUnrelated) return tableReply(call, undefined);
  const listed = [...world.archive.experiments.values()].filter((each) =>
    (subject === undefined || (each.session === undefined && each.subject === subject)) &&
    (project === undefined ? may(world.archive, login, "read", each) : isIn(each, project))
  );
  const rows = listed.map((item) => ({
    item,
    project,
    session: world.archive.experiments.get(item.session ?? ""),
  }));
  const table = listing(call, "experiment", rows);
  return tableReply(call, table ?? (project === undefined ? refuse(500) : undefined));
}

async function postExperiment(call: Call): Promise<Response> {
  const contents = await contentsOf(call, ROOT);
  const label = said(contents, "label");
  if (!label || call.vars.P === undefined) refuse(417, "Need PUT/POST Contents");
  const project = needProject(call);
  // Only PUT makes the subject of its path.
  if (call.vars.S !== undefined) needSubject(call);
  if (findExperiment(call.world.archive, project.id, label)) {
    refuse(409, "Specified experiment already exists.");
  }
  const made = create(call, project, label, contents);
  return madeAt(`${call.world.options.siteUrl}/data/experiments/${made.id}`);
}

/** `…/experiments/{E}`. */
export const experiment: (call: Call) => Promise<Response> = itemRoute({
  put: putExperiment,
  need: (call) =>
    needToRemove(call, call.world.archive.experiments.get(call.vars.E!), needExperiment),
  remove: (call, found) => removeHere(call, found, deleteExperiment),
  node: ({ world, login }, found) => experimentNode({ archive: world.archive, login }, found),
});

async function putExperiment(call: Call): Promise<Response> {
  const { world, vars } = call;
  const contents = await contentsOf(call, ROOT);
  const project = vars.P === undefined ? undefined : needProject(call);
  const found = project
    ? findExperiment(world.archive, project.id, vars.E!)
    : world.archive.experiments.get(vars.E!);
  if (!found) {
    if (!project) refuse(404, "Unable to find the specified experiment.");
    return text(create(call, project, vars.E!, contents).id, 201);
  }
  demand(call, "edit", found);
  rename(call, found, contents);
  // Who names a label is heard on that alone, also when it is the old one.
  if (call.query.get("label")) return empty();
  if (call.query.is("allowDataDeletion")) found.fields = {};
  Object.assign(found.fields, fieldsOf(contents, "experiment", found.xsiType));
  found.lastModified = call.now;
  return text(found.id);
}

function rename(call: Call, found: Experiment, contents: Contents): void {
  const label = said(contents, "label");
  if (!label || label === found.label) return;
  if (contents.document) refuse(400, "Labels cannot be changed by XML");
  if (findExperiment(call.world.archive, found.project, label)) {
    refuse(409, "Label is in use already.");
  }
  relocateSession(call.world.archive, found, { label });
}

function create(call: Call, project: Project, label: string, contents: Contents): Experiment {
  const { world, vars } = call;
  demandInProject(call, "edit", project);
  const type = typeOf(contents.xsiType ?? "");
  if (!type) refuse(417, "Need PUT/POST Contents");
  if (type.abstract || !isA(type.name, "xnat:subjectAssessorData")) {
    refuse(400, `${type.name} is not a type of experiments`);
  }
  const name = vars.S ?? said(contents, "subject_ID");
  if (!name) refuse(400, "Submitted experiment must reference a subject");
  // An unknown label makes a subject, without a word.
  const subject = findSubject(world.archive, project.id, name) ??
    addSubject(world.archive, makerOf(call), project.id, name);
  const made = addExperiment(world.archive, makerOf(call), subject, project.id, label, type.name);
  Object.assign(made.fields, fieldsOf(contents, "experiment", type.name));
  return made;
}

/** `…/experiments/{E}/status`. */
export function experimentStatus(call: Call): Response {
  needExperiment(call);
  return text("active");
}
