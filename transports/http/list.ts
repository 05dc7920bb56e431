/**
 * Listings: of the server's own pages, or of what was given.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { ListedEntry, ListOptions } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Answer, Client } from "./client.ts";
import { isIndex, linksOf } from "./index_page.ts";
import { folderUrl, stat } from "./read.ts";

/** Larger pages are no index that we could use. */
const MAX_PAGE = 32 * 1024 * 1024;
const AT_ONCE = 8;

/** Reads the index of a folder. @throws `NotSupported` when there is no index, `NotFound`, `NotADirectory` */
export async function readIndex(
  client: Client,
  location: Location,
  ask: Ask,
): Promise<ListedEntry[]> {
  const answer = await openIndex(client, location, ask);
  const page = await readPage(answer, ask);
  if (page === undefined || !isIndex(page, answer.url)) {
    // Some give a file, whatever comes after its name.
    const isFile = page === undefined && location.segments.length > 0 &&
      (await stat(client, location, ask)).kind === "file";
    if (isFile) throw new VfsError("NotADirectory", ask);
    const reason = "the server shows no index of the folder; name its files in a listing";
    throw new VfsError("NotSupported", { op: ask.op, url: ask.url, reason });
  }
  try {
    return linksOf(page, answer.url).map(({ name, isDirectory }) =>
      isDirectory
        ? { name, kind: "directory", info: { kind: "directory" } }
        : { name, kind: "file" }
    );
  } catch (error) {
    if (error instanceof RangeError) throw broken(ask, `the index names what ${error.message}`);
    throw error;
  }
}

async function openIndex(client: Client, location: Location, ask: Ask): Promise<Answer> {
  try {
    return await client.request("GET", folderUrl(location), ask, {
      headers: { accept: "text/html" },
    });
  } catch (error) {
    if (!isNotFound(error) || location.segments.length === 0) throw error;
    const { kind } = await stat(client, location, ask);
    throw kind === "file" ? new VfsError("NotADirectory", ask) : error;
  }
}

async function readPage({ body, headers }: Answer, ask: Ask): Promise<string | undefined> {
  try {
    if (!/^text\/html\b/i.test(headers.get("content-type") ?? "")) return undefined;
    const decoder = new TextDecoder();
    let page = "";
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) {
      page += decoder.decode(chunk, { stream: true });
      if (page.length > MAX_PAGE) throw broken(ask, "the index has no end");
    }
    return page + decoder.decode();
  } finally {
    await body.close();
  }
}

/** The entries with what the server tells of each file, at a request for each. */
export async function* withDetail(
  client: Client,
  location: Location,
  entries: readonly ListedEntry[],
  { signal }: ListOptions,
): AsyncGenerator<readonly ListedEntry[]> {
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    yield await Promise.all(
      entries.slice(from, from + AT_ONCE).map(async (entry) => {
        if (entry.kind === "directory") return entry;
        const at = location.child(entry.name);
        const info = await stat(client, at, { op: "list", url: at.href, signal });
        return { ...entry, kind: info.kind, info };
      }),
    );
  }
}
