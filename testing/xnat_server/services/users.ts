/**
 * Users: `/xapi/users` and `/data/users`.
 *
 * @module
 */

import { groupsOf } from "../auth/grants.ts";
import { mayInProject } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { json, text } from "../http/reply.ts";
import { tableReply } from "../tables/table.ts";

const UNKNOWN = "Unable to find requested file or resource";

/** `/xapi/users[/{name}[/…]]`. */
export function users(call: Call): Response {
  const { world, login, vars, method, tail } = call;
  const { name } = vars;
  if (login.guest && name !== "username") refuse(403, "Not for guests", "text");
  if (name === "active" && tail !== "") return activeSessions(call, tail);
  if (method !== "GET" && method !== "HEAD") {
    refuse(405, `Request method '${method}' not supported`, "text");
  }
  if (name === "profile") return json(profile(call, tail || login.name));
  if (name === "username" && tail === "") return text(login.name);
  if (name === "projects" && tail === "") {
    const all = [...world.archive.projects.values()];
    return json(all.filter((project) => mayInProject(login, "edit", project)).map(({ id }) => id));
  }
  if (name === undefined || (name === "profiles" && tail === "")) {
    if (!login.admin) refuse(403, "Only administrators may do that", "text");
    const logins = [...world.users.keys()];
    return json(name === undefined ? logins : logins.map((each) => profile(call, each)));
  }
  const found = profile(call, name);
  if (tail === "") return json(found);
  if (tail === "enabled" || tail === "verified") return json(found[tail]);
  if (tail === "roles") return json(world.users.get(name)!.admin ? ["Administrator"] : []);
  if (tail === "groups") return json(groupsOf(world.archive, name));
  refuse(404, UNKNOWN, "text");
}

/** `/xapi/users/active/{user}`: ids of sessions; DELETE ends them. */
function activeSessions(call: Call, user: string): Response {
  forOneself(call, user);
  const { method, world: { sessions } } = call;
  const ids = method === "DELETE" ? sessions.endAll(user) : sessions.idsOf(user);
  return ids.length > 0 ? json(ids) : new Response(undefined, { status: 304 });
}

function forOneself({ login }: Call, user: string): void {
  if (user !== login.name && !login.admin) refuse(403, "Only administrators may do that", "text");
}

/** What is told of a user. */
interface Profile {
  readonly id: number;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly enabled: boolean;
  readonly verified: boolean;
}

/** Oneself, or anybody for administrators. @throws {Refusal} 403, 404 */
function profile(call: Call, wanted: string): Profile {
  forOneself(call, wanted);
  const { users } = call.world;
  const user = users.get(wanted);
  if (!user) refuse(404, UNKNOWN, "text");
  return {
    id: [...users.keys()].indexOf(wanted) + 1,
    username: wanted,
    firstName: user.firstname ?? "",
    lastName: user.lastname ?? "",
    email: "",
    enabled: !user.disabled,
    verified: true,
  };
}

/** `/data/users`: a table of those who can log in. */
export function userTable(call: Call): Response {
  if (call.login.guest) refuse(403);
  const rows = [...call.world.users].filter(([, user]) => !user.disabled)
    .map(([login, user], index) => [
      String(index + 1),
      login,
      user.firstname ?? "",
      user.lastname ?? "",
      "",
    ]).sort((a, b) => a[3]! < b[3]! ? -1 : 1);
  const columns = ["xdat_user_id", "login", "firstname", "lastname", "email"];
  return tableReply(call, { columns, rows, counted: true });
}
