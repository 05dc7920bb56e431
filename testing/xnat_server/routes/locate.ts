/**
 * The objects that a path names, for routes of single objects and of lists.
 *
 * @module
 */

import { may, mayInProject, maySee } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { findExperiment, findProject, findSubject } from "../model/find.ts";
import type { Experiment, Project, Subject, XnatRight } from "../model/types.ts";

/** The project of the path. @throws {Refusal} 404 when it is not there or not to be seen. */
export function needProject({ world, login, vars }: Call): Project {
  const project = findProject(world.archive, vars.P!);
  if (!project || !maySee(login, project)) refuse(404, `Unable to identify project ${vars.P}`);
  return project;
}

/** A project whose data may be read. @throws {Refusal} 404, and 403 for a protected one. */
export function needReadableProject(call: Call): Project {
  const project = needProject(call);
  if (!mayInProject(call.login, "read", project)) {
    refuse(403, `Specified user account has insufficient privileges for project ${project.id}`);
  }
  return project;
}

/** @throws {Refusal} 403 when a login lacks a right in a project. */
export function demandInProject({ login }: Call, right: XnatRight, project: Project): void {
  if (mayInProject(login, right, project)) return;
  refuse(403, "Specified user account has insufficient privileges for subjects in this project.");
}

/** @throws {Refusal} 404 for what may not be read, 403 when another right is missing. */
export function demand(call: Call, right: XnatRight, item: Subject | Experiment): void {
  const { world, login } = call;
  if (!may(world.archive, login, "read", item)) refuse(404, "Unable to find the specified object");
  if (may(world.archive, login, right, item)) return;
  refuse(403, `User account doesn't have permission to ${right} this object.`);
}

/** What DELETE takes: by its id also where the project of the path does not have it, which then loses nothing. */
export function needToRemove<T extends Subject | Experiment>(
  call: Call,
  byId: T | undefined,
  need: (call: Call) => T,
): T {
  const { world, login, method } = call;
  return method === "DELETE" && byId && may(world.archive, login, "read", byId) ? byId : need(call);
}

/** The subject of the path, if there is one that may be read. */
function seekSubject(call: Call): Subject | undefined {
  const { world, vars, login } = call;
  const subject = vars.P === undefined
    ? world.archive.subjects.get(vars.S!)
    : findSubject(world.archive, needProject(call).id, vars.S!);
  return subject && may(world.archive, login, "read", subject) ? subject : undefined;
}

/** @throws {Refusal} 404 */
export function needSubject(call: Call): Subject {
  return seekSubject(call) ?? refuse(404, `Unable to identify subject ${call.vars.S}`);
}

/** The experiment of the path, if there is one that may be read. */
function seekExperiment(call: Call): Experiment | undefined {
  const { world, vars, login } = call;
  const experiment = vars.P === undefined
    ? world.archive.experiments.get(vars.E!)
    : findExperiment(world.archive, needProject(call).id, vars.E!);
  return experiment && may(world.archive, login, "read", experiment) ? experiment : undefined;
}

/** @throws {Refusal} 404 */
export function needExperiment(call: Call): Experiment {
  if (call.vars.S !== undefined && call.vars.P !== undefined) needSubject(call);
  const hint = call.vars.P === undefined
    ? " (use the accession ID, or put the project in the path)"
    : "";
  return seekExperiment(call) ?? refuse(404, `Unable to find the specified experiment${hint}.`);
}

/** The session of a list below it. @throws {Refusal} 500 for an unknown one without a project, as it is. */
export function needSession(call: Call): Experiment {
  const session = seekExperiment(call);
  if (session) return session;
  if (call.vars.P === undefined) refuse(500, "java.lang.NullPointerException");
  refuse(404, "Unable to find the specified experiment.");
}
