/**
 * Stores files, with XNAT's traps: duplicates that answer 200, silence without a right, the race for
 * the catalog.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { document, empty } from "../http/reply.ts";
import { catalogue, computeStats, onDisk, putOnDisk } from "../model/catalog.ts";
import { addResource } from "../model/create.ts";
import { catalogName } from "../documents/item.ts";
import type { Resource } from "../model/types.ts";
import type { Pieces, StoredBlob } from "../storage/blobs.ts";
import { type Incoming, incoming } from "./body.ts";
import { chosen } from "./catalogs.ts";
import { mayOwn, type Owner } from "./owners.ts";
import { baseName, filePath } from "./path.ts";
import { formatOf, unpacked } from "./unpack.ts";

/** What was in the archive when the request came. */
interface Before {
  readonly owner: Owner;
  readonly resource?: Resource;
  readonly version: number;
}

/** PUT and POST of `…/files[/path]`. */
export async function upload(call: Call): Promise<Response> {
  const { catalogs, owners } = chosen(call, "files");
  const [first] = catalogs;
  const owner = first?.owner ?? owners[0]!;
  if (!mayOwn(call, "edit", owner)) return empty();
  if (call.query.has("reference")) refuse(403, "References to files of the server are not allowed");
  const before = { owner, resource: first?.resource, version: first?.resource.version ?? 0 };
  await using stack = new AsyncDisposableStack();
  const sent = await incoming(call, stack);
  if (sent.length === 0) refuse(400, "No files in the body");
  const arrivals = await receive(call, before.resource, sent);
  await file(call, before, arrivals);
  const { duplicates } = arrivals;
  if (duplicates.length === 0) return empty();
  return document(JSON.stringify({ duplicates }), "text/html");
}

/** What an upload has brought. */
interface Arrivals {
  readonly stored: Map<string, StoredBlob>;
  /** Those that came in archives. */
  readonly members: Set<string>;
  /** Names of files that are there, and are left as they are. */
  readonly duplicates: string[];
  /** Why the rest did not come. */
  failure?: { readonly cause: unknown };
}

/**
 * Takes in what comes. XNAT writes raw bodies and the members of archives to where they belong as they arrive: when they break
 * off, a part is there, also in place of the file that was there before (`CatalogUtils.storeCatalogEntry`).
 */
async function receive(
  call: Call,
  resource: Resource | undefined,
  sent: readonly Incoming[],
): Promise<Arrivals> {
  const { blobs } = call.world;
  const path = filePath(call.tail).replace(/\/$/, "");
  const arrivals: Arrivals = { stored: new Map(), members: new Set(), duplicates: [] };
  const keep = async (at: string, bytes: Pieces, isMember = false) => {
    if (!isMember) refuseCatalogs(call, resource, at);
    else arrivals.members.add(at);
    const isThere = isTaken(call, resource, at) || arrivals.stored.has(at);
    if (isThere && !call.query.is("overwrite")) arrivals.duplicates.push(at);
    else arrivals.stored.set(at, await blobs.write(bytes));
  };
  async function* whatComes(bytes: Pieces): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (cause) {
      arrivals.failure = { cause };
    }
  }
  for (const { name, isRaw, bytes } of sent) {
    const packed = baseName(isRaw && path ? path : name);
    if (!call.query.is("extract") || formatOf(packed) === undefined) {
      await keep(path || packed, whatComes(bytes));
    } else {
      // Whatever folder the path names: archives are unpacked where the catalog is.
      const archive = await blobs.hold(whatComes(bytes));
      try {
        for await (const each of unpacked(blobs, archive, packed)) {
          await keep(each.path, [each.bytes], true);
        }
      } catch (cause) {
        arrivals.failure ??= { cause };
      } finally {
        await blobs.release(archive.blob);
      }
    }
    if (arrivals.failure) break;
  }
  return arrivals;
}

function isTaken({ world }: Call, resource: Resource | undefined, path: string): boolean {
  if (!resource) return false;
  return path === catalogName(resource) || onDisk(world.archive, resource, path) !== undefined;
}

/** What is there and is taken for a catalog stays, unless it comes in an archive. */
function refuseCatalogs(call: Call, resource: Resource | undefined, path: string): void {
  if (isListed(path) || !isTaken(call, resource, path)) return;
  refuse(500, `XNAT cannot catalog ${path}`);
}

/** Whether files of such a name are listed when they come in an archive: it may be a catalog, or a lock. */
function isListed(path: string): boolean {
  return !path.endsWith("_catalog.xml") && !baseName(path).startsWith(".~lock-");
}

/** Puts what came on the disk, then into the catalog, unless not all came or somebody else changed that meanwhile. */
async function file(call: Call, before: Before, arrivals: Arrivals): Promise<void> {
  const { world, login, now, query } = call;
  const { stored, members, failure } = arrivals;
  const resource = before.resource ?? create(call, before.owner);
  for (const [path, blob] of stored) {
    await putOnDisk(world.archive, world.blobs, resource, path, blob, now);
  }
  if (stored.has(catalogName(resource))) {
    // A member of an archive takes the place of the list of all files.
    resource.entries.clear();
    resource.version++;
  }
  if (failure) throw failure.cause;
  if (resource.version !== before.version) {
    refuse(500, `Another thread or process modified ${catalogName(resource)} since it was read`);
  }
  const properties = {
    format: query.get("format") || undefined,
    content: query.get("content") || undefined,
    tags: query.get("tags"),
    description: query.get("description"),
  };
  for (const path of stored.keys()) {
    const isMember = members.has(path);
    if (isMember && !isListed(path)) continue;
    const onFile = onDisk(world.archive, resource, path)!;
    // Java writes such folders in two ways, so that none contains the file.
    const isLost = isMember && /[^\0-\x7f]/.test(resource.folder);
    const listed = isLost ? `${resource.folder}/${path}` : path;
    catalogue(resource, listed, onFile, login.name, now, properties);
  }
  // They are told of the resource too, not of the file alone (`CatalogUtils.configureResource`).
  resource.format = properties.format ?? resource.format;
  resource.content = properties.content ?? resource.content;
  if (query.get("update-stats") !== "false") computeStats(resource);
}

/** Makes the resource of a path. Nobody looks whether another request has made it by now. */
function create({ world, vars, query }: Call, owner: Owner): Resource {
  const label = vars.R === undefined || vars.R === "NULL" ? "" : vars.R;
  return addResource(world.archive, owner.resources, owner.folder, label, {
    format: query.get("format"),
    content: query.get("content"),
  });
}
