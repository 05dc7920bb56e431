/**
 * `/xapi`: site, users, schemas, access.
 *
 * @module
 */

import { mayInProject, maySee } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, text } from "../http/reply.ts";
import { tableReply } from "../tables/table.ts";
import { SCHEMAS } from "./schemas.ts";

function json(value: unknown): Response {
  return document(JSON.stringify(value), "application/json;charset=UTF-8");
}

function buildInfo({ world }: Call): Record<string, string> {
  return {
    version: world.options.version,
    buildNumber: "1",
    buildDate: "2023-05-01T00:00:00.000Z",
    sha: "0000000",
    "Application-Name": "XNAT",
  };
}

/** `/xapi/siteConfig[/{property}]`. */
export function siteConfig(call: Call): Response {
  const { siteId, siteUrl, guest, csrf, sessionTimeoutMs } = call.world.options;
  const values: Record<string, unknown> = {
    siteId,
    siteUrl,
    siteHome: "/screens/QuickSearch.vm",
    siteLogoPath: "/images/logo.png",
    requireLogin: !guest,
    enableCsrfToken: csrf,
    sessionTimeout: `${Math.round(sessionTimeoutMs / 60_000)} minutes`,
    buildInfo: buildInfo(call),
    uptime: { uptime: "0:00:01" },
  };
  const { property } = call.vars;
  if (property === undefined) return json(values);
  if (!Object.hasOwn(values, property)) {
    refuse(404, "Unable to find requested file or resource", "text");
  }
  const value = values[property];
  return typeof value === "string" ? text(value) : json(value);
}

/** `/xapi/users/{name}[/…]`. */
export function users(call: Call): Response {
  const { world, login, vars, method } = call;
  const { name } = vars;
  if (login.guest && name !== "username") refuse(403, "Not for guests", "text");
  if (name === "username") return text(login.name);
  if (name === "projects") {
    const all = [...world.archive.projects.values()];
    return json(all.filter((project) => mayInProject(login, "read", project)).map(({ id }) => id));
  }
  if (name === "active" && method === "DELETE") {
    const user = call.tail || login.name;
    if (user !== login.name && !login.admin) refuse(403, "Only administrators may do that", "text");
    return json({ sessions: world.sessions.endAll(user) });
  }
  const wanted = name === "profile" ? login.name : name!;
  const user = world.users.get(wanted);
  if (!user) refuse(404, "Unable to find requested file or resource", "text");
  return json({
    id: [...world.users.keys()].indexOf(wanted) + 1,
    username: wanted,
    firstName: user.firstname ?? "",
    lastName: user.lastname ?? "",
    email: "",
    enabled: !user.disabled,
    verified: true,
  });
}

/** `/data/users`: a table of those who can log in. */
export function userTable(call: Call): Response {
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

/** `/xapi/schemas`. */
export function schemaList(): Response {
  return json(Object.keys(SCHEMAS));
}

/** `/xapi/schemas/{name}[/{name2}]`. */
export function schema({ vars }: Call): Response {
  const name = vars.name!;
  if (!Object.hasOwn(SCHEMAS, name)) {
    refuse(404, "Unable to find requested file or resource", "text");
  }
  return document(SCHEMAS[name]!, "application/xml");
}

/** `/xapi/access/projects`. */
export function accessProjects({ world, login }: Call): Response {
  const all = [...world.archive.projects.values()].filter((project) => maySee(login, project));
  return json(
    all.map(({ id, fields, accessibility }) => ({ ID: id, name: fields.name, accessibility })),
  );
}
