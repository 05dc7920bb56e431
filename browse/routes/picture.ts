/**
 * `GET picture` and `GET thumbnail`: what a file looks like.
 *
 * @module
 */

import { pictureError, sourceAt } from "../../display/picture_at.ts";
import { readDicomHeader, sniff } from "../../formats/mod.ts";
import {
  encodePng,
  type Picture,
  type PictureOptions,
  readPicture,
  type Window,
} from "../../pictures/mod.ts";
import { Problem } from "../../serving/problem.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { type Call, numberIn, placeOf } from "../call.ts";

const LARGEST = 2048;
const THUMBNAIL = 96;

/**
 * A frame of a DICOM file as PNG, and in the header `medvfs-picture` which frame, of how many, with which window; or a
 * PNG or JPEG file as it is.
 */
export async function picture(call: Call): Promise<Response> {
  const { query } = call;
  const frame = numberIn(query, "frame", 1, 2 ** 31);
  const size = numberIn(query, "size", 16, LARGEST);
  const window = windowIn(query);
  const place = placeOf(call);
  const file = await pictureFile(call, place);
  if (file) return file;
  const [bytes, made] = await pngOf(call, place, { frame, size, window });
  const about = { ...aboutOf(made), modality: await modalityOf(call, place) };
  return png(bytes, { "medvfs-picture": JSON.stringify(about) });
}

/** The same, small; no content where there is no picture. */
export async function thumbnail(call: Call): Promise<Response> {
  const place = placeOf(call);
  try {
    const file = await pictureFile(call, place);
    if (file) return file;
    const [bytes] = await pngOf(call, place, { size: THUMBNAIL });
    return png(bytes);
  } catch (error) {
    // What is no image, or a broken one, or is gone, has none; that is no failure of the page.
    const kinds: readonly string[] = ["NotSupported", "Corrupt", "IsADirectory", "NotFound"];
    if (isVfsError(error) && kinds.includes(error.kind)) return new Response(null, { status: 204 });
    throw error;
  }
}

/** PNG and JPEG go to the browser as they are: by their content, whatever their names say; SVG never does. */
async function pictureFile(call: Call, place: Location): Promise<Response | undefined> {
  const { settings: { pictures, limits, vfs }, soon } = call;
  const { format, mediaType } = await sniff(sourceAt(pictures, place, soon));
  if (format !== "png" && format !== "jpeg") return undefined;
  const { size = Infinity } = await vfs.stat(place, { signal: soon });
  if (size > limits.pictureBytes) {
    const reason = `a picture file of more than ${limits.pictureBytes} bytes is not shown`;
    throw new VfsError("NotSupported", { op: "show", url: place.href, reason });
  }
  return new Response(await pictures.readFile(place, { signal: soon }), {
    headers: { "content-type": mediaType },
  });
}

/** A frame of a DICOM file, few at once. @throws `NotSupported`, `Corrupt`, `InvalidArgument` */
async function pngOf(
  { settings: { turns, pictures }, soon }: Call,
  place: Location,
  options: PictureOptions,
): Promise<readonly [Uint8Array<ArrayBuffer>, Picture]> {
  const { href } = place;
  return await turns.run(
    async () => {
      try {
        const made = await readPicture(sourceAt(pictures, place, soon), options);
        return [await encodePng(made), made] as const;
      } catch (error) {
        throw pictureError(error, place);
      }
    },
    soon,
    href,
  );
}

function aboutOf({ frame, frames, rows, columns, window, channels }: Picture) {
  return { frame, frames, rows, columns, window, isGrey: channels === 1 };
}

/** Usual windows go by it. Its bytes are kept from making the picture. */
async function modalityOf({ settings: { pictures }, soon }: Call, place: Location) {
  const header = await readDicomHeader(sourceAt(pictures, place, soon), { until: "Modality" });
  return header.string("Modality");
}

function png(bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Response {
  return new Response(bytes, { headers: { "content-type": "image/png", ...headers } });
}

/** `center` and `width`, both or neither. @throws {Problem} 422 */
function windowIn(query: URLSearchParams): Window | undefined {
  const [center, width] = ["center", "width"].map((name) => query.get(name));
  if (center === null && width === null) return undefined;
  const window = { center: Number(center || NaN), width: Number(width || NaN) };
  if (Number.isFinite(window.center) && Number.isFinite(window.width) && window.width > 0) {
    return window;
  }
  throw new Problem(422, "A window has a center, and a width above 0");
}
