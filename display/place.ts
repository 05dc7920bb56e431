/**
 * What is at a place, whatever it is.
 *
 * @module
 */

import * as everywhere from "../vfs/default.ts";
import { isVfsError } from "../vfs/errors.ts";
import type { Where } from "../vfs/options.ts";
import { displayEntries } from "./entries.ts";
import { displayFacts } from "./facts.ts";
import { displayImage, type FromFiles } from "./picture.ts";
import { NO_PICTURE } from "./picture_at.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { displaySeries } from "./series.ts";

/** Files that are looked at for the pictures of a directory, at most. */
const MOST_FILES = 1000;

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
  return await orWhyNot(
    () =>
      isDirectory
        ? displaySeries(where, { vfs, maxFiles: MOST_FILES })
        : displayImage(where, { vfs }),
    async () =>
      isDirectory
        ? await displayEntries(vfs.readDir(where))
        : displayFacts({ content: await vfs.info(where), ...await vfs.stat(where) }),
  );
}

/** A picture; where there can be none, why, and what is known otherwise. */
export async function orWhyNot(
  picture: () => Promise<Rich>,
  otherwise: () => Promise<Rich> | Rich,
): Promise<Rich> {
  try {
    return await picture();
  } catch (error) {
    if (!isVfsError(error) || !NO_PICTURE.includes(error.kind)) throw error;
    const { html, text } = await otherwise();
    const why = element("p", {}, escapeHtml(error.message));
    return new Rich(why + html, `${error.message}\n${text}`);
  }
}
