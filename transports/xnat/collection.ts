/**
 * Regions of interest as XNAT's OHIF plugin keeps them (`/xapi/roi`): assessors of a session, written as one file to
 * `…/EXPERIMENT/.assessors/NAME?collection=SEG` and read like any other assessor.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Source } from "../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import type { Address } from "./address.ts";
import { differenceOf, isLost, soon, unknown, unlessStoredYet } from "./aftermath.ts";
import { prepare, type Upload } from "./body.ts";
import { experimentOwner, partOwner } from "./owners.ts";
import { retold } from "./errors.ts";
import { route } from "./escape.ts";
import { infoOfFile } from "./list.ts";
import type { File } from "./model.ts";
import { experimentAt } from "./resolve.ts";
import { ownProject } from "./shared.ts";
import { failed, filesNow, send, type Writing } from "./writing.ts";

/** What the plugin takes. */
const TYPES = ["SEG", "RTSTRUCT", "AIM", "NIFTI"] as const;
type CollectionType = typeof TYPES[number];

/** The type of collection that a query asks to write, such as `collection=SEG`. */
export function collectionTypeOf(query: string): CollectionType | undefined {
  return TYPES.find((type) => query === `collection=${type}`);
}

/**
 * Stores `source` as a collection, in place of the one of that name. Once it resolves, the server lists the assessor with
 * a file of the size and MD5 of what was sent.
 */
export async function putCollection(
  writing: Writing,
  address: Address,
  type: CollectionType,
  source: Source,
  ask: Ask,
): Promise<Info> {
  const { level, assessor: name = "" } = address;
  if (level !== "assessor" || !/^[A-Za-z0-9_-]{1,200}$/.test(name)) {
    const reason =
      "a collection is written to .assessors/NAME, with letters, digits, - and _ in it";
    throw failed("InvalidArgument", ask, reason);
  }
  const { catalogue } = writing;
  const session = await experimentAt(catalogue, address, ask);
  // The plugin knows a session by its own project alone.
  const project = await ownProject(catalogue, address.project!, session.id, ask) ??
    address.project!;
  const path = route("xapi", "roi", "projects", project, "sessions", session.id);
  await using upload = await prepare(source, true, ask);
  const collection = { project: address.project!, session: session.id, name };
  const key = JSON.stringify([project, session.id, "collection", name]);
  return await writing.serial.run(key, ask, async () => {
    try {
      await send(writing, "PUT", `${path}${route("collections", name)}`, ask, {
        query: { overwrite: true, type },
        headers: { "content-type": "application/octet-stream" },
        body: () => upload.body(),
        replayable: upload.replayable,
      });
    } catch (error) {
      if (isVfsError(error) && error.detail?.http === 404) {
        throw failed("NotSupported", ask, "the server has no ROI plugin", error);
      }
      const cause = upload.failure() ?? error;
      return infoOfFile(await leftBy(writing, collection, { upload, cause }, ask));
    }
    const files = await filesOf(writing, collection, ask);
    const found = files?.find((file) => differenceOf(file, upload) === undefined);
    if (found) return infoOfFile(found);
    throw failed(
      "Corrupt",
      ask,
      `the server said yes and lists no such collection; ${kept(files)}`,
    );
  });
}

/** A collection, and where it is. */
interface Collection {
  readonly project: string;
  readonly session: string;
  readonly name: string;
}

/** The files of the collection as the server lists them now; `undefined` without one of that name. */
async function filesOf(
  writing: Writing,
  { project, session, name }: Collection,
  ask: Ask,
): Promise<File[] | undefined> {
  const { catalogue } = writing;
  catalogue.memo.forget([project, "E", session]);
  const assessors = await catalogue.assessors(project, session, ask);
  const assessor = assessors.find(({ label }) => label === name);
  if (!assessor) return undefined;
  const files: File[] = [];
  for (const { id, category, ownerId } of await catalogue.allResources(project, session, ask)) {
    if (category !== "assessors" || ownerId !== assessor.id) continue;
    const owner = partOwner(experimentOwner(project, session), "assessors", ownerId);
    files.push(...await filesNow(writing, { owner, id }, ask));
  }
  return files;
}

/**
 * What an upload that failed has left. All is well when only the answer was lost, and this gives the file; otherwise it
 * throws an error that says what is there now. What was there before is not known: to ask that would cost each upload.
 */
async function leftBy(
  writing: Writing,
  collection: Collection,
  { upload, cause }: { readonly upload: Upload; readonly cause: unknown },
  ask: Ask,
): Promise<File> {
  const isCut = ask.signal.aborted || isLost(cause);
  let left: string;
  try {
    const files = await soon(writing, ask, (late) => filesOf(writing, collection, late));
    const alike = files?.filter((file) => differenceOf(file, upload) === undefined) ?? [];
    const sent = alike.find(({ md5 }) => md5 !== undefined);
    if (sent && isCut) return sent;
    left = sent
      ? "the collection that is there is the same as what was sent"
      : alike.length > 0
      ? "another collection is there, or the new one, as far as the server tells"
      : `${kept(files)}${unlessStoredYet(upload, ask)}`;
  } catch (error) {
    left = unknown(error);
  }
  // It may be stored yet.
  writing.catalogue.memo.forget([collection.project, "E", collection.session]);
  throw retold(cause, ask, left);
}

/** What is there, where it is not what was sent. */
function kept(files: readonly File[] | undefined): string {
  if (!files) return "nothing is stored";
  return files.length === 0
    ? "a collection without a file is there now"
    : "the old collection is still there, or another one that somebody else has stored";
}
