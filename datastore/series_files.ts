/**
 * The DICOM files of a folder.
 *
 * @module
 */

import type { DicomHeader } from "../formats/mod.ts";
import { isVfsError } from "../vfs/errors.ts";
import type { OpOptions } from "../vfs/options.ts";
import type { Vfs } from "../vfs/vfs.ts";

/** A DICOM file. */
export interface SeriesFile {
  /** Where it is. */
  readonly url: string;
  /** Its header. */
  readonly header: DicomHeader;
}

/** Headers read at the same time. */
const AT_ONCE = 16;

/** The DICOM files in a folder with their headers; others, such as the catalog in an archive, are passed over. */
export async function seriesFiles(
  vfs: Vfs,
  folder: string,
  { signal }: OpOptions,
): Promise<SeriesFile[]> {
  const urls: string[] = [];
  for await (const { url, isFile } of vfs.readDir(folder, { signal })) if (isFile) urls.push(url);
  const files: SeriesFile[] = [];
  for (let at = 0; at < urls.length; at += AT_ONCE) {
    const some = urls.slice(at, at + AT_ONCE).map((url) => seriesFile(vfs, url, { signal }));
    files.push(...(await Promise.all(some)).filter((file) => file !== undefined));
  }
  return files;
}

async function seriesFile(
  vfs: Vfs,
  url: string,
  options: OpOptions,
): Promise<SeriesFile | undefined> {
  try {
    return { url, header: await vfs.readDicomHeader(url, options) };
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotSupported") return undefined;
    throw error;
  }
}
