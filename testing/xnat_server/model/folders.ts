/**
 * Where things are on the server's disk.
 *
 * @module
 */

import type { Archive, Experiment, Resource } from "./types.ts";
import { resourcesBelow } from "./find.ts";

/** Root of all archive folders, as real servers have it by default. */
const ARCHIVE_ROOT = "/data/xnat/archive";

/** Folder of a project's own resources. */
export function projectFolder(project: string): string {
  return `${ARCHIVE_ROOT}/${project}/resources`;
}

/** Folder of a subject's own resources. */
export function subjectFolder(project: string, label: string): string {
  return `${ARCHIVE_ROOT}/${project}/subjects/${label}`;
}

/** A session's folder is named by its label. */
export function sessionFolder(experiment: Experiment): string {
  return `${ARCHIVE_ROOT}/${experiment.project}/arc001/${experiment.label}`;
}

/** Folder of an experiment's own resources. */
export function experimentResourceFolder(experiment: Experiment): string {
  return `${sessionFolder(experiment)}/RESOURCES`;
}

/** Folder of a scan's resources. */
export function scanFolder(experiment: Experiment, scan: string): string {
  return `${sessionFolder(experiment)}/SCANS/${scan}`;
}

/** Folder of an assessor's resources on one side. */
export function assessorFolder(session: Experiment, assessor: Experiment, side: string): string {
  return `${sessionFolder(session)}/ASSESSORS/${assessor.label}/${side.toUpperCase()}`;
}

/** Folder of the resources of an assessor that are on neither side. */
export function plainAssessorFolder(session: Experiment, assessor: Experiment): string {
  return `${sessionFolder(session)}/ASSESSORS/${assessor.label}`;
}

/** Folder of a reconstruction's resources on one side. */
export function reconstructionFolder(session: Experiment, id: string, side: string): string {
  return `${sessionFolder(session)}/PROCESSED/${id}/${side.toUpperCase()}`;
}

/** Moves the folders of resources that are under `from` to `to`. */
export function moveFolders(
  archive: Archive,
  resources: readonly Resource[],
  from: string,
  to: string,
): void {
  for (const resource of resources) {
    if (!resource.folder.startsWith(`${from}/`)) continue;
    const folder = to + resource.folder.slice(from.length);
    const files = archive.disk.get(resource.folder);
    if (files) {
      archive.disk.delete(resource.folder);
      archive.disk.set(folder, files);
    }
    resource.folder = folder;
  }
}

/** Gives a session another label or project: its folder moves along. */
export function relocateSession(
  archive: Archive,
  session: Experiment,
  change: { label?: string; project?: string },
): void {
  const from = sessionFolder(session);
  session.label = change.label ?? session.label;
  session.project = change.project ?? session.project;
  const resources = resourcesBelow(session);
  for (const each of archive.experiments.values()) {
    if (each.session !== session.id) continue;
    each.project = session.project;
    resources.push(...each.resources, ...each.inputs, ...each.plain);
  }
  moveFolders(archive, resources, from, sessionFolder(session));
}
