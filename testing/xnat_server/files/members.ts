/**
 * Files inside of stored archives: `data.zip!/readme.txt`.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, empty } from "../http/reply.ts";
import { onDisk } from "../model/catalog.ts";
import type { DiskFile } from "../model/types.ts";
import { readMember, ZipError, type ZipMember, zipMembers } from "../packing/zip_reader.ts";
import { tableReply } from "../tables/table.ts";
import type { Catalog } from "./catalogs.ts";
import { mediaType } from "./file_reply.ts";
import type { CatalogFile } from "./listing.ts";
import { sourceOf } from "./unpack.ts";

const INSIDE = /^(.+?\.(?:zip|jar|rar|ear|gar|mrb))!?\/(.+)$/i;

/** Whether a path leads into an archive. */
export function hasArchiveInPath(path: string): boolean {
  return INSIDE.test(path);
}

/** Answers with a member of an archive; undefined when there is none. */
export async function memberReply(
  { world }: Call,
  { resource }: Catalog,
  path: string,
): Promise<Response | undefined> {
  const [, archive, inner] = INSIDE.exec(path)!;
  const file = resource.entries.has(archive!) && onDisk(world.archive, resource, archive!);
  if (!file) return;
  const source = sourceOf(world.blobs, file);
  const member = (await members(world, file)).find((each) => each.path === inner);
  if (!member) return;
  const bytes = new Uint8Array(await readMember(source, member));
  const headers = { "content-type": mediaType(inner!), "content-length": String(bytes.length) };
  return new Response(bytes, { headers });
}

/** Answers with the list of an archive's members. */
export async function listMembers(call: Call, { catalog, entry }: CatalogFile): Promise<Response> {
  const file = onDisk(call.world.archive, catalog.resource, entry.path);
  if (!file) return empty(404);
  const rows = (await members(call.world, file)).map(({ path, size }) => [path, String(size)]);
  return tableReply(call, { columns: ["File Name", "Size"], rows, counted: true });
}

async function members(world: Call["world"], file: DiskFile): Promise<ZipMember[]> {
  try {
    return await zipMembers(sourceOf(world.blobs, file));
  } catch (error) {
    if (error instanceof ZipError) refuse(500, error.message);
    throw error;
  }
}

/** A catalog of absolute URLs, for the download applet. */
export function urlCatalog(
  files: readonly CatalogFile[],
  urlOf: (file: CatalogFile) => string,
): Response {
  const entries = files.map((file) => `<cat:entry URI="${urlOf(file)}"/>`).join("\n");
  return document(
    `<?xml version="1.0" encoding="UTF-8"?>\n<cat:Catalog xmlns:cat="http://nrg.wustl.edu/catalog">` +
      `<cat:entries>\n${entries}\n</cat:entries></cat:Catalog>\n`,
    "text/xml",
  );
}
