/**
 * Stores small files of one resource together: as one zip, which XNAT unpacks on arrival and catalogs at once.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { collect } from "../../vfs/bytes/bytes.ts";
import { md5sOf } from "../../vfs/bytes/md5_many.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { callError } from "../../vfs/layers/measured.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { FileToPut, PutOutcome } from "../../vfs/transport.ts";
import { aftermath, differenceOf, type Sent } from "./aftermath.ts";
import { retold } from "./errors.ts";
import { roomAt, transmit } from "./exchange.ts";
import { fileAt, infoOfFile } from "./list.ts";
import type { File } from "./model.ts";
import { PackedZip } from "./packed_zip.ts";
import { SENT } from "./store.ts";
import { SizedBlob } from "./sized_blob.ts";
import { zipSize } from "./stored_zip.ts";
import { zipRequest } from "./upload_request.ts";
import {
  fileKey,
  filesLately,
  filesNow,
  forgetFiles,
  moment,
  type ResourceAt,
  resourceKey,
  type Writing,
} from "./writing.ts";

/** What goes together at the most; twice as many files or bytes are no faster, and take 30 MiB more. */
export const TOGETHER = { size: 1024 * 1024, files: 128, bytes: 4 * 1024 * 1024 };

/** What nginx takes unless told otherwise, and the bytes of files that fit in such a zip. */
const NGINX_LIMIT = 1024 * 1024;
const FEWER_BYTES = 960 * 1024;

/** Bytes of a zip that are sent at once. */
const PIECE = 1024 * 1024;

/** A file for a resource. */
export interface FileInResource extends FileToPut {
  /** Names below the resource. */
  readonly path: readonly string[];
}

/** A file in a zip. */
interface Packed extends Sent {
  readonly location: Location;
  readonly path: readonly string[];
}

/** Stores `files` in a resource, in place of what is there. What is wrong with one shows when it is stored alone. */
export async function* storeMany(
  writing: Writing,
  at: ResourceAt,
  files: readonly FileInResource[],
  ask: Ask,
): AsyncGenerator<readonly PutOutcome[]> {
  for (const bundle of bundles(files, writing.zips)) {
    const outcomes = await storeBundle(writing, at, bundle, ask).catch((error) => {
      if (ask.signal.aborted) throw error;
      return unsentFiles(writing, bundle, error, ask);
    });
    const isTooLarge = bundle.length > 1 && bytesOf(bundle) > writing.zips.maxBytes;
    if (outcomes.length === 0 && isTooLarge) yield* storeMany(writing, at, bundle, ask);
    else if (outcomes.length > 0) yield outcomes;
  }
}

/** What became of `files` when `error` came before anything was sent. */
export function unsentFiles(
  writing: Writing,
  files: readonly FileToPut[],
  error: unknown,
  ask: Ask,
): PutOutcome[] {
  return failedFiles(files, ask, (each) => writing.unseen.unsent(error, each));
}

function failedFiles(
  files: readonly { readonly location: Location }[],
  ask: Ask,
  errorOf: (ask: Ask) => unknown,
): PutOutcome[] {
  return files.map(({ location }) => {
    const error = errorOf({ ...ask, url: location.href });
    return { location, error: callError(error, ask.op, location, ask.signal) };
  });
}

/** Zips as large as can be; the limit may become smaller on the way. */
function* bundles(
  files: readonly FileInResource[],
  zips: Writing["zips"],
): Generator<FileInResource[]> {
  const all = new Set(files.map(({ path }) => path.join("/")));
  let bundle: FileInResource[] = [];
  let bytes = 0;
  for (const file of files) {
    const { path, source: { size } } = file;
    const isInAnother = path.some((_, n) => n > 0 && all.has(path.slice(0, n).join("/")));
    if (size > TOGETHER.size || isInAnother) continue;
    const maxBytes = Math.min(TOGETHER.bytes, zips.maxBytes);
    const isFull = bundle.length === TOGETHER.files || bytes + size > maxBytes;
    if (isFull && bundle.length > 0) {
      yield bundle;
      bundle = [];
      bytes = 0;
    }
    bundle.push(file);
    bytes += size;
  }
  if (bundle.length > 0) yield bundle;
}

async function storeBundle(
  writing: Writing,
  at: ResourceAt,
  files: readonly FileInResource[],
  ask: Ask,
): Promise<readonly PutOutcome[]> {
  const there = await filesLately(writing, at, ask);
  const fitting = files.filter(({ path }) => isRoomAt(there, path, ask));
  // One alone needs no zip.
  if (fitting.length < 2) return [];
  const memory = writing.memory.lend(zipSize(fitting.map(memberOf)));
  const { packed, zip } = await pack(fitting, memory, ask);
  if (packed.length === 0) return [];
  // Of two that store the same file, the second must not begin before the first has looked at what it stored.
  const keys = packed.map(({ path }) => fileKey(at, path));
  const send = () => sendZip(writing, at, packed, zip, ask);
  const { outcomes, isSent } = await writing.serial.run(keys, ask, send);
  // What failed may be read still.
  if (isSent) writing.memory.giveBack(zip.buffer);
  return outcomes;
}

function bytesOf(files: readonly FileInResource[]): number {
  return files.reduce((sum, { source: { size } }) => sum + size, 0);
}

function memberOf({ path, source: { size } }: FileInResource): { path: string; size: number } {
  return { path: path.join("/"), size };
}

/** The zip of those of `files` that can be read. */
async function pack(
  files: readonly FileInResource[],
  memory: ArrayBuffer,
  ask: Ask,
): Promise<{ readonly packed: readonly Packed[]; readonly zip: Uint8Array<ArrayBuffer> }> {
  const builder = new PackedZip(memory);
  const read: FileInResource[] = [];
  const contents: Uint8Array[] = [];
  for (const file of files) {
    const { path, size } = memberOf(file);
    try {
      const { signal, op, url } = ask;
      const bytes = await orAborted(collect(file.source.open()), signal, op, url);
      if (bytes.length !== size) continue;
      contents.push(builder.add(path, bytes));
      read.push(file);
    } catch (error) {
      if (ask.signal.aborted) throw error;
    }
  }
  const length = builder.end();
  const md5s = await md5sOf(contents);
  const packed = read.map(({ location, path, source: { size } }, i) => {
    const md5 = md5s[i];
    return { location, path, size, md5: () => md5 };
  });
  return { packed, zip: new Uint8Array(memory, 0, length) };
}

/** Sends the zip, and looks what of it is there then. */
async function sendZip(
  writing: Writing,
  at: ResourceAt,
  packed: readonly Packed[],
  zip: Uint8Array<ArrayBuffer>,
  ask: Ask,
): Promise<{ readonly outcomes: readonly PutOutcome[]; readonly isSent: boolean }> {
  // Before its turn to send, since a list would hold up those behind it.
  const before = await filesLately(writing, at, ask);
  const again = packed.filter(({ location }) => writing.unseen.sent(location.href));
  const replaces = packed.some(({ path }) => fileAt(before, path) !== undefined);
  const { failure, end } = await writing.serial.run(resourceKey(at), ask, async () => {
    const sending = transmit(writing, zipRequest(at, () => bodyOf(zip), replaces), true, ask);
    const failure: unknown = await sending.then(() => undefined, (error) => error);
    forgetFiles(writing, at);
    return { failure, end: moment(writing) };
  });
  const looked = (cause: unknown) =>
    Promise.all(packed.map(async (upload): Promise<PutOutcome> => {
      const { location, path } = upload;
      const old = fileAt(before, path);
      const sent = {
        upload,
        old: old === "directory" ? undefined : old,
        cause,
        since: end,
        isAgain: again.includes(upload),
      };
      try {
        const file = await aftermath(writing, at, path, sent, { ...ask, url: location.href });
        return { location, stored: infoOfFile(file) };
      } catch (error) {
        return { location, error: callError(error, ask.op, location, ask.signal) };
      }
    }));
  if (failure === undefined) {
    const outcomes = await filesNow(writing, at, ask, end).then(
      (files) => packed.flatMap((each) => storedAs(writing, each, files)),
      (error) =>
        ask.signal.aborted
          ? looked(error)
          : failedFiles(packed, ask, (each) => retold(error, each, SENT)),
    );
    return { outcomes, isSent: true };
  }
  if (statusOf(failure) === 413) {
    const { zips, unseen } = writing;
    // A proxy refused it: nothing came of it.
    for (const each of packed) if (!again.includes(each)) unseen.seen(each.location.href);
    zips.maxBytes = Math.min(zips.maxBytes, zip.length > NGINX_LIMIT ? FEWER_BYTES : 0);
    return { outcomes: [], isSent: false };
  }
  const outcomes = await looked(failure);
  // Whose fault a refusal was shows when each is sent alone.
  const isShared = !isRefusal(failure);
  return { outcomes: outcomes.filter((each) => isShared || "stored" in each), isSent: false };
}

/** In pieces, since an HTTP client copies an array before it sends it. */
function bodyOf(zip: Uint8Array<ArrayBuffer>): Blob {
  return new SizedBlob(zip.length, () => ReadableStream.from(piecesOf(zip)));
}

function* piecesOf(zip: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < zip.length; at += PIECE) yield zip.subarray(at, at + PIECE);
}

/** What became of a file, unless the server lists another one or none. */
function storedAs(
  { unseen }: Writing,
  sent: Packed,
  files: readonly File[],
): PutOutcome[] {
  unseen.seen(sent.location.href);
  const file = fileAt(files, sent.path);
  if (file === undefined || file === "directory" || differenceOf(file, sent)) return [];
  return [{ location: sent.location, stored: infoOfFile(file) }];
}

/** The server answered, and did not take the zip, perhaps for one of its files. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status !== 429 && status <= 500;
}

function statusOf(error: unknown): number | undefined {
  return isVfsError(error) ? error.detail?.http : undefined;
}

/** Why there is no room is told when the file is stored alone. */
function isRoomAt(files: readonly File[], path: readonly string[], ask: Ask): boolean {
  try {
    roomAt(files, path, ask);
    return true;
  } catch {
    return false;
  }
}
