import * as everywhere from "../vfs/default.ts";
import { isVfsError } from "../vfs/errors.ts";
import type { Where } from "../vfs/vfs.ts";
import { displayEntries } from "./entries.ts";
import { displayFacts } from "./facts.ts";
import { displayImage, displaySeries, type FromFiles } from "./picture.ts";
import { element, escapeHtml, Rich } from "./rich.ts";

/** Files that are looked at for the pictures of a directory, at most. */
const MOST_FILES = 1000;
const NO_PICTURE: readonly string[] = ["NotSupported", "Corrupt"];

/**
 * What is at a place: a picture of a DICOM file, a contact sheet of a directory of them. Of what has no picture, why,
 * and what is known of it.
 *
 * @throws `NotFound`
 */
export async function displayPlace(
  where: Where,
  { vfs = everywhere }: FromFiles = {},
): Promise<Rich> {
  const isDirectory = await vfs.isDirectory(where);
  try {
    return isDirectory
      ? await displaySeries(where, { vfs, maxFiles: MOST_FILES })
      : await displayImage(where, { vfs });
  } catch (error) {
    if (!isVfsError(error) || !NO_PICTURE.includes(error.kind)) throw error;
    const known = isDirectory
      ? await displayEntries(vfs.readDir(where))
      : displayFacts({ content: await vfs.info(where), ...await vfs.stat(where) });
    const note = element("p", {}, escapeHtml(error.message));
    return new Rich(note + known.html, `${error.message}\n${known.text}`);
  }
}
