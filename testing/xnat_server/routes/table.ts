/**
 * All routes.
 *
 * @module
 */

import { jsession, serviceAuth, tokens, whoAmI } from "../auth/auth_routes.ts";
import { files } from "../files/files.ts";
import { resource, resources } from "../files/resources.ts";
import { importService } from "../import/import_service.ts";
import {
  prearchiveFiles,
  prearchiveList,
  prearchiveResources,
  prearchiveScans,
  prearchiveService,
  prearchiveSession,
} from "../import/prearchive.ts";
import { config } from "../services/config.ts";
import { dicomDump } from "../services/dicom_dump.ts";
import { download, orderDownload } from "../services/download.ts";
import { refreshByXapi, refreshCatalog } from "../services/refresh.ts";
import { collection, collections } from "../services/roi.ts";
import { scanners, scanTypes } from "../services/scan_types.ts";
import { search, searchElements, searchFields, searchPage } from "../services/search.ts";
import { userCache, userCacheList } from "../services/user_cache.ts";
import { accessProjects, schema, schemaList, siteConfig } from "../services/xapi.ts";
import { users, userTable } from "../services/users.ts";
import { refuse } from "../http/refusal.ts";
import { app, root } from "./app.ts";
import { assessor, assessors, reconstruction, reconstructions } from "./derived.ts";
import { experiment, experiments, experimentStatus } from "./experiments.ts";
import { member, members } from "./members.ts";
import { accessibility, prearchiveCode, project, projects } from "./projects.ts";
import type { Handler, Route } from "./router.ts";
import { scan, scans } from "./scans.ts";
import { share, shares } from "./sharing.ts";
import { subject, subjects } from "./subjects.ts";

function route(template: string, handler: Handler): Route {
  return { template, handler };
}

/** Changes need a reason where the site says so. */
function justified({ template, handler }: Route): Route {
  return {
    template,
    handler: (call) => {
      const changes = call.method !== "GET";
      if (changes && call.world.options.requireReason && !call.query.get("event_reason")) {
        refuse(403, "A justification is required: event_reason");
      }
      return handler(call);
    },
  };
}

/** Resources of an object. */
function withResources(base: string): Route[] {
  return [
    route(`${base}/resources`, resources),
    route(`${base}/resources/{R}`, resource),
    route(`${base}/resources/{R}/files`, files),
  ];
}

/** Resources of an object, and its files without a resource in the path. */
function withFiles(base: string): Route[] {
  return [...withResources(base), route(`${base}/files`, files)];
}

/** The same route for what an object was made of. */
function ofInputs({ template, handler }: Route): Route {
  return route(template, (call) => handler({ ...call, vars: { ...call.vars, IO: "in" } }));
}

/** What is below a session, where its path leads there. */
function belowSession(base: string): Route[] {
  const sides = (item: string) => [
    ...withFiles(item),
    ...withFiles(`${item}/in`).map(ofInputs),
    ...withFiles(`${item}/out`),
  ];
  return [
    ...withFiles(base),
    route(`${base}/scans`, scans),
    route(`${base}/scans/{SCAN}`, scan),
    ...withFiles(`${base}/scans/{SCAN}`),
    route(`${base}/assessors`, assessors),
    route(`${base}/assessors/{A}`, assessor),
    route(`${base}/assessors/{A}/projects`, shares),
    route(`${base}/assessors/{A}/projects/{P2}`, share),
    ...sides(`${base}/assessors/{A}`),
    route(`${base}/reconstructions`, reconstructions),
    route(`${base}/reconstructions/{RC}`, reconstruction),
    ...sides(`${base}/reconstructions/{RC}`),
  ];
}

function experimentItem(base: string): Route[] {
  return [
    route(base, experiment),
    route(`${base}/status`, experimentStatus),
    route(`${base}/projects`, shares),
    route(`${base}/projects/{P2}`, share),
  ];
}

function subjectItem(base: string): Route[] {
  return [
    route(base, subject),
    route(`${base}/projects`, shares),
    route(`${base}/projects/{P2}`, share),
    route(`${base}/experiments`, experiments),
    ...withFiles(base),
  ];
}

/**
 * The archive. `/projects/{P}/experiments/{E}` has neither scans nor assessors nor files: those paths
 * get the experiment's document.
 */
const ARCHIVE: readonly Route[] = [
  route("/projects", projects),
  route("/projects/{P}", project),
  route("/projects/{P}/accessibility", accessibility),
  route("/projects/{P}/accessibility/{value}", accessibility),
  route("/projects/{P}/config", config),
  route("/projects/{P}/users", members),
  route("/projects/{P}/users/{G}/{U}", member),
  route("/projects/{P}/prearchive_code", prearchiveCode),
  route("/projects/{P}/scan_types", scanTypes),
  route("/projects/{P}/scanners", scanners),
  ...withFiles("/projects/{P}"),
  route("/projects/{P}/subjects", subjects),
  ...subjectItem("/projects/{P}/subjects/{S}"),
  route("/projects/{P}/experiments", experiments),
  ...experimentItem("/projects/{P}/experiments/{E}"),
  ...withResources("/projects/{P}/experiments/{E}"),
  ...experimentItem("/projects/{P}/subjects/{S}/experiments/{E}"),
  ...belowSession("/projects/{P}/subjects/{S}/experiments/{E}"),
  route("/subjects", subjects),
  ...subjectItem("/subjects/{S}"),
  route("/experiments", experiments),
  ...experimentItem("/experiments/{E}"),
  ...belowSession("/experiments/{E}"),
];

const WAITING = "/prearchive/projects/{P}/{T}/{L}";

/** Below `/data`, `/data/archive` and `/REST`. */
export const DATA_ROUTES: readonly Route[] = [
  ...ARCHIVE.map(justified),
  route("/JSESSION", jsession),
  route("/auth", whoAmI),
  route("/config", config),
  route("/users", userTable),
  route("/scan_types", scanTypes),
  route("/scanners", scanners),
  route("/search", search),
  route("/search/elements", searchElements),
  route("/search/elements/{type}", searchFields),
  route("/search/{id}", searchPage),
  route("/prearchive", prearchiveList),
  route("/prearchive/projects", prearchiveList),
  route("/prearchive/projects/{P}", prearchiveList),
  route(WAITING, prearchiveSession),
  route(`${WAITING}/scans`, prearchiveScans),
  route(`${WAITING}/scans/{SCAN}/resources`, prearchiveResources),
  route(`${WAITING}/scans/{SCAN}/resources/{R}/files`, prearchiveFiles),
  route("/services/import", importService),
  route("/services/archive", prearchiveService),
  route("/services/prearchive/{op}", prearchiveService),
  route("/services/refresh/catalog", refreshCatalog),
  route("/services/auth", serviceAuth),
  route("/services/dicomdump", dicomDump),
  route("/services/tokens/{op}", tokens),
  route("/user/cache/resources", userCacheList),
  route("/user/cache/resources/{X}", userCache),
  route("/user/cache/resources/{X}/files", userCache),
];

/** Below the context, under `/xapi`. */
export const XAPI_ROUTES: readonly Route[] = [
  route("/xapi/siteConfig", siteConfig),
  route("/xapi/siteConfig/{property}", siteConfig),
  route("/xapi/users", users),
  route("/xapi/users/{name}", users),
  route("/xapi/schemas", schemaList),
  route("/xapi/schemas/{name}", schema),
  route("/xapi/access/projects", accessProjects),
  route("/xapi/archive/download", orderDownload),
  route("/xapi/archive/downloadwithsize", orderDownload),
  route("/xapi/archive/download/{id}/{form}", download),
  route("/xapi/archive/catalogs/refresh", refreshByXapi),
  route("/xapi/archive/catalogs/refresh/{ops}", refreshByXapi),
  route("/xapi/roi/projects/{P}/sessions/{E}/collections", collections),
  route("/xapi/roi/projects/{P}/sessions/{E}/collections/{C}", collection),
];

/** Below the context, outside of the interface. */
export const APP_ROUTES: readonly Route[] = [
  route("/app", app),
  route("/login", app),
];

/** The start page. */
export const ROOT: Handler = root;
