/**
 * What resources hang on: how requests name it, and under which keys what is known of it is kept. Pure functions.
 *
 * @module
 */

import { route, scanSegment } from "./escape.ts";
import type { Key } from "./memo.ts";

/** What a resource hangs on, as requests name it. */
export interface ResourceOwner {
  /** Project. */
  readonly project: string;
  /** Path of requests, `/data/experiments/XNAT_E00001/scans/1`. */
  readonly path: string;
  /** Where what is known of it is kept. */
  readonly key: Key;
}

/** Where the experiments of a project are kept, or those of a subject by the name that was given. */
export function experimentsKey(project: string, subject = ""): Key {
  return [project, "experiments", subject];
}

/** Where the scans of a session are kept. */
export function scansKey(project: string, experiment: string): Key {
  return [project, "E", experiment, "scans"];
}

/** Where a subject is kept by the name that was given for it. */
export function subjectKey(project: string, given: string): Key {
  return [project, "subject", given];
}

/** Where the assessors of a session are kept. */
export function assessorsKey(project: string, experiment: string): Key {
  return [project, "E", experiment, "assessors"];
}

/** Where the resources of an object are kept. */
export function resourcesKey(owner: ResourceOwner): Key {
  return [...owner.key, "resources"];
}

/** Where the files of a resource are kept. */
export function filesKey(owner: ResourceOwner, resource: string): Key {
  return [...owner.key, "files", resource];
}

/** Where the files under a label are kept; forgotten with the resources of the object. */
export function labelKey(owner: ResourceOwner, label: string): Key {
  return [...owner.key, "resources", "by label", label];
}

/** How requests name a project. */
export function projectOwner(project: string): ResourceOwner {
  return { project, path: route("data", "projects", project), key: [project, "P"] };
}

/** How requests name a subject. */
export function subjectOwner(project: string, subject: string): ResourceOwner {
  const path = route("data", "projects", project, "subjects", subject);
  return { project, path, key: [project, "S", subject] };
}

/** How requests name an experiment. */
export function experimentOwner(project: string, experiment: string): ResourceOwner {
  const path = route("data", "experiments", experiment);
  return { project, path, key: [project, "E", experiment] };
}

/** How requests name a scan, an assessor or a reconstruction. */
export function partOwner(
  session: ResourceOwner,
  kind: "scans" | "assessors" | "reconstructions",
  id: string,
): ResourceOwner {
  const path = `${session.path}${route(kind, scanSegment(id))}`;
  return { project: session.project, path, key: [...session.key, kind, id] };
}

/** How requests name what an assessor or a reconstruction was made of. */
export function inputsOwner({ project, path, key }: ResourceOwner): ResourceOwner {
  return { project, path: `${path}/in`, key: [...key, "in"] };
}
