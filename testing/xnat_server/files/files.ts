/**
 * `…/files[/path]`: which way a request on files goes.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { variantOf } from "../http/negotiation.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import { tableReply } from "../tables/table.ts";
import { archiveReply } from "./archive_reply.ts";
import { chosen, isLongPath } from "./catalogs.ts";
import { deleteFiles } from "./delete.ts";
import { type CatalogFile, filesTable, filteredFiles } from "./listing.ts";
import { fileReply } from "./file_reply.ts";
import { hasArchiveInPath, listMembers, memberReply } from "./members.ts";
import { filePath } from "./path.ts";
import { upload } from "./upload.ts";

/** Answers all methods on files. */
export async function files(call: Call): Promise<Response> {
  if (call.method === "PUT" || call.method === "POST") return await upload(call);
  if (call.method === "DELETE") return await deleteFiles(call);
  const path = filePath(call.tail);
  if (path === "" && !call.query.has("index")) return list(call, filteredFiles(call, ""));
  if (path.endsWith("/") || path.endsWith("*")) return list(call, filteredFiles(call, path));
  return await single(call, path) ?? notFound(call);
}

function list(call: Call, found: readonly CatalogFile[]): Response {
  const variant = variantOf(call, "json");
  if (variant === "zip" || variant === "tar" || variant === "tar.gz") {
    if (found.length === 0) return notFound(call);
    return archiveReply(call, found, variant);
  }
  const { catalogs } = chosen(call, "files");
  return tableReply(call, filesTable(call, found, catalogs.length === 1 && isLongPath(call)));
}

async function single(call: Call, path: string): Promise<Response | undefined> {
  const file = chooseFile(call, path);
  const { catalogs } = chosen(call, "files");
  const [first] = catalogs;
  if (!file) {
    return first && hasArchiveInPath(path) ? await memberReply(call, first, path) : undefined;
  }
  if (call.query.is("listContents")) return await listMembers(call, file);
  const variant = variantOf(call, "json");
  if (
    call.query.has("format") && (variant === "zip" || variant === "tar" || variant === "tar.gz")
  ) {
    return archiveReply(call, [file], variant);
  }
  return fileReply(call, file);
}

/** The file of a path: in the first catalog only, which is the wrong one now and then. */
function chooseFile(call: Call, path: string): CatalogFile | undefined {
  const index = call.query.get("index");
  if (index !== undefined) {
    const hasFilter = call.query.has("file_format") || call.query.has("file_content");
    const found = filteredFiles(call, "");
    const isSingle = new Set(found.map(({ catalog }) => catalog.resource)).size <= 1;
    return !isSingle || hasFilter ? found[Number(index)] : undefined;
  }
  // An archive's name in the path is an archive, even where a folder has that name.
  if (hasArchiveInPath(path)) return;
  const [first] = chosen(call, "files").catalogs;
  if (!first) return;
  const { entries } = first.resource;
  const entry = entries.get(path) ?? entries.get(decoded(path));
  return entry && { catalog: first, entry };
}

/** As Java's decoder of forms has it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll("+", " "));
  } catch {
    return path;
  }
}

function notFound({ query }: Call): Response {
  if (query.is("accept-not-found")) return new Response(null, { status: 204 });
  if (query.has("format")) refuse(404, "Unable to find the specified files");
  return empty(404);
}
