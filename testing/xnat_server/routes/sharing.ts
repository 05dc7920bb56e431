/**
 * Shares: subjects and experiments in further projects.
 *
 * @module
 */

import { mayInProject, maySee } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import { findExperiment, findProject, findSubject, isIn, labelIn } from "../model/find.ts";
import { relocateSession } from "../model/folders.ts";
import type { Experiment, Subject } from "../model/types.ts";
import { tableReply } from "../tables/table.ts";
import { needAssessor } from "./derived.ts";
import { demand, needExperiment, needSubject } from "./locate.ts";
import { deleteExperiment, deleteSubject, removeFrom } from "./removal.ts";

function shared(call: Call): Subject | Experiment {
  if (call.vars.A !== undefined) return needAssessor(call);
  return call.vars.E === undefined ? needSubject(call) : needExperiment(call);
}

/** `…/projects`: where an object is seen. */
export function shares(call: Call): Response {
  const item = shared(call);
  const rows = [item.project, ...item.shares.map(({ project }) => project)].map((id) => {
    const fields = call.world.archive.projects.get(id)?.fields;
    return [labelIn(item, id), id, fields?.secondary_ID ?? "", fields?.name ?? ""];
  });
  return tableReply(call, {
    columns: ["label", "ID", "Secondary_ID", "Name"],
    rows,
    counted: true,
  });
}

/** `…/projects/{P2}`: shares an object, or takes it out of a project again. */
export async function share(call: Call): Promise<Response> {
  const { world, login, vars, query, method } = call;
  const item = shared(call);
  const target = findProject(world.archive, vars.P2!);
  if (!target || !maySee(login, target)) refuse(404, `Unable to identify project ${vars.P2}`);
  if (method === "GET") return shares(call);
  // In the project that owns it, nothing but itself is left to be taken away.
  if (method === "DELETE") {
    return "xsiType" in item
      ? await removeFrom(call, item, target, deleteExperiment)
      : await removeFrom(call, item, target, deleteSubject);
  }
  if (!mayInProject(login, "edit", target)) refuse(403, "No right to change that project");
  const primary = query.is("primary");
  if (primary) demand(call, "delete", item);
  if (isIn(item, target.id) && !primary) refuse(409, "Already assigned to that project");
  const label = query.get("label") ?? item.label;
  const find = "xsiType" in item ? findExperiment : findSubject;
  const other = find(world.archive, target.id, label);
  if (other && other !== item) refuse(409, "Label is in use already in that project");
  if (primary) move(call, item, target.id);
  else {
    item.shares.push({ project: target.id, label: query.get("label") });
  }
  return empty();
}

function move(call: Call, item: Subject | Experiment, project: string): void {
  item.shares = item.shares.filter((share) => share.project !== project);
  if ("xsiType" in item) relocateSession(call.world.archive, item, { project });
  else item.project = project;
}
