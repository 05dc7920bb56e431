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
import { prepare, type Upload } from "./body.ts";
import { experimentOwner, partOwner } from "./owners.ts";
import { route } from "./escape.ts";
import { infoOfFile } from "./list.ts";
import type { File } from "./model.ts";
import { experimentAt } from "./resolve.ts";
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
  const session = await experimentAt(writing.catalogue, address, ask);
  // The plugin knows a session by its own project, also where it is shared into another.
  const project = session.attributes.project ?? address.project!;
  const path = route("xapi", "roi", "projects", project, "sessions", session.id);
  await using upload = await prepare(source, true, ask);
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
      if (!isVfsError(error) || error.detail?.http !== 404) throw error;
      throw failed("NotSupported", ask, "the server has no ROI plugin", error);
    } finally {
      // When the answer is lost, it may have been stored.
      writing.catalogue.memo.forget([address.project!, "E", session.id]);
    }
    return infoOfFile(await stored(writing, address.project!, session.id, name, upload, ask));
  });
}

/** The file of the collection as the server lists it now. */
async function stored(
  writing: Writing,
  project: string,
  session: string,
  name: string,
  upload: Upload,
  ask: Ask,
): Promise<File> {
  const { catalogue } = writing;
  const assessors = await catalogue.assessors(project, session, ask);
  const assessor = assessors.find(({ label }) => label === name);
  const resources = assessor ? await catalogue.allResources(project, session, ask) : [];
  const md5 = upload.md5();
  for (const { id, category, ownerId } of resources) {
    if (category !== "assessors" || ownerId !== assessor?.id) continue;
    const owner = partOwner(experimentOwner(project, session), "assessors", ownerId);
    const files = await filesNow(writing, { owner, id }, ask);
    const found = files.find((file) =>
      (file.size === undefined || file.size === upload.size) &&
      (file.md5 === undefined || md5 === undefined || file.md5 === md5)
    );
    if (found) return found;
  }
  throw failed("Corrupt", ask, "the server said yes and lists no such collection");
}
