/**
 * Sends files to a resource, one request after the other.
 *
 * @module
 */

import type { Ask, Purpose } from "../../vfs/ask.ts";
import { sleep } from "../../vfs/concurrency/clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { aftermath, isRace } from "./aftermath.ts";
import type { Upload } from "./body.ts";
import { fileAt } from "./list.ts";
import type { File } from "./model.ts";
import { needsZip, type Put, requestFor } from "./upload_request.ts";
import {
  failed,
  filesLately,
  forgetFiles,
  moment,
  type ResourceAt,
  resourceKey,
  send,
  type Writing,
} from "./writing.ts";

/** A file that was sent. */
export interface Exchanged {
  /** The file that was there before. */
  readonly old: File | undefined;
  /** The moment at which the server had it. */
  readonly end: number;
  /** The file that is there now, where that had to be found out. */
  readonly found?: File;
}

/** How often a file is sent when others change the catalog meanwhile. */
const MAX_RACES = 5;
const RACE_DELAY_MS = 100;

/**
 * What XNAT does not list, and takes for its own: in a zip it replaces the list of all files of the resource
 * (`CatalogUtils.XNAT_CATALOGABLE_FILE_FILTER`).
 */
const OWN_NAME = /^\.~lock-|_catalog\.xml$/;

const NEEDS_ZIP =
  "XNAT keeps a file that is empty or has such a name only where its session (or subject), scan and " +
  "resource have no letters beyond ASCII in their names";

/** Sends the file, when nothing else is sent to the same resource, and gives the one that was there before. */
export async function exchange(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  upload: Upload,
  ask: Ask,
): Promise<Exchanged> {
  // XNAT's writers do not wait for each other: of two at once one fails, and its file stays unlisted.
  return await writing.serial.run(resourceKey(at), ask, async () => {
    const files = await filesLately(writing, at, ask).catch((error) => {
      throw writing.unseen.unsent(error, ask);
    });
    const old = roomAt(files, path, ask);
    if (at.takesNoZips && needsZip(path, upload)) throw failed("NotSupported", ask, NEEDS_ZIP);
    const isAgain = writing.unseen.sent(ask.url);
    let found: File | undefined;
    try {
      await transmit(
        writing,
        requestFor(at, path, upload, old !== undefined),
        upload.replayable,
        ask,
      );
    } catch (error) {
      const cause = upload.failure() ?? error;
      forgetFiles(writing, at);
      found = await aftermath(writing, at, path, { upload, old, cause, isAgain }, ask);
    }
    forgetFiles(writing, at);
    return { old, end: moment(writing), found };
  });
}

/** The file that is at `path`, whose place another may take. @throws `InvalidUrl`, `IsADirectory`, `NotADirectory` */
export function roomAt(
  files: readonly File[],
  path: readonly string[],
  ask: Ask,
): File | undefined {
  checkPath(path, ask);
  const found = fileAt(files, path);
  if (found === "directory") throw failed("IsADirectory", ask);
  for (let length = 1; length < path.length; length++) {
    const above = fileAt(files, path.slice(0, length));
    if (above !== undefined && above !== "directory") throw failed("NotADirectory", ask);
  }
  return found;
}

/** Refuses names that no file in a resource can have. @throws `InvalidUrl` */
export function checkPath(path: readonly string[], ask: Purpose): void {
  const refused = (reason: string) => new VfsError("InvalidUrl", { ...ask, reason });
  if (path.some((name) => name.includes("\\"))) {
    throw refused("XNAT cannot give out a file with a backslash in its name");
  }
  if (OWN_NAME.test(path.at(-1) ?? "")) {
    throw refused("XNAT keeps its own lists and locks in files of such names");
  }
}

/** Sends a request that changes a resource, again where somebody else changed it at the same moment. */
export async function transmit(
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
