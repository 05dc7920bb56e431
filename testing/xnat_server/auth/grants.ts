/**
 * The rights in projects: which users are given by their options, and the groups that XNAT tells.
 *
 * @module
 */

import { own } from "../own.ts";
import type { Archive, Project, XnatRight } from "../model/types.ts";
import type { XnatUser } from "../options.ts";

/** What a group is called in the project's lists, and at the end of its id. */
export const GROUPS: Readonly<Record<XnatRight, { displayName: string; name: string }>> = {
  delete: { displayName: "Owners", name: "owner" },
  edit: { displayName: "Members", name: "member" },
  read: { displayName: "Collaborators", name: "collaborator" },
};

/** Makes users members of the projects in which their options give them rights, once. */
export function applyGrants(archive: Archive, users: ReadonlyMap<string, XnatUser>): void {
  for (const project of archive.projects.values()) applyGrantsIn(project, users);
}

/** The same for one project. */
export function applyGrantsIn(project: Project, users: ReadonlyMap<string, XnatUser>): void {
  for (const [login, { rights = {} }] of users) {
    const right = own(rights, project.id);
    if (right === undefined || own(project.granted ?? {}, login) === right) continue;
    project.members[login] = right;
    project.granted = { ...project.granted, [login]: right };
  }
}

/** The ids of the groups that a user is in. */
export function groupsOf(archive: Archive, login: string): string[] {
  return [...archive.projects.values()].flatMap(({ id, members }) =>
    Object.hasOwn(members, login) ? [`${id}_${GROUPS[members[login]!].name}`] : []
  );
}
