/**
 * The prearchive: lists, files, and what can be done with its sessions.
 *
 * @module
 */

import { own } from "../own.ts";
import { mayInProject } from "../auth/rights.ts";
import { experimentNode } from "../documents/item.ts";
import { itemReply } from "../documents/item_reply.ts";
import { onDisk, removeFolder } from "../model/catalog.ts";
import { timestamp } from "../model/fields.ts";
import { Query } from "../http/query.ts";
import type { PrearchiveSession, Resource, Scan } from "../model/types.ts";
import { type Call, makerOf } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, empty, streamOf } from "../http/reply.ts";
import { variantOf } from "../http/negotiation.ts";
import { tableReply } from "../tables/table.ts";
import { archiveSession, ImportConflict, type Merging } from "./archive_session.ts";
import { isAuto, mergingOf } from "./auto_archive.ts";
import { archivedUrl, prearchiveUrl } from "./session_urls.ts";

function readable(call: Call): PrearchiveSession[] {
  const { world, login } = call;
  return world.archive.prearchive.filter((each) => {
    const project = world.archive.projects.get(each.project);
    return project ? mayInProject(login, "edit", project) : login.admin;
  });
}

const COLUMNS = ["project", "timestamp", "lastmod", "uploaded", "scan_date", "scan_time", "subject"]
  .concat("folderName", "name", "tag", "status", "url", "autoarchive", "prevent_anon")
  .concat("prevent_auto_commit", "SOURCE", "VISIT", "PROTOCOL", "TIMEZONE");

/** `/prearchive[/projects[/{P}]]`. */
export function prearchiveList(call: Call): Response {
  const { P } = call.vars;
  if (P !== undefined && P !== "Unassigned") {
    const project = call.world.archive.projects.get(P);
    if (!project) refuse(404, `Unknown project ${P}`);
    if (!mayInProject(call.login, "edit", project)) refuse(403, "No right to see that prearchive");
  }
  return table(call, readable(call).filter(({ project }) => P === undefined || project === P));
}

const CODES: Readonly<Record<string, string>> = {
  0: "Manual",
  4: "AutoArchive",
  5: "AutoArchiveOverwrite",
};

function table(call: Call, found: readonly PrearchiveSession[]): Response {
  const rows = found.map((each) => [
    each.project,
    each.timestamp,
    timestamp(each.lastModified),
    timestamp(each.uploaded),
    each.scanDate,
    each.scanTime,
    each.subject,
    each.folderName,
    each.name,
    each.tag,
    each.status,
    prearchiveUrl(each).replace("/data", ""),
    own(CODES, each.autoArchive ?? "") ?? "",
    "false",
    String(each.preventsAutoCommit ?? false),
    each.source ?? "",
  ]);
  return tableReply(call, { columns: COLUMNS, rows, counted: false });
}

function needSession(
  call: Call,
  project?: string,
  time?: string,
  folder?: string,
): PrearchiveSession {
  const found = readable(call).find((each) =>
    each.project === project && each.timestamp === time && each.folderName === folder
  );
  return found ?? refuse(404, "Unable to find the specified session of the prearchive");
}

function sessionOf(call: Call): PrearchiveSession {
  return needSession(call, call.vars.P, call.vars.T, call.vars.L);
}

/** `/prearchive/projects/{P}/{T}/{L}`. */
export async function prearchiveSession(call: Call): Promise<Response> {
  const found = sessionOf(call);
  if (call.method === "DELETE") return await drop(call, found);
  if (call.method === "POST") return await act(call, found, call.query.get("action") ?? "");
  if (variantOf(call, "json") !== "xml") return table(call, [found]);
  const { archive } = call.world;
  return itemReply(call, experimentNode({ archive, login: call.login }, found.session));
}

async function drop({ world }: Call, found: PrearchiveSession): Promise<Response> {
  world.archive.prearchive = world.archive.prearchive.filter((each) => each !== found);
  for (const { resources } of found.session.scans) {
    for (const { folder } of resources) await removeFolder(world.archive, world.blobs, folder);
  }
  return empty();
}

async function act(call: Call, found: PrearchiveSession, action: string): Promise<Response> {
  if (action === "commit") return await commit(call, found);
  if (action === "move") return move(call, found, call.query.get("newProject"), 301);
  if (action === "build" || action === "reset") {
    found.status = "READY";
    found.lastModified = call.now;
    return document(prearchiveUrl(found), "text/plain");
  }
  refuse(400, `Unknown action ${action}`);
}

function move(
  call: Call,
  found: PrearchiveSession,
  name: string | undefined,
  status = 200,
): Response {
  const project = call.world.archive.projects.get(name ?? "");
  if (!project) refuse(404, `Unknown project ${name}`);
  if (!mayInProject(call.login, "edit", project)) refuse(403, `No right to change ${name}`);
  found.project = project.id;
  found.session.project = project.id;
  found.lastModified = call.now;
  return document(prearchiveUrl(found), "text/plain", status);
}

/** Builds a session, and archives it where that is wished. */
async function commit(call: Call, found: PrearchiveSession): Promise<Response> {
  const { query, world: { archive } } = call;
  found.autoArchive ??= archive.projects.get(found.project)?.prearchiveCode;
  found.status = "READY";
  if (!isAuto(archive, found, query.get("AA") ?? query.get("auto-archive"))) {
    return document(prearchiveUrl(found), "text/uri-list");
  }
  const overwriteFiles = query.is("overwrite_files");
  const said = { merges: false, ignoresStudy: false, overwriteFiles };
  return document(
    await archived(call, found, mergingOf(archive, found, said)),
    "text/uri-list",
    301,
  );
}

/** Archives a session as the request has it, by its query or its form. */
async function send(call: Call, found: PrearchiveSession, query: Query): Promise<Response> {
  const { world: { archive } } = call;
  if (!archive.projects.has(found.project)) refuse(409, "The session has no project");
  const overwrite = query.get("overwrite");
  found.subject = query.get("subject") ?? found.subject;
  found.name = query.get("session") ?? query.get("label") ?? found.name;
  const url = await archived(call, found, {
    merges: overwrite === "append" || overwrite === "delete",
    ignoresStudy: overwrite === "delete",
    overwriteFiles: overwrite === "delete" || query.is("overwrite_files"),
  });
  return document(`${url}\r\n`, "text/plain");
}

async function archived(call: Call, found: PrearchiveSession, merging: Merging): Promise<string> {
  const { world } = call;
  try {
    const session = await archiveSession(world, makerOf(call), found, merging);
    return archivedUrl(world.archive, session);
  } catch (error) {
    if (error instanceof ImportConflict) refuse(409, error.message);
    throw error;
  }
}

/** `/services/archive` and `/services/prearchive/{op}`: sessions named by `src`. */
export async function prearchiveService(call: Call): Promise<Response> {
  const form = new URLSearchParams(await call.request.text());
  for (const [name, value] of call.query.entries) form.append(name, value);
  const said = new Query(form.toString());
  const sources = said.all("src");
  if (sources.length === 0) refuse(400, "No src");
  let last: Response = empty();
  for (const source of sources) {
    const [project, time, folder] = source.replace(/^\/?(data\/)?prearchive\/projects\//, "").split(
      "/",
    );
    const found = needSession(call, project, time, folder);
    const { op } = call.vars;
    if (op === undefined) last = await send(call, found, said);
    else if (op === "delete") last = await drop(call, found);
    else if (op === "move") {
      last = move(call, found, said.get("newProject") ?? "");
    } else last = await act(call, found, op === "rebuild" ? "build" : op);
  }
  return last;
}

/** `…/{L}/scans`. */
export function prearchiveScans(call: Call): Response {
  const rows = sessionOf(call).session.scans.map(({ id, xsiType, fields }) => [
    id,
    fields.type ?? "",
    fields.series_description ?? "",
    xsiType,
  ]);
  return tableReply(call, {
    columns: ["ID", "type", "series_description", "xsiType"],
    rows,
    counted: true,
  });
}

function scanOf(call: Call): Scan {
  const scan = sessionOf(call).session.scans.find(({ id }) => id === call.vars.SCAN);
  return scan ?? refuse(404, "Unable to find the specified scan");
}

function resourceOf(call: Call): Resource {
  const found = scanOf(call).resources.find(({ label }) => label === call.vars.R);
  return found ?? refuse(404, "Unable to find the specified resource");
}

/** `…/scans/{SCAN}/resources`. */
export function prearchiveResources(call: Call): Response {
  const scan = scanOf(call);
  const rows = scan.resources.map(({ label, stats }) => [
    "scans",
    scan.id,
    label,
    String(stats?.count ?? ""),
    String(stats?.size ?? ""),
  ]);
  const columns = ["category", "cat_id", "label", "file_count", "file_size"];
  return tableReply(call, { columns, rows, counted: true });
}

/** `…/resources/{R}/files[/path]`. */
export function prearchiveFiles(call: Call): Response {
  const resource = resourceOf(call);
  const { world, vars } = call;
  if (call.tail !== "") {
    const file = onDisk(world.archive, resource, decodeURIComponent(call.tail));
    if (!file) return empty(404);
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": String(file.size),
    };
    return new Response(streamOf(world.blobs.read(file.blob, 0, file.size)), { headers });
  }
  const start = `${
    prearchiveUrl(sessionOf(call))
  }/scans/${vars.SCAN}/resources/${resource.label}/files`;
  const rows = [...resource.entries.values()].map((entry) => [
    entry.path,
    String(entry.size ?? ""),
    `${start}/${entry.path}`,
  ]);
  return tableReply(call, { columns: ["Name", "Size", "URI"], rows, counted: false });
}
