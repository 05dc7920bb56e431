/**
 * `/xapi`: site, schemas, access.
 *
 * @module
 */

import { maySee } from "../auth/rights.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, json, text } from "../http/reply.ts";
import { SCHEMAS } from "./schemas.ts";

function buildInfo({ world }: Call): Record<string, string> {
  return {
    version: world.options.version,
    buildNumber: "1",
    buildDate: "2023-05-01T00:00:00.000Z",
    sha: "0000000",
    "Application-Name": "XNAT",
  };
}

/** `/xapi/siteConfig[/{property}]` and `/xapi/siteConfig/buildInfo/{property}`. */
export function siteConfig(call: Call): Response {
  if (call.method !== "GET" && call.method !== "HEAD") {
    if (!call.login.admin) refuse(403, "Only administrators may do that", "text");
    refuse(405, "The emulator is configured where it is started", "text");
  }
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
  if (call.tail !== "") {
    if (property !== "buildInfo") {
      refuse(404, "Unable to find requested file or resource", "text");
    }
    const info = buildInfo(call);
    return text(Object.hasOwn(info, call.tail) ? info[call.tail]! : "");
  }
  return typeof value === "string" ? text(value) : json(value);
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
