/**
 * Contact sheets of what is at a place, or at several.
 *
 * @module
 */

import type { DicomHeader } from "../formats/mod.ts";
import {
  compareSlices,
  contactSheet,
  cross,
  evenlySpaced,
  type Raster,
  type SliceKey,
  sliceKey,
} from "../pictures/mod.ts";
import type { Entry } from "../vfs/entry.ts";
import { isVfsError, VfsError } from "../vfs/errors.ts";
import { type Location, parseLocation } from "../vfs/location/location.ts";
import { mapBounded } from "../vfs/concurrency/pool.ts";
import type { Where } from "../vfs/options.ts";
import { type Files, NO_PICTURE, pictureAt, type PictureAtOptions } from "./picture_at.ts";

/** Options of {@linkcode sheetAt}. */
export interface SheetOptions extends Omit<PictureAtOptions, "frame"> {
  /** Pictures of it, evenly spaced. @default {16} */
  readonly count?: number;
  /** Headers and pictures read at once. @default {8} */
  readonly concurrency?: number;
  /** Files of a directory that may be looked at; with more there is no sheet. @default {Infinity} */
  readonly maxFiles?: number;
  /** Called when another header is read, with how many were. */
  readonly onHeader?: (headers: number) => void;
  /** Called for an image that cannot be shown, in whose place there is a cross. */
  readonly onFailure?: (error: VfsError) => void;
}

const CELL = 128;
const AT_ONCE = 8;

/** One place, or several. */
type Places = Where | readonly Where[];

/**
 * A contact sheet: of the frames of a file, or of the images of a directory and all below it, or of several places
 * together, in slice order. What is no DICOM image is passed over, and an instance that is there twice is shown once.
 *
 * @throws `NotFound`, `NotSupported` and `Corrupt` where no image can be shown
 */
export async function sheetAt(
  vfs: Files,
  where: Places,
  options: SheetOptions = {},
): Promise<Raster> {
  const { count, size, signal, picture } = settings(options);
  if (!isSeveral(where) && await vfs.isFile(where, { signal })) {
    const middle = await pictureAt(vfs, where, picture);
    const frames = evenlySpaced(Array.from({ length: middle.frames }, (_, i) => i + 1), count);
    const of = (frame: number) => pictureAt(vfs, where, { ...picture, frame });
    return contactSheet(await orCrosses(frames, of, options), size);
  }
  const images = await imagesBelow(vfs, where, options);
  if (images.length === 0) {
    const url = urlOf(where);
    throw new VfsError("NotSupported", {
      op: "show",
      url,
      reason: "there is no DICOM image in it",
    });
  }
  return await sheetOf(vfs, images.map(({ location }) => location), options);
}

/** A contact sheet of the images at `places`, in their order. @throws as {@linkcode sheetAt} */
export async function sheetOf(
  vfs: Files,
  places: readonly Where[],
  options: SheetOptions = {},
): Promise<Raster> {
  const { count, size, picture } = settings(options);
  const of = (place: Where) => pictureAt(vfs, place, picture);
  return contactSheet(await orCrosses(evenlySpaced(places, count), of, options), size);
}

/** The pictures of `items`, with a cross for each that has none. @throws where none has one */
async function orCrosses<T>(
  items: readonly T[],
  pictureOf: (item: T) => Promise<Raster>,
  { size = CELL, concurrency = AT_ONCE, onFailure }: SheetOptions,
): Promise<Raster[]> {
  const failures: VfsError[] = [];
  const pictures = await mapBounded(items, concurrency, async (item) => {
    try {
      return await pictureOf(item);
    } catch (error) {
      if (!isVfsError(error) || !NO_PICTURE.includes(error.kind)) throw error;
      failures.push(error);
      return cross(size);
    }
  });
  if (failures.length === items.length) throw failures[0];
  failures.forEach((failure) => onFailure?.(failure));
  return pictures;
}

function settings({ count = 16, size = CELL, window, signal, maxPixels }: SheetOptions) {
  return { count, size, signal, picture: { size, window, signal, maxPixels } };
}

/** The DICOM images below a directory, in slice order. */
async function imagesBelow(
  vfs: Files,
  top: Places,
  options: BelowOptions,
): Promise<{ readonly location: Location; readonly key: SliceKey }[]> {
  // A header is let go once its key is known.
  const images = await eachImage(vfs, top, options, (location, header) => ({
    location,
    key: sliceKey(header),
    uid: header.string("SOPInstanceUID") ?? location.href,
  }));
  const once = new Map(images.map((image) => [image.uid, image]));
  return [...once.values()].sort((a, b) => compareSlices(a.key, b.key));
}

/** The DICOM images below a directory, with their headers, in the order of a walk. */
export function headersBelow(
  vfs: Files,
  top: Where,
  options: BelowOptions,
): Promise<{ readonly location: Location; readonly header: DicomHeader }[]> {
  return eachImage(vfs, top, options, (location, header) => ({ location, header }));
}

interface BelowOptions {
  readonly concurrency?: number;
  readonly maxFiles?: number;
  readonly signal?: AbortSignal;
  readonly onHeader?: (headers: number) => void;
  /** Called for a header that is damaged, which otherwise ends it. */
  readonly onFailure?: (error: VfsError) => void;
}

async function eachImage<R>(
  vfs: Files,
  top: Places,
  { concurrency = AT_ONCE, maxFiles = Infinity, signal, onHeader, onFailure }: BelowOptions,
  keep: (location: Location, header: DicomHeader) => R,
): Promise<R[]> {
  const files = atMost(maxFiles, vfs.entries(top, { includeDirs: false, signal }), top);
  let headers = 0;
  const found = await mapBounded(files, concurrency, async ({ location }: Entry) => {
    try {
      const header = await vfs.readDicomHeader(location, { signal });
      onHeader?.(++headers);
      return header.pixelData && header.has("Rows") ? keep(location, header) : undefined;
    } catch (error) {
      if (!isVfsError(error) || !NO_PICTURE.includes(error.kind)) throw error;
      if (error.kind === "NotSupported") return undefined;
      if (!onFailure) throw error;
      onFailure(error);
    }
  });
  return found.filter((image) => image !== undefined);
}

async function* atMost(
  count: number,
  files: AsyncIterable<Entry>,
  top: Places,
): AsyncGenerator<Entry> {
  let left = count;
  for await (const file of files) {
    if (left-- === 0) {
      const url = urlOf(top);
      const reason = `there are more than ${count} files in it`;
      throw new VfsError("NotSupported", { op: "show", url, reason });
    }
    yield file;
  }
}

function isSeveral(places: Places): places is readonly Where[] {
  return Array.isArray(places);
}

function urlOf(places: Places): string {
  return parseLocation(isSeveral(places) ? places[0]! : places).location.href;
}
