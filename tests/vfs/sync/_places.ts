/** Places of every scheme, with servers of their own, that hold a tree which tests give them. */

import { toFileUrl } from "@std/path";
import { readFileMeta } from "../../../formats/mod.ts";
import { type DicomNode, serveDicomNode } from "../../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { startXnatServer, type XnatServer } from "../../../testing/xnat_server/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import type { TransportDriver } from "../../../vfs/transport.ts";
import type { Vfs, VfsOptions } from "../../../vfs/vfs.ts";
import { isTemporaryName } from "../../../transports/file/mod.ts";
import type { Files } from "./_trees.ts";

/** Schemes that can be synced. */
export const SCHEMES = ["file", "memory", "xnat", "dicom", "zip"] as const;

/** One of them. */
export type Scheme = typeof SCHEMES[number];

/** All pairs, the first being the source. */
export const PAIRS: readonly (readonly [Scheme, Scheme])[] = SCHEMES.flatMap((source) =>
  SCHEMES.map((target) => [source, target] as const)
);

/** One side of a sync. */
export interface Place extends AsyncDisposable {
  readonly scheme: Scheme;
  /** Where it is, with credentials. */
  readonly url: string;
  /** The emulator, or the node, that it is on. */
  readonly xnat?: XnatServer;
  readonly node?: DicomNode;
}

/** Makes an empty place; `folder` is for those that are on disk, `name` tells them apart. */
export async function makePlace(scheme: Scheme, folder: string, name: string): Promise<Place> {
  const plain = (url: string) => ({ scheme, url, [Symbol.asyncDispose]: () => Promise.resolve() });
  switch (scheme) {
    case "file":
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
      return plain(`${toFileUrl(folder)}/${name}`);
    case "memory":
      return plain(`memory://${name}/top`);
    case "zip":
      return plain(`zip://${encodeURIComponent(`${toFileUrl(folder)}/${name}.zip`)}`);
    case "xnat": {
      const xnat = await startXnatServer({ folder: `${folder}/${name}-xnat` });
      xnat.seed.session(["P", "sub1", "ses1"], { xsiType: "xnat:mrSessionData" });
      xnat.seed.scan(["P", "sub1", "ses1", "1"]);
      const url = `xnat+http://admin:admin@127.0.0.1:${xnat.port}/P/sub1/ses1/1/DICOM`;
      return { scheme, url, xnat, [Symbol.asyncDispose]: () => xnat.close() };
    }
    case "dicom": {
      const node = await serveDicomNode({
        aeTitle: "NODE",
        root: `${toFileUrl(folder)}/${name}-dicom`,
        // Sources change.
        duplicates: "replace",
      });
      return { scheme, url: node.url, node, [Symbol.asyncDispose]: () => node.close() };
    }
  }
}

/** A filesystem that shares the stores of `memory` with others. */
export function vfsWith(memory: TransportDriver, options: Partial<VfsOptions> = {}): Vfs {
  const vfs = createVfs(options);
  vfs.register(memory, { override: true });
  return vfs;
}

const studies = new Map<string, Promise<Files>>();

/** The phantom by path: the 18 instances of its CT study, or the 62 of both studies. */
export function study(modalities: readonly ("CT" | "MR")[] = ["CT", "MR"]): Promise<Files> {
  const key = modalities.join();
  const made = studies.get(key) ?? make();
  studies.set(key, made);
  return made;

  async function make() {
    const files: Files = new Map();
    for await (const { path, bytes } of phantomStudy({ modalities })) {
      files.set(path.join("/"), bytes);
    }
    return files;
  }
}

/** Stores `files` in an empty place. */
export async function fill(
  vfs: Vfs,
  { url, scheme }: Pick<Place, "url" | "scheme">,
  files: Files,
  mtime?: Date,
): Promise<void> {
  for (const [path, bytes] of files) {
    const names = path.split("/").map(encodeURIComponent).join("/");
    await vfs.writeFile(scheme === "dicom" ? url : `${url}/${names}`, bytes, { mtime });
  }
}

/**
 * What is in a place: SHA-256 of files by path; or of datasets by SOPInstanceUID, where one of the two sides files by
 * content.
 */
export async function contentOf(
  vfs: Vfs,
  { url }: Place,
  byUID: boolean,
): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  if (!await vfs.exists(url)) return {};
  const depth = parseLocation(url).location.segments.length;
  for await (const { location, isFile } of vfs.entries(url)) {
    if (!isFile) continue;
    const bytes = await vfs.readFile(location);
    const path = location.segments.slice(depth).join("/");
    if (!byUID) found.push([path, await digestOf(bytes)]);
    else {
      const meta = await readFileMeta(bytes);
      found.push([meta.sopInstanceUID, await digestOf(bytes.subarray(meta.datasetOffset))]);
    }
  }
  return Object.fromEntries(found.sort(([a], [b]) => a < b ? -1 : 1));
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Names of temporary files below a folder. */
export async function temporaries(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isTemporaryName(name)) found.push(name);
    if (isDirectory) found.push(...await temporaries(`${folder}/${name}`));
  }
  return found;
}
