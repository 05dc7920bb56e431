/**
 * Labels as DICOM segmentations, which XNAT's viewers show as collections of regions.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { ItemInfo } from "../datastore.ts";
import { type ImageId, imageLocation, type XnatImage } from "./image.ts";
import { stemsOf } from "./stored_label.ts";

/** Headers read at the same time. */
const AT_ONCE = 16;

/**
 * The DICOM segmentation of a mask, with segments named by the values that `info` gives them.
 *
 * @throws {SegmentationError} for a mask that does not fit the series, or values that several names claim
 */
export async function segmentationOf(
  vfs: Vfs,
  mask: Uint8Array,
  series: string,
  info: ItemInfo,
  options: OpOptions & { readonly author?: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const { niftiToSeg, segmentsOfLabelInfo } = await import("../segmentation/mod.ts");
  const model = typeof info.model === "string" && info.model !== "" ? info.model : undefined;
  return await niftiToSeg({
    mask,
    series: await headersIn(vfs, series, options),
    segments: segmentsOfLabelInfo(info),
    nameValue: (value) => ({
      value,
      label: `Segment_${value}`,
      algorithm: model ? { type: "AUTOMATIC", name: model } : { type: "MANUAL" },
    }),
    seriesDescription: (model ?? "Label").slice(0, 64),
    ...options.author && { contentCreatorName: options.author.slice(0, 64) },
    signal: options.signal,
  });
}

async function headersIn(vfs: Vfs, folder: string, { signal }: OpOptions): Promise<DicomHeader[]> {
  const headers: DicomHeader[] = [];
  const urls: string[] = [];
  for await (const { url, isFile } of vfs.readDir(folder, { signal })) if (isFile) urls.push(url);
  for (let at = 0; at < urls.length; at += AT_ONCE) {
    const some = urls.slice(at, at + AT_ONCE).map((url) => headerOf(vfs, url, { signal }));
    headers.push(...(await Promise.all(some)).filter((header) => header !== undefined));
  }
  return headers;
}

/** A header; nothing for what is no DICOM file, such as the catalog in an archive. */
async function headerOf(
  vfs: Vfs,
  url: string,
  options: OpOptions,
): Promise<DicomHeader | undefined> {
  try {
    return await vfs.readDicomHeader(url, options);
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotSupported") return undefined;
    throw error;
  }
}

/**
 * Where the segmentation of a label is stored: a collection of the session, whose name no other session of the project
 * has.
 */
export function collectionOf(
  server: Location,
  image: ImageId,
  tag: string,
  stem: string,
): Location {
  const parts = [image.experiment, image.scan, tag].join("-").slice(0, 120);
  const name = `AI-${parts}-${stem}`.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return imageLocation(server, image).parent()!.join(".assessors", name);
}

/** Where the segmentations of an image's labels are, if they have some. */
export function collectionsOf(server: Location, image: XnatImage): Location[] {
  const tags = new Set(image.files.map(({ path }) => path.split("/")[0]!));
  return [...tags].flatMap((tag) =>
    stemsOf(image.files, tag).map((stem) => collectionOf(server, image, tag, stem))
  );
}

/** The location that writes a collection. */
export function writableCollection(collection: Location): Location {
  return parseLocation(`${collection.href}?collection=SEG`).location;
}
