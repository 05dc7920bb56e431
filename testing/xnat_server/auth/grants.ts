/**
 * The rights in projects that users are given by their options.
 *
 * @module
 */

import type { Archive } from "../model/types.ts";
import type { XnatUser } from "../options.ts";

/** Makes users members of the projects in which their options give them rights. */
export function applyGrants(archive: Archive, users: ReadonlyMap<string, XnatUser>): void {
  for (const [login, { rights = {} }] of users) {
    for (const [id, right] of Object.entries(rights)) {
      const project = archive.projects.get(id);
      if (project) project.members[login] = right;
    }
  }
}
