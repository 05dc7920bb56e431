/**
 * Removes files from a resource: one alone, or all below a folder.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound } from "../../vfs/errors.ts";
import { filePath } from "./escape.ts";
import { belowFolder, onlyFile, removedBy } from "./file_pattern.ts";
import type { File } from "./model.ts";
import {
  failed,
  filesNow,
  filesPath,
  forgetFiles,
  type ResourceAt,
  send,
  type Writing,
} from "./writing.ts";

/** Removes the file at `path` and no other, whatever others are called. @throws `PermissionDenied`, `NotFound` */
export async function removeExactly(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  ask: Ask,
): Promise<void> {
  const name = path.join("/");
  await removeMatching(writing, at, onlyFile(name), (other) => other === name, ask);
}

/** Removes all files below the folder at `path`. */
export async function removeFolder(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  ask: Ask,
): Promise<void> {
  const name = path.join("/");
  await removeMatching(
    writing,
    at,
    belowFolder(name),
    (other) => other.startsWith(`${name}/`),
    ask,
  );
}

async function removeMatching(
  writing: Writing,
  at: ResourceAt,
  patterns: readonly string[],
  isMeant: (path: string) => boolean,
  ask: Ask,
): Promise<void> {
  const before = namesOf(await filesNow(writing, at, ask));
  const meant = before.filter(isMeant).length;
  const pattern = patterns.find((text) => {
    const taken = removedBy(text, before);
    return taken.length === meant && taken.every(isMeant);
  });
  if (pattern === undefined) {
    const taken = removedBy(patterns.at(-1)!, before);
    const neighbour = JSON.stringify(taken.find((each) => !isMeant(each)));
    throw failed("NotSupported", ask, `XNAT would remove ${neighbour} too; nothing was removed`);
  }
  try {
    await send(writing, "DELETE", `${filesPath(at)}/${filePath(pattern.split("/"))}`, ask);
  } catch (error) {
    // Of a request that is sent again, the first try may have done it.
    if (!isNotFound(error)) throw error;
  } finally {
    forgetFiles(writing, at);
  }
  const after = await filesNow(writing, at, ask).catch((error) => {
    // What they are in is gone too.
    if (isNotFound(error)) return [];
    throw error;
  });
  if (namesOf(after).some(isMeant)) {
    throw failed("Unavailable", ask, "the server did not remove it, and did not say why");
  }
}

function namesOf(files: readonly File[]): string[] {
  return files.map(({ path }) => path.join("/"));
}
