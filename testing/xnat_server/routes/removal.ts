/**
 * Takes objects out of the archive. Files stay on the disk unless `removeFiles=true` is said.
 *
 * @module
 */

import { mayInProject } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import { removeFolder } from "../model/catalog.ts";
import { assessorsOf, experimentsOf, resourcesBelow } from "../model/find.ts";
import type { Experiment, Resource, Scan, Subject } from "../model/types.ts";
import { demand, needProject } from "./locate.ts";

/** Removes the files of resources that go, when that was asked for. */
export async function removeResources(
  { world, query }: Call,
  resources: readonly Resource[],
): Promise<void> {
  if (!query.is("removeFiles")) return;
  for (const { folder } of resources) await removeFolder(world.archive, world.blobs, folder);
}

/** Answers DELETE: in a project that an object is shared into, only the share goes. */
export async function removeFrom<T extends Subject | Experiment>(
  call: Call,
  found: T,
  remove: (call: Call, found: T) => Promise<void>,
): Promise<Response> {
  const project = call.vars.P === undefined ? found.project : needProject(call).id;
  if (project === found.project) {
    demand(call, "delete", found);
    await remove(call, found);
    return empty();
  }
  if (!mayInProject(call.login, "delete", call.world.archive.projects.get(project))) refuse(403);
  found.shares = found.shares.filter((share) => share.project !== project);
  return empty();
}

/** Removes an experiment with its assessors. */
export async function deleteExperiment(call: Call, experiment: Experiment): Promise<void> {
  const { archive } = call.world;
  for (const assessor of assessorsOf(archive, experiment)) await deleteExperiment(call, assessor);
  archive.experiments.delete(experiment.id);
  await removeResources(call, resourcesBelow(experiment));
}

/** Removes a subject with its experiments. */
export async function deleteSubject(call: Call, subject: Subject): Promise<void> {
  const { archive } = call.world;
  for (const experiment of experimentsOf(archive, subject)) {
    await deleteExperiment(call, experiment);
  }
  archive.subjects.delete(subject.id);
  await removeResources(call, subject.resources);
}

/** Removes a scan from its session. */
export async function deleteScan(call: Call, session: Experiment, scan: Scan): Promise<void> {
  session.scans = session.scans.filter((each) => each !== scan);
  await removeResources(call, scan.resources);
}
