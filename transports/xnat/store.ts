/**
 * Stores one file in a resource, and looks whether it is there.
 *
 * @module
 */

import type { Source } from "../../vfs/bytes.ts";
import { sleep } from "../../vfs/clock.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import { prepare, type Upload } from "./body.ts";
import { fileAt, infoOfFile } from "./list.ts";
import type { Ask } from "./memo.ts";
import type { File } from "./model.ts";
import { removeExactly } from "./remove_file.ts";
import { isKept, type Put, requestFor, zipRequestFor } from "./upload_request.ts";
import {
  type Exchanged,
  failed,
  filesLately,
  filesNow,
  forgetFiles,
  moment,
  type ResourceAt,
  send,
  type Waiting,
  type Writing,
} from "./writing.ts";

/** How often a file is sent when others change the catalog meanwhile. */
const MAX_RACES = 5;
const RACE_DELAY_MS = 100;
/** Files up to this size may go together. */
const SMALL = 1024 * 1024;
/** How many files go together at the most. */
const TOGETHER = 64;
/** How long it may take to find out what an upload that was aborted has left. */
const AFTERMATH_MS = 500;

/**
 * Stores `source` as the file `path` of a resource, in place of what is there. Once it resolves, the server lists the
 * file with the size and, if it keeps digests, the MD5 of what was sent.
 */
export async function store(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  source: Source,
  ask: Ask,
): Promise<Info> {
  const isZipped = source.size === 0 || !isKept(path);
  await using upload = await prepare(source, isZipped, ask);
  // Of two that store the same file, the second must not begin before the first has looked at what it stored.
  const name = JSON.stringify([...at.owner.key, at.id, ...path]);
  return await writing.serial.run(name, ask, async () => {
    for (let attempt = 1;; attempt++) {
      const { old, end } = await exchange(writing, at, path, upload, ask);
      const file = fileAt(await filesNow(writing, at, ask, end), path);
      if (file === undefined || file === "directory") throw storedNothing(ask);
      const difference = differenceOf(file, upload);
      if (difference === undefined) return infoOfFile(file);
      if (attempt === 1 && old && isSame(file, old)) throw storedNothing(ask);
      // Somebody else may have stored a file of this name at the same moment; the last one wins.
      if (attempt === 1 && upload.replayable) continue;
      throw await damaged(writing, at, path, difference, ask);
    }
  });
}

/** Sends the file, alone or with others that wait for the same resource, and gives the one that was there before. */
async function exchange(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  upload: Upload,
  ask: Ask,
): Promise<Exchanged> {
  // XNAT's writers do not wait for each other: of two at once one fails, and its file stays unlisted.
  const key = JSON.stringify([...at.owner.key, at.id]);
  const send = () => alone(writing, at, path, upload, ask);
  if (!upload.replayable || upload.size > SMALL) return await writing.serial.run(key, ask, send);
  const queue = writing.queues.get(key) ?? [];
  writing.queues.set(key, queue);
  const item: Waiting = { path, upload, ask, send, done: Promise.withResolvers() };
  // It is awaited below, unless what comes before fails.
  item.done.promise.catch(() => {});
  queue.push(item);
  try {
    await writing.serial.run(key, ask, async () => {
      if (queue.includes(item)) await sendTogether(writing, at, takeFrom(queue, item));
    });
  } catch (error) {
    const place = queue.indexOf(item);
    if (place >= 0) {
      queue.splice(place, 1);
      throw error;
    }
  } finally {
    if (queue.length === 0) writing.queues.delete(key);
  }
  return await item.done.promise;
}

/** Takes the first of those who wait, `item` among them. */
function takeFrom(queue: Waiting[], item: Waiting): Waiting[] {
  const others = queue.filter((each) => each !== item).slice(0, TOGETHER - 1);
  const taken = queue.filter((each) => each === item || others.includes(each));
  for (const each of taken) queue.splice(queue.indexOf(each), 1);
  return taken;
}

/** Sends several files as one zip, after which the catalog is written once; when that fails, each one alone. */
async function sendTogether(
  writing: Writing,
  at: ResourceAt,
  items: readonly Waiting[],
): Promise<void> {
  const isSent = items.length > 1 && await sendZip(writing, at, items);
  if (isSent) return;
  for (const { send, done } of items) await send().then(done.resolve, done.reject);
}

async function sendZip(
  writing: Writing,
  at: ResourceAt,
  items: readonly Waiting[],
): Promise<boolean> {
  const signal = AbortSignal.any(items.map(({ ask }) => ask.signal));
  const ask = { ...items[0]!.ask, signal };
  try {
    const files = await filesLately(writing, at, ask);
    const before = items.map(({ path, ask }) => roomAt(files, path, ask));
    // One of them may be in the way of another.
    const names = items.map(({ path }) => `${path.join("/")}/`);
    if (names.some((name) => names.some((other) => other !== name && other.startsWith(name)))) {
      return false;
    }
    await transmit(writing, zipRequestFor(at, items), true, ask);
    const end = moment(writing);
    items.forEach(({ done }, i) => done.resolve({ old: before[i], end }));
    return true;
  } catch {
    // Whose fault it was, and what is to be done, shows when each is sent alone.
    return false;
  } finally {
    forgetFiles(writing, at);
  }
}

/** Sends the file in a request of its own. */
async function alone(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  upload: Upload,
  ask: Ask,
): Promise<Exchanged> {
  const old = roomAt(await filesLately(writing, at, ask), path, ask);
  try {
    await transmit(writing, requestFor(at, path, upload), upload.replayable, ask);
  } catch (error) {
    const cause = upload.failure() ?? error;
    forgetFiles(writing, at);
    await aftermath(writing, at, path, { upload, old, cause }, ask);
  }
  forgetFiles(writing, at);
  return { old, end: moment(writing) };
}

function storedNothing(ask: Ask): VfsError {
  return failed(
    "PermissionDenied",
    ask,
    "the server said yes and stored nothing; the user has probably no right to change this",
  );
}

/** The file that is at `path`. @throws `InvalidUrl`, `IsADirectory`, `NotADirectory` */
function roomAt(files: readonly File[], path: readonly string[], ask: Ask): File | undefined {
  if (path.some((name) => name.includes("\\"))) {
    throw failed("InvalidUrl", ask, "XNAT cannot give out a file with a backslash in its name");
  }
  const found = fileAt(files, path);
  if (found === "directory") throw failed("IsADirectory", ask);
  for (let length = 1; length < path.length; length++) {
    const above = fileAt(files, path.slice(0, length));
    if (above !== undefined && above !== "directory") throw failed("NotADirectory", ask);
  }
  return found;
}

async function transmit(
  writing: Writing,
  { url, ...request }: Put,
  replayable: boolean,
  ask: Ask,
): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      const text = await send(writing, "PUT", url, ask, request);
      if (!text.includes('"duplicates"')) return;
      throw failed("AlreadyExists", ask, "the server kept the file that is there");
    } catch (error) {
      if (!isRace(error) || !replayable || attempt >= MAX_RACES) throw error;
      const { clock } = writing.catalogue;
      await sleep(clock, RACE_DELAY_MS * attempt, ask.signal, ask.op, ask.url);
    }
  }
}

/** Somebody else changed the catalog at the same moment. */
function isRace(error: unknown): boolean {
  return isVfsError(error) && error.detail?.http === 500 &&
    /another thread or process modified/i.test(error.detail.text ?? "");
}

/**
 * Looks at what a failed upload has left. All is well when only the answer was lost; otherwise this throws an error
 * that says whether the old file is there or none. A part of a file is never listed.
 */
async function aftermath(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  { upload, old, cause }: {
    readonly upload: Upload;
    readonly old: File | undefined;
    readonly cause: unknown;
  },
  ask: Ask,
): Promise<void> {
  if (isVfsError(cause) && cause.kind === "AlreadyExists") throw cause;
  // An upload that was aborted leaves as little time as can be.
  const limit = new AbortController();
  const signal = ask.signal.aborted ? limit.signal : ask.signal;
  const cancel = writing.catalogue.clock.schedule(() => limit.abort(), AFTERMATH_MS);
  const late = { ...ask, signal };
  let left: string;
  try {
    const file = fileAt(await filesNow(writing, at, late), path);
    if (file === undefined || file === "directory") left = "nothing is stored";
    else if (isLost(cause) && differenceOf(file, upload) === undefined) return;
    else if (old && isSame(file, old)) {
      // What was sent whole cannot be called back.
      const unless = ask.signal.aborted ? ", unless the server stores the new one yet" : "";
      left = `the old file is still there${unless}`;
    } else left = "another file is there now, which somebody else has stored";
  } catch (error) {
    left = `it is not known what is there now (${error instanceof Error ? error.message : error})`;
  } finally {
    cancel();
  }
  throw explained(cause, left, ask);
}

/** The answer did not arrive, so that the server may have done what was asked. */
function isLost(cause: unknown): boolean {
  return isVfsError(cause) && cause.detail?.http === undefined &&
    ["Unavailable", "Incomplete", "TimedOut"].includes(cause.kind);
}

function isSame(a: File, b: File): boolean {
  return a.size === b.size && a.md5 === b.md5;
}

/** The same error, which also says what is there now. */
function explained(cause: unknown, left: string, { op, url }: Ask): unknown {
  if (!isVfsError(cause)) return cause;
  const { kind, status, detail, retryAfterMs, message } = cause;
  const said = message.slice(message.indexOf('": ') + 3);
  return new VfsError(kind, {
    op,
    url,
    status,
    detail,
    retryAfterMs,
    cause,
    reason: `${said}; ${left}`,
  });
}

/** The error for a file that is stored with other bytes, which are taken away. */
async function damaged(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  difference: string,
  ask: Ask,
): Promise<VfsError> {
  const reason = `the server stored something else (${difference})`;
  try {
    await removeExactly(writing, at, path, ask);
    return failed("Corrupt", ask, `${reason}; it is removed, so nothing is there`);
  } catch (cause) {
    return failed("Corrupt", ask, `${reason}, and it could not be removed`, cause);
  }
}

/** How the file that the server lists differs from what was sent. */
function differenceOf({ size, md5 }: File, upload: Upload): string | undefined {
  if (size !== undefined && size !== upload.size) return `${size} bytes instead of ${upload.size}`;
  const sent = upload.md5();
  if (md5 !== undefined && sent !== undefined && md5 !== sent) {
    return `MD5 ${md5} instead of ${sent}`;
  }
}
