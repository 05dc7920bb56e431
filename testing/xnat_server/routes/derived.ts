/**
 * What is made of sessions: assessors and reconstructions.
 *
 * @module
 */

import { may } from "../auth/rights.ts";
import { experimentNode, reconstructionNode } from "../documents/item.ts";
import { itemReply } from "../documents/item_reply.ts";
import { type Call, makerOf } from "../http/call.ts";
import { type Contents, contentsOf, fieldsOf, said } from "../http/contents.ts";
import { refuse } from "../http/refusal.ts";
import { empty, madeAt, text } from "../http/reply.ts";
import { addAssessor, addReconstruction } from "../model/create.ts";
import { assessorsOf, findExperiment, isIn, labelIn } from "../model/find.ts";
import { isA, typeOf } from "../model/schema.ts";
import type { Experiment } from "../model/types.ts";
import { listing } from "../tables/listing.ts";
import { tableReply } from "../tables/table.ts";
import { demandNoTail } from "./item_route.ts";
import { demand, demandInProject, needExperiment, needProject, needSession } from "./locate.ts";
import { deleteExperiment, removeHere, removeResources } from "./removal.ts";

const ASSESSOR = "xnat:imageAssessorData";

function readable(call: Call, session: Experiment): Experiment[] {
  const { world, login } = call;
  return assessorsOf(world.archive, session).filter((each) =>
    may(world.archive, login, "read", each)
  );
}

/** `…/assessors`. */
export async function assessors(call: Call): Promise<Response> {
  const session = needSession(call);
  if (call.method === "POST") {
    const contents = await contentsOf(call, ASSESSOR);
    const label = said(contents, "label") ?? "";
    const id = contents.document?.attributes.ID;
    const { archive } = call.world;
    const isThere = archive.experiments.has(id ?? "") ||
      label !== "" && findExperiment(archive, session.project, label) !== undefined;
    if (isThere) refuse(409, "Specified experiment already exists.");
    const made = store(call, session, label, contents, id);
    return madeAt(`${call.world.options.siteUrl}/data/experiments/${made.id}`);
  }
  const items = readable(call, session).map((item) => ({ item, session, project: call.vars.P }));
  return tableReply(call, listing(call, "assessor", items));
}

/** The assessor of the path: by its label in the project of the path, or by its id. */
function seekAssessor(call: Call, session: Experiment): Experiment | undefined {
  const { P, A = "" } = call.vars;
  const project = P === undefined ? undefined : needProject(call).id;
  const all = readable(call, session).filter((each) =>
    project === undefined || isIn(each, project)
  );
  return all.find(({ id }) => id === A) ??
    all.find((each) => labelIn(each, project) === A);
}

/** The assessor of the path. @throws {Refusal} 404 */
export function needAssessor(call: Call): Experiment {
  return seekAssessor(call, needExperiment(call)) ??
    refuse(404, "Unable to find the specified experiment.");
}

/** `…/assessors/{A}`. */
export async function assessor(call: Call): Promise<Response> {
  const session = needExperiment(call);
  if (call.method !== "GET") demandNoTail(call);
  const found = seekAssessor(call, session);
  if (call.method === "PUT" || call.method === "POST") {
    const contents = await contentsOf(call, ASSESSOR);
    if (!found) return text(store(call, session, call.vars.A!, contents).id, 201);
    demand(call, "edit", found);
    Object.assign(found.fields, fieldsOf(contents, "assessor", found.xsiType));
    found.lastModified = call.now;
    return text(found.id);
  }
  if (!found) refuse(404, "Unable to find the specified experiment.");
  if (call.method === "DELETE") return await removeHere(call, found, deleteExperiment);
  return itemReply(call, experimentNode({ archive: call.world.archive, login: call.login }, found));
}

function store(
  call: Call,
  session: Experiment,
  label: string,
  contents: Contents,
  id?: string,
): Experiment {
  // It is of the project of the path, which need not be that of the session.
  const project = call.vars.P === undefined ? session.project : needProject(call).id;
  if (project === session.project) demand(call, "edit", session);
  else demandInProject(call, "edit", needProject(call));
  const type = typeOf(contents.xsiType ?? "");
  if (!type) refuse(417, "Need PUT/POST Contents");
  if (type.abstract || !isA(type.name, ASSESSOR)) {
    refuse(400, `${type.name} is not a type of assessors`);
  }
  const made = addAssessor(call.world.archive, makerOf(call), session, label, type.name, id);
  made.project = project;
  Object.assign(made.fields, fieldsOf(contents, "assessor", type.name));
  return made;
}

/** `…/reconstructions`. */
export function reconstructions(call: Call): Response {
  const session = needSession(call);
  const items = session.reconstructions.map((item) => ({ item, session }));
  return tableReply(call, listing(call, "reconstruction", items) ?? refuse(500));
}

/** `…/reconstructions/{RC}`. */
export async function reconstruction(call: Call): Promise<Response> {
  const session = needExperiment(call);
  const id = call.vars.RC!;
  if (call.method !== "GET") demandNoTail(call);
  const found = session.reconstructions.find((each) => each.id === id);
  if (call.method === "PUT" || call.method === "POST") {
    demand(call, "edit", session);
    const type = "xnat:reconstructedImageData";
    const contents = await contentsOf(call, type);
    const item = found ?? addReconstruction(call.world.archive, makerOf(call), session, id);
    Object.assign(item.fields, fieldsOf(contents, "reconstruction", type));
    return empty();
  }
  if (!found) refuse(404, "Unable to find the specified reconstruction.");
  if (call.method === "DELETE") {
    demand(call, "delete", session);
    session.reconstructions = session.reconstructions.filter((each) => each !== found);
    await removeResources(call, [...found.inputs, ...found.resources]);
    return empty();
  }
  return itemReply(call, reconstructionNode(found, session));
}
