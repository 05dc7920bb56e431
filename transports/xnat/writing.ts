/**
 * What the operations that change an archive share.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { type Catalogue, filesKey, type ResourceOwner } from "./catalogue.ts";
import type { XnatRequest } from "./client.ts";
import type { Ask } from "./memo.ts";
import type { File } from "./model.ts";
import { Serial } from "./serial.ts";

/** What is made where something is stored below objects that are missing. */
export interface CreateOptions {
  /** Type of sessions. @default {"xnat:otherDicomSessionData"} */
  readonly session?: string;
  /** Type of scans. @default {that of the session's kind: xnat:mrScanData in xnat:mrSessionData} */
  readonly scan?: string;
}

/** What a writer works with. */
export interface Writing {
  /** What is there. */
  readonly catalogue: Catalogue;
  /** One change at a time per resource and per object. */
  readonly serial: Serial;
  /** How missing objects are made; `false` makes none. */
  readonly create: CreateOptions | false;
  /** Lists of files under way, by resource. */
  readonly lists: Map<string, Promise<unknown>>;
}

/** Makes what a writer works with. */
export function writingOf(catalogue: Catalogue, create: CreateOptions | false = {}): Writing {
  return { catalogue, create, serial: new Serial(), lists: new Map() };
}

/** A resource, and how requests name it. */
export interface ResourceAt {
  /** What it hangs on. */
  readonly owner: ResourceOwner;
  /** Its number. */
  readonly id: string;
}

/** Path of requests for the files of a resource. */
export function filesPath({ owner, id }: ResourceAt): string {
  return `${owner.path}/resources/${encodeURIComponent(id)}/files`;
}

/** The files of a resource as they are now: asked after this was called, by one request for all who call meanwhile. */
export async function filesNow(
  { catalogue, lists }: Writing,
  { owner, id }: ResourceAt,
  ask: Ask,
): Promise<File[]> {
  const key = filesKey(owner, id);
  const name = JSON.stringify(key);
  // One that is under way may have begun before the change that the caller wants to see.
  await lists.get(name)?.catch(() => {});
  if (lists.has(name)) return await catalogue.files(owner, id, ask);
  catalogue.memo.forget(key);
  const list = catalogue.files(owner, id, ask);
  lists.set(name, list);
  try {
    return await list;
  } finally {
    lists.delete(name);
  }
}

/** Forgets what a change of a resource makes untrue. */
export function forgetResource({ catalogue }: Writing, { owner }: ResourceAt): void {
  // Its files may be kept by its label too.
  catalogue.memo.forget([...owner.key, "files"]);
  forgetResources(catalogue, owner);
}

/** Forgets which resources an object has. */
export function forgetResources({ memo }: Catalogue, { key, project }: ResourceOwner): void {
  memo.forget([...key, "resources"]);
  const [, kind, experiment] = key;
  if (kind === "E") memo.forget([project, "E", experiment!, "all resources"]);
}

/** Sends a request whose answer says little. */
export async function send(
  { catalogue: { client } }: Writing,
  method: string,
  path: string,
  { op, url, signal }: Ask,
  options: Pick<XnatRequest, "query" | "expect" | "headers" | "body" | "replayable"> = {},
): Promise<string> {
  return await client.text(method, path, { op, url, signal, ...options });
}

/** An error of an operation. */
export function failed(
  kind: VfsError["kind"],
  { op, url }: Ask,
  reason?: string,
  cause?: unknown,
): VfsError {
  return new VfsError(kind, { op, url, reason, cause });
}
