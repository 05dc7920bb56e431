/**
 * Who may do what.
 *
 * @module
 */

import type { Archive, Experiment, Project, Subject, XnatRight } from "../model/types.ts";
import type { Login } from "./sessions.ts";

const RANK: Readonly<Record<XnatRight, number>> = { read: 1, edit: 2, delete: 3 };

/** Whether a login has a right in a project. */
export function mayInProject(
  login: Login,
  right: XnatRight,
  project: Project | undefined,
): boolean {
  if (!project) return false;
  if (login.admin) return true;
  const own = Object.hasOwn(project.members, login.name) ? project.members[login.name] : undefined;
  if (own && RANK[own] >= RANK[right]) return true;
  return right === "read" && project.accessibility === "public";
}

/** Whether a login may see that a project exists: protected ones are listed for all who log in. */
export function maySee(login: Login, project: Project): boolean {
  if (mayInProject(login, "read", project)) return true;
  return project.accessibility === "protected" && !login.guest;
}

/** Whether a login has a right on a subject or an experiment; shares give sight, not more. */
export function may(
  archive: Archive,
  login: Login,
  right: XnatRight,
  item: Subject | Experiment,
): boolean {
  if (mayInProject(login, right, archive.projects.get(item.project))) return true;
  return right === "read" &&
    item.shares.some((share) => mayInProject(login, "read", archive.projects.get(share.project)));
}
