/**
 * `GET file` and `GET folder`: downloads.
 *
 * @module
 */

import { attachment, serveFile } from "../../serving/serve_file.ts";
import { type ZipMember, zipOf } from "../../serving/zip_stream.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { CompactMap } from "../../vfs/sync/compact_map.ts";
import { safeName, withSuffix } from "../../vfs/location/safe_name.ts";
import { type Call, placeOf } from "../call.ts";

/** The file, or a part of it. It is saved and never shown, whatever is in it. */
export async function file(call: Call): Promise<Response> {
  const { request, settings: { vfs }, signal } = call;
  const place = placeOf(call);
  const info = await vfs.stat(place, { signal });
  if (info.kind === "directory") {
    throw new VfsError("IsADirectory", { op: "read", url: place.href });
  }
  const name = safeName(place.name) || "file";
  const response = await serveFile({ request, files: vfs, signal }, place, info, name);
  response.headers.set("content-type", "application/octet-stream");
  return response;
}

/** The directory with all below it, as a ZIP that is made while it is sent. */
export async function folder(call: Call): Promise<Response> {
  const { settings: { vfs }, signal } = call;
  const place = placeOf(call);
  const info = await vfs.stat(place, { signal });
  if (info.kind !== "directory") {
    throw new VfsError("NotADirectory", { op: "read", url: place.href });
  }
  const name = safeName(place.name || place.host || "files");
  const body = await zipOf(vfs, membersOf(call, place, name), { signal });
  return new Response(body, {
    headers: {
      "content-type": "application/zip",
      "content-disposition": attachment(`${name}.zip`),
    },
  });
}

/** Links to directories are not followed, and nothing leads out: what is left out is told in a text beside. */
async function* membersOf(
  { settings: { vfs }, signal }: Call,
  top: Location,
  folder: string,
): AsyncGenerator<ZipMember> {
  const leftOut: string[] = [];
  const taken = new CompactMap();
  for await (const entry of vfs.entries(top, { signal })) {
    if (entry.isDirectory) continue;
    const { location, kind, target } = entry;
    const path = location.segments.slice(top.segments.length);
    let below = (await Promise.all(path.map(ownName))).join("/");
    // One text has several spellings in Unicode, which are one once they are safe.
    if (/\P{ASCII}/u.test(below)) {
      if (taken.get(below) === undefined) taken.set(below, 1);
      else below = await suffixed(below, path.join("/"));
    }
    if (kind !== "file" && target !== "file") leftOut.push(below);
    else yield { name: `${folder}/${below}`, content: { url: location.href } };
  }
  if (leftOut.length === 0) return;
  const text = `Neither files nor links to files:\n${leftOut.join("\n")}\n`;
  yield { name: `${folder}/LEFT-OUT.txt`, content: { text } };
}

/**
 * A name for whoever unpacks it: it may hold what other systems take for a way out of the folder. Two that are one once
 * they are safe stay apart.
 */
async function ownName(name: string): Promise<string> {
  const safe = safeName(name);
  return safe === name.normalize("NFC") ? safe : await suffixed(safe, name);
}

async function suffixed(safe: string, text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return withSuffix(safe, new Uint8Array(digest, 0, 4).toHex());
}
