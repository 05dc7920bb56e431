/**
 * The members of projects.
 *
 * @module
 */

import { GROUPS } from "../auth/grants.ts";
import { mayInProject } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import type { Project, XnatRight } from "../model/types.ts";
import { tableReply } from "../tables/table.ts";
import { needProject, needReadableProject } from "./locate.ts";

/** `/projects/{P}/users`: for those who may change the project. */
export function members(call: Call): Response {
  const found = needProject(call);
  if (!mayInProject(call.login, "edit", found)) refuse(403);
  return memberTable(call, found);
}

/** `/projects/{P}/users/{G}/{U}`: puts users into a group, or takes them out of it. */
export function member(call: Call): Response {
  const { login, method, vars, world } = call;
  const found = needReadableProject(call);
  const right = rightOf(found, vars.G!);
  if (!right) refuse(404);
  if (method === "PUT" || method === "DELETE") {
    if (!mayInProject(login, "delete", found)) refuse(403);
    for (const name of vars.U!.split(/\s+,\s+/)) {
      // Whoever is not known is invited by mail; that is an answer of 200 too.
      if (!world.users.has(name)) continue;
      if (method === "PUT") found.members[name] = right;
      else if (found.members[name] === right) delete found.members[name];
    }
  }
  return memberTable(call, found);
}

/** What a group may, by its id, the end of its id, or its display name. */
function rightOf({ id }: Project, group: string): XnatRight | undefined {
  const rights: readonly XnatRight[] = ["delete", "edit", "read"];
  return rights.find((right) => {
    const { displayName, name } = GROUPS[right];
    return [`${id}_${name}`, name, displayName].includes(group);
  });
}

function memberTable(call: Call, { id, members }: Project): Response {
  const rows = Object.entries(members).map(([login, right]) => {
    const user = call.world.users.get(login);
    const names = [user?.firstname ?? "", user?.lastname ?? "", ""];
    return [`${id}_${GROUPS[right].name}`, GROUPS[right].displayName, login, ...names];
  });
  const columns = ["GROUP_ID", "displayname", "login", "firstname", "lastname", "email"];
  return tableReply(call, { columns, rows, counted: true });
}
