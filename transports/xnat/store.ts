/**
 * Stores one file in a resource, and looks whether it is there.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Source } from "../../vfs/bytes/bytes.ts";
import type { VfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import { differenceOf, isSame } from "./aftermath.ts";
import { prepare } from "./body.ts";
import { NOT_FOR_GUESTS, retold } from "./errors.ts";
import { exchange } from "./exchange.ts";
import { fileAt, infoOfFile } from "./list.ts";
import { needsZip } from "./upload_request.ts";
import { failed, fileKey, filesNow, type ResourceAt, type Writing } from "./writing.ts";

/** What is there when a file was sent, and the list of files cannot be had. */
export const SENT = "all of it was sent, and it is not known what is there now";

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
  const isZipped = needsZip(path, source);
  await using upload = await prepare(source, isZipped, ask);
  // Of two that store the same file, the second must not begin before the first has looked at what it stored.
  return await writing.serial.run(fileKey(at, path), ask, async () => {
    for (let attempt = 1;; attempt++) {
      const { old, end, found } = await exchange(writing, at, path, upload, ask);
      if (found) return infoOfFile(found);
      const files = await filesNow(writing, at, ask, end).catch((error) => {
        throw retold(error, ask, SENT);
      });
      writing.unseen.seen(ask.url);
      const file = fileAt(files, path);
      if (file === undefined || file === "directory") throw await storedNothing(writing, ask);
      const difference = differenceOf(file, upload);
      if (difference === undefined) return infoOfFile(file);
      if (attempt === 1 && old && isSame(file, old)) throw await storedNothing(writing, ask);
      // Somebody else may have stored a file of this name at the same moment; the last one wins.
      if (attempt === 1 && upload.replayable) continue;
      // What is there may be theirs: they were told that it is stored.
      const reason = `the server stored something else, or somebody else did: ${difference}`;
      throw failed("Corrupt", ask, `${reason}; that is there now`);
    }
  });
}

async function storedNothing({ catalogue: { client } }: Writing, ask: Ask): Promise<VfsError> {
  const why = await client.isGuest(ask)
    ? NOT_FOR_GUESTS
    : "the user has probably no right to change this, or somebody else changed it at the same moment";
  return failed("PermissionDenied", ask, `the server said yes and stored nothing; ${why}`);
}
