/**
 * `GET series`: the images of a directory, in the order in which one leafs through them.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/mod.ts";
import { compareSlices, type SliceKey, sliceKey } from "../../pictures/mod.ts";
import { type Entry, followed } from "../../vfs/entry.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { sortByName } from "../../vfs/location/names.ts";
import { Semaphore } from "../../vfs/concurrency/semaphore.ts";
import { type Call, folderOf, placeOf } from "../call.ts";
import { jsonLines } from "../json_lines.ts";

const AT_ONCE = 8;

interface Image {
  readonly name: string;
  readonly frames: number;
  readonly key: SliceKey;
  readonly uid: string;
  readonly title: string;
}

/** Images of one series as the page gets them. */
interface ShownSeries {
  readonly title: string;
  readonly images: Pick<Image, "name" | "frames">[];
}

/** Lines of `{read}`, how many files were looked at, and `{end: {series, isCut}}`. */
export function series(call: Call): Response {
  const place = placeOf(call);
  return jsonLines(found(call, folderOf(place, call.settings.root), place.name));
}

async function* found(call: Call, folder: Location, name: string): AsyncGenerator<unknown> {
  const { settings: { limits, capabilities }, signal } = call;
  const files = await filesIn(call, folder);
  const isCut = files.length > limits.images;
  // Of too many, those around the one that is shown.
  const middle = files.findIndex((entry) => entry.name === name);
  const first = Math.min(middle - (limits.images >> 1), files.length - limits.images);
  const chosen = files.slice(Math.max(0, first)).slice(0, limits.images);
  // Without ranges each header costs a whole file: there the names have to do.
  if (!capabilities.range) {
    const images = byNumber(chosen).map(({ name, label }) => ({ name, label, frames: 1 }));
    return yield { end: { series: [{ title: "", images }], isCut } };
  }
  const turns = new Semaphore(AT_ONCE);
  const images: (Image | undefined)[] = [];
  for (let at = 0; at < chosen.length; at += 10 * AT_ONCE) {
    const group = chosen.slice(at, at + 10 * AT_ONCE);
    images.push(
      ...await Promise.all(
        group.map((entry) => turns.run(() => imageOf(call, entry), signal, folder.href)),
      ),
    );
    yield { read: images.length, of: chosen.length };
  }
  yield { end: { series: grouped(images.filter((image) => image !== undefined)), isCut } };
}

/** The files of a directory by name, as many as are listed at all. */
async function filesIn({ settings: { vfs, limits }, signal }: Call, folder: Location) {
  const files: Entry[] = [];
  for await (const entry of vfs.readDir(folder, { signal })) {
    if (followed(entry) === "file") files.push(entry);
    if (files.length >= limits.entries) break;
  }
  return sortByName(files);
}

async function imageOf({ settings: { vfs }, signal }: Call, entry: Entry) {
  try {
    const header = await vfs.readDicomHeader(entry.location, { signal });
    return header.pixelData && factsOf(entry.name, header);
  } catch (error) {
    // What is no image, or cannot be read, is not leafed through.
    if (isVfsError(error) && !signal.aborted) return undefined;
    throw error;
  }
}

function factsOf(name: string, header: DicomHeader): Image {
  const title = [header.string("Modality"), header.string("SeriesDescription")];
  return {
    name,
    frames: Math.max(1, Math.trunc(header.number("NumberOfFrames") ?? 1)),
    key: sliceKey(header),
    uid: header.string("SeriesInstanceUID") ?? "",
    title: title.filter(Boolean).join(" "),
  };
}

function grouped(images: Image[]): ShownSeries[] {
  const series = new Map<string, ShownSeries>();
  for (const { uid, title, name, frames } of images.sort((a, b) => compareSlices(a.key, b.key))) {
    const own = series.get(uid) ?? { title, images: [] };
    series.set(uid, own);
    own.images.push({ name, frames });
  }
  return [...series.values()];
}

/** By InstanceNumber where the listing tells it of all. */
function byNumber(entries: Entry[]): Entry[] {
  const numberOf = ({ info }: Entry) => Number(info?.attributes?.InstanceNumber ?? NaN);
  if (entries.some((entry) => Number.isNaN(numberOf(entry)))) return entries;
  return entries.toSorted((a, b) => numberOf(a) - numberOf(b));
}
