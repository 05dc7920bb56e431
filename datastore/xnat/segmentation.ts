/**
 * Labels as DICOM segmentations, which XNAT's viewers show as collections of regions.
 *
 * @module
 */

import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { ItemInfo } from "../datastore.ts";
import { seriesFiles } from "../series_files.ts";
import { type ImageId, imageLocation, type XnatImage } from "./image.ts";
import { stemsOf } from "./stored_label.ts";

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
    series: (await seriesFiles(vfs, series, options)).map(({ header }) => header),
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
