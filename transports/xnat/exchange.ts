/**
 * Sends files to a resource, one request after the other: large ones alone, small ones that wait together.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { sleep } from "../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { aftermath } from "./aftermath.ts";
import type { Upload } from "./body.ts";
import { retold } from "./errors.ts";
import { fileAt } from "./list.ts";
import type { File } from "./model.ts";
import { type Put, requestFor, zipRequestFor } from "./upload_request.ts";
import {
  type Exchanged,
  failed,
  filesLately,
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

/** Sends the file, alone or with others that wait for the same resource, and gives the one that was there before. */
export async function exchange(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  upload: Upload,
  ask: Ask,
): Promise<Exchanged> {
  // XNAT's writers do not wait for each other: of two at once one fails, and its file stays unlisted.
  const key = JSON.stringify([...at.owner.key, at.id]);
  const send = (isSent: boolean) => alone(writing, at, path, upload, isSent, ask);
  if (!upload.replayable || upload.size > SMALL) {
    return await writing.serial.run(key, ask, () => send(false));
  }
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
  for (const { send, done } of items) {
    await send(items.length > 1).then(done.resolve, done.reject);
  }
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
  isSent: boolean,
  ask: Ask,
): Promise<Exchanged> {
  const files = await filesLately(writing, at, ask).catch((error) => {
    const left = isSent ? "it is not known what is there now" : "nothing was sent";
    throw retold(error, ask, left);
  });
  const old = roomAt(files, path, ask);
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
