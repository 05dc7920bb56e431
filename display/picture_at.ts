/**
 * Pictures of what is at a place.
 *
 * @module
 */

import { type ByteSource, type DicomHeader, FormatError } from "../formats/mod.ts";
import type { Entry } from "../vfs/entry.ts";
import { isVfsError, VfsError } from "../vfs/errors.ts";
import { type Location, parseLocation } from "../vfs/location.ts";
import type { Vfs, Where } from "../vfs/vfs.ts";
import {
  compareSlices,
  contactSheet,
  evenlySpaced,
  type Picture,
  type PictureOptions,
  type Raster,
  readPicture,
  type SliceKey,
  sliceKey,
} from "../pictures/mod.ts";

/** What is needed of a filesystem: a `Vfs`, or the functions of the main module. */
export type Files = Pick<
  Vfs,
  | "entries"
  | "info"
  | "isDirectory"
  | "isFile"
  | "readDicomHeader"
  | "readDir"
  | "readFile"
  | "stat"
  | "walk"
>;

/** Options of {@linkcode pictureAt}. */
export interface PictureAtOptions extends PictureOptions {
  /** Ends it. */
  readonly signal?: AbortSignal;
}

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
}

const CELL = 128;

/** One place, or several. */
type Places = Where | readonly Where[];

/**
 * A picture of one frame of the DICOM file at `where`; only its header and that frame are read.
 *
 * @throws `NotFound`, `NotSupported` where there is no image or no decoder for it, `Corrupt`,
 * `InvalidArgument` for a frame that there is not
 */
export async function pictureAt(
  vfs: Files,
  where: Where,
  { signal, ...options }: PictureAtOptions = {},
): Promise<Picture> {
  try {
    return await readPicture(sourceAt(vfs, where, signal), options);
  } catch (error) {
    throw asVfsError(error, parseLocation(where).location);
  }
}

/**
 * A contact sheet: of the frames of a file, or of the images of a directory and all below it, or of several places
 * together, in slice order. What is no DICOM image is passed over, and an instance that is there twice is shown once.
 *
 * @throws `NotFound`, `NotSupported` where there is no image, `Corrupt`
 */
export async function sheetAt(
  vfs: Files,
  where: Places,
  options: SheetOptions = {},
): Promise<Raster> {
  const { count, size, signal, concurrency, picture } = settings(options);
  if (!isSeveral(where) && await vfs.isFile(where, { signal })) {
    const middle = await pictureAt(vfs, where, picture);
    const frames = evenlySpaced(Array.from({ length: middle.frames }, (_, i) => i + 1), count);
    const pictures = await atOnce(
      frames,
      concurrency,
      (frame) => pictureAt(vfs, where, { ...picture, frame }),
    );
    return contactSheet(pictures, size);
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
  const { count, size, concurrency, picture } = settings(options);
  const shown = evenlySpaced(places, count);
  const pictures = await atOnce(shown, concurrency, (place) => pictureAt(vfs, place, picture));
  return contactSheet(pictures, size);
}

function settings({ count = 16, size = CELL, concurrency = 8, ...options }: SheetOptions) {
  const { window, signal, maxPixels } = options;
  return { count, size, signal, concurrency, picture: { size, window, signal, maxPixels } };
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
}

async function eachImage<R>(
  vfs: Files,
  top: Places,
  { concurrency = 8, maxFiles = Infinity, signal, onHeader }: BelowOptions,
  keep: (location: Location, header: DicomHeader) => R,
): Promise<R[]> {
  const files = atMost(maxFiles, vfs.entries(top, { includeDirs: false, signal }), top);
  let headers = 0;
  const found = await atOnce(files, concurrency, async ({ location }: Entry) => {
    try {
      const header = await vfs.readDicomHeader(location, { signal });
      onHeader?.(++headers);
      return header.pixelData && keep(location, header);
    } catch (error) {
      if (isVfsError(error) && error.kind === "NotSupported") return undefined;
      throw error;
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

/** Does `work` on all items, `concurrency` at once; the results are in the order of the items. */
async function atOnce<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const running = new Set<Promise<void>>();
  let index = 0;
  try {
    for await (const item of items) {
      const at = index++;
      const one = work(item).then((result) => {
        results[at] = result;
        running.delete(one);
      });
      running.add(one);
      if (running.size >= concurrency) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
  return results;
}

/** The bytes of a file, each range read with one request. */
function sourceAt(vfs: Files, where: Where, signal: AbortSignal | undefined): ByteSource {
  return {
    async read(start, end) {
      if (end <= start) return new Uint8Array();
      try {
        return await vfs.readFile(where, { range: { start, end }, signal });
      } catch (error) {
        if (isVfsError(error) && error.kind === "RangeNotSatisfiable") return new Uint8Array();
        throw error;
      }
    },
  };
}

function asVfsError(error: unknown, { href }: Location): unknown {
  const kind = error instanceof TypeError
    ? "InvalidArgument"
    : !(error instanceof FormatError)
    ? undefined
    : error.kind === "NotSupported"
    ? "NotSupported"
    : "Corrupt";
  if (!kind) return error;
  const { message: reason } = error as Error;
  return new VfsError(kind, { op: "show", url: href, reason, cause: error });
}
