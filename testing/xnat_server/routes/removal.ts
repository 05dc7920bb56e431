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
import type { Experiment, Project, Resource, Scan, Subject } from "../model/types.ts";
import { demand, needProject } from "./locate.ts";

/** Removes the files of resources that go, when that was asked for. */
export async function removeResources(
  { world, query }: Call,
  resources: readonly Resource[],
): Promise<void> {
  if (!query.is("removeFiles")) return;
  for (const { folder } of resources) await removeFolder(world.archive, world.blobs, folder);
}

/** Answers DELETE of an object in the project of the path. */
export async function removeHere<T extends Subject | Experiment>(
  call: Call,
  found: T,
  remove: (call: Call, found: T) => Promise<void>,
): Promise<Response> {
  const here = call.vars.P === undefined
    ? call.world.archive.projects.get(found.project)!
    : needProject(call);
  return await removeFrom(call, found, here, remove);
}

/** Takes an object out of a project: of one that it is shared into, only the share goes. */
export async function removeFrom<T extends Subject | Experiment>(
  call: Call,
  found: T,
  project: Project,
  remove: (call: Call, found: T) => Promise<void>,
): Promise<Response> {
  if (project.id === found.project) {
    demand(call, "delete", found);
    await remove(call, found);
    return empty();
  }
  if (!mayInProject(call.login, "delete", project)) refuse(403);
  if (!("xsiType" in found)) unshareExperiments(call, found, project);
  unshare(found, project);
  return empty();
}

/** A subject's experiments leave a project with it, one by one until one of them is of that project. */
function unshareExperiments({ world }: Call, subject: Subject, project: Project): void {
  for (const each of experimentsOf(world.archive, subject)) {
    if (each.project === project.id) {
      refuse(403, "This would delete an experiment, rather than end its share.");
    }
    unshare(each, project);
  }
}

function unshare(item: Subject | Experiment, { id }: Project): void {
  item.shares = item.shares.filter(({ project }) => project !== id);
}

/** Removes an experiment with its assessors. */
export async function deleteExperiment(call: Call, experiment: Experiment): Promise<void> {
  const { archive } = call.world;
  for (const assessor of assessorsOf(archive, experiment)) await deleteExperiment(call, assessor);
  archive.experiments.delete(experiment.id);
  await removeResources(call, resourcesBelow(experiment));
}

/** Removes a subject with its experiments, except those that another project owns. */
export async function deleteSubject(call: Call, subject: Subject): Promise<void> {
  const { archive } = call.world;
  for (const experiment of experimentsOf(archive, subject)) {
    if (experiment.project === subject.project) await deleteExperiment(call, experiment);
  }
  archive.subjects.delete(subject.id);
  await removeResources(call, subject.resources);
}

/** Removes a scan from its session. */
export async function deleteScan(call: Call, session: Experiment, scan: Scan): Promise<void> {
  session.scans = session.scans.filter((each) => each !== scan);
  await removeResources(call, scan.resources);
}
