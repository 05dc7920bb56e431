/**
 * What the operations that change an archive share.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Catalogue } from "./catalogue.ts";
import { filesKey, type ResourceOwner } from "./owners.ts";
import type { XnatRequest } from "./client.ts";
import type { File } from "./model.ts";
import { Serial } from "./serial.ts";
import { Unseen } from "./unseen.ts";
import { UploadMemory } from "./upload_memory.ts";

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
  readonly lists: Map<string, { readonly begun: number; readonly end: Promise<unknown> }>;
  /** Counts moments. */
  readonly moments: { last: number };
  /** Memory for zips of small files. */
  readonly memory: UploadMemory;
  /** What a proxy lets through in one zip. */
  readonly zips: { maxBytes: number };
  /** Files that were sent, and what of them is there nobody has seen since. */
  readonly unseen: Unseen;
}

/** Makes what a writer works with. */
export function writingOf(catalogue: Catalogue, create: CreateOptions | false = {}): Writing {
  return {
    catalogue,
    create,
    serial: new Serial(),
    lists: new Map(),
    memory: new UploadMemory(catalogue.clock),
    moments: { last: 0 },
    zips: { maxBytes: Infinity },
    unseen: new Unseen(),
  };
}

/** A resource, and how requests name it. */
export interface ResourceAt {
  /** What it hangs on. */
  readonly owner: ResourceOwner;
  /** Its number. */
  readonly id: string;
  /** A folder above has letters beyond ASCII: XNAT would list what comes in a zip by its path on the server. */
  readonly takesNoZips?: boolean;
}

/** The key of changes of a resource. */
export function resourceKey({ owner, id }: ResourceAt): string {
  return JSON.stringify([...owner.key, id]);
}

/** The key of changes of one of its files. */
export function fileKey({ owner, id }: ResourceAt, path: readonly string[]): string {
  return JSON.stringify([...owner.key, id, "file", ...path]);
}

/** Path of requests for the files of a resource. */
export function filesPath({ owner, id }: ResourceAt): string {
  return `${owner.path}/resources/${encodeURIComponent(id)}/files`;
}

/** Moments at which lists of files were asked. */
const begun = new WeakMap<readonly File[], number>();

/**
 * The files of a resource as they are now: asked after this was called, or after the moment `since` of
 * {@linkcode moment}, by one request for all who want that meanwhile.
 */
export async function filesNow(
  writing: Writing,
  { owner, id }: ResourceAt,
  ask: Ask,
  since = moment(writing),
): Promise<File[]> {
  const { catalogue, lists } = writing;
  const key = filesKey(owner, id);
  const name = JSON.stringify(key);
  for (let list = lists.get(name); list && list.begun < since; list = lists.get(name)) {
    await orAborted(list.end.catch(() => {}), ask.signal, ask.op, ask.url);
  }
  // The memo gives the list that is under way to all who ask for it.
  if (lists.has(name)) return await catalogue.files(owner, id, ask);
  const known = catalogue.memo.peek<File[]>(key);
  if (known && (begun.get(known) ?? -1) >= since) return known;
  catalogue.memo.forget(key);
  const list = { begun: moment(writing), end: catalogue.files(owner, id, ask) };
  lists.set(name, list);
  try {
    const files = await list.end;
    begun.set(files, list.begun);
    return files;
  } finally {
    if (lists.get(name) === list) lists.delete(name);
  }
}

/** The files of a resource as they were lately. */
export async function filesLately(
  writing: Writing,
  at: ResourceAt,
  ask: Ask,
): Promise<readonly File[]> {
  const known = writing.catalogue.memo.peek<File[]>(filesKey(at.owner, at.id));
  return known ?? await filesNow(writing, at, ask, 0);
}

/** A number that is later than those of all moments before. */
export function moment(writing: Writing): number {
  return ++writing.moments.last;
}

/** Forgets which files an object's resources have; they may be kept by number and by label. */
export function forgetFiles({ catalogue }: Writing, { owner }: ResourceAt): void {
  catalogue.memo.forget([...owner.key, "files"]);
}

/** Forgets which resources an object has. */
export function forgetResources({ memo }: Catalogue, { key, project }: ResourceOwner): void {
  memo.forget([...key, "resources"]);
  const [, kind, experiment] = key;
  // The list of subjects tells their resources too.
  if (kind === "S") memo.forget([project, "subjects"]);
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
