/**
 * The cache of a user: a place for files on their way to the importer.
 *
 * @module
 */

import { incoming } from "../files/body.ts";
import { filePath } from "../files/path.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty } from "../http/reply.ts";
import type { DiskFile } from "../model/types.ts";
import { tableReply } from "../tables/table.ts";

/** `/user/cache/resources/{X}/files[/path]`. GET and DELETE of a file act on its whole folder, as they do. */
export async function userCache(call: Call): Promise<Response> {
  const { world, vars, login, method } = call;
  if (login.guest) refuse(403, "Guests have no cache");
  const key = `${login.name}/${vars.X}`;
  const files = world.archive.caches.get(key);
  if (method === "PUT" || method === "POST") return await store(call, key);
  if (method === "DELETE") {
    for (const { blob } of files?.values() ?? []) await world.blobs.release(blob);
    world.archive.caches.delete(key);
    return empty();
  }
  if (!files) refuse(404, "Unable to find the specified folder");
  const start = `/data/user/cache/resources/${vars.X}/files`;
  const rows = [...files].map(([name, { size }]) => [name, String(size), `${start}/${name}`]);
  return tableReply(call, { columns: ["Name", "Size", "URI"], rows, counted: true });
}

async function store(call: Call, key: string): Promise<Response> {
  const { world, now, method } = call;
  const path = filePath(call.tail);
  await using stack = new AsyncDisposableStack();
  const sent = await incoming(call, stack);
  const files = world.archive.caches.get(key) ?? new Map<string, DiskFile>();
  world.archive.caches.set(key, files);
  for (const each of sent) {
    const name = path || each.name;
    const before = files.get(name);
    files.set(name, { ...await world.blobs.write(each.bytes), modified: now });
    if (before) await world.blobs.release(before.blob);
  }
  return empty(method === "POST" ? 201 : 200);
}

/** `/user/cache/resources`: lists nothing, as it does. */
export function userCacheList(call: Call): Response {
  return tableReply(call, { columns: ["Name", "URI"], rows: [], counted: true });
}
