/**
 * Labels over their images.
 *
 * @module
 */

import { labelColour, overlayMask } from "../pictures/mod.ts";
import type { DicomHeader } from "../formats/mod.ts";
import { printable } from "../formats/text.ts";
import type { Mask, SeriesGeometry } from "../datastore/segmentation/mod.ts";
import { collect, readerOfStream } from "../vfs/bytes/bytes.ts";
import * as everywhere from "../vfs/default.ts";
import { VfsError } from "../vfs/errors.ts";
import { type Location, parseLocation } from "../vfs/location/location.ts";
import type { Where } from "../vfs/options.ts";
import { displayRaster, type FromFiles } from "./picture.ts";
import { pictureAt, type PictureAtOptions } from "./picture_at.ts";
import { headersBelow } from "./sheet_at.ts";
import { element, escapeHtml, Rich } from "./rich.ts";

/** Options of {@linkcode displayLabel}. */
export interface DisplayLabelOptions extends Omit<PictureAtOptions, "frame">, FromFiles {
  /** Slice shown, counted from 1 in the order of the series. @default the one with most of the label */
  readonly slice?: number;
  /** What the labels mean, as the info of a label in a datastore has it. */
  readonly label_info?: readonly { readonly name: string; readonly idx: number }[];
}

const SIDE = 384;
const MOST_LABELS = 20;

/**
 * A label over its image: one slice of a series, with the mask in colour.
 *
 * @param series the directory of the image's DICOM files
 * @param label the mask: NIfTI or DICOM SEG, as bytes or as a stream, such as `getLabel` of a datastore gives
 * @throws `SegmentationError` where the mask does not fit the series; `NotFound`, `NotSupported`
 */
export async function displayLabel(
  series: Where,
  label: Uint8Array | ReadableStream<Uint8Array>,
  { vfs = everywhere, slice, label_info = [], size = SIDE, ...options }: DisplayLabelOptions = {},
): Promise<Rich> {
  const { geometryOfSeries } = await import("../datastore/segmentation/mod.ts");
  const { href: url } = parseLocation(series).location;
  const images = await headersBelow(vfs, series, options);
  const geometry = geometryOfSeries(images.map(({ header }) => header), url);
  const bytes = label instanceof Uint8Array ? label : await collect(readerOfStream(label));
  const labelsOf = await slicesOf(bytes, geometry);
  const chosen = slice === undefined ? fullest(labelsOf, geometry) : slice - 1;
  const shown = geometry.slices[chosen];
  if (!shown) {
    const reason = `there is no slice ${slice}: the series has ${geometry.slices.length}`;
    throw new VfsError("InvalidArgument", { op: "show", url, reason });
  }
  const image = imageOf(images, shown.sopInstanceUID, url);
  const frame = shown.frame ?? 1;
  const picture = await pictureAt(vfs, image, { size, frame, ...options });
  const own = labelsOf(chosen);
  const { width, height, rows, columns } = picture;
  const mask = Uint16Array.from({ length: width * height }, (_, at) => {
    const x = Math.floor(at % width * columns / width);
    const y = Math.floor(Math.floor(at / width) * rows / height);
    return own[y * columns + x]!;
  });
  const found = [...new Set(own)].filter((value) => value !== 0).sort((a, b) => a - b);
  const said = found.length === 0 ? "no label" : `label ${found.slice(0, MOST_LABELS).join(", ")}`;
  const rich = await displayRaster(
    overlayMask(picture, mask),
    `${url}: slice ${chosen + 1} of ${geometry.slices.length}, ${said}`,
  );
  return new Rich(rich.html + legend(found.slice(0, MOST_LABELS), label_info), rich.text, rich.png);
}

/** Which colour is which label. */
function legend(
  labels: readonly number[],
  infos: NonNullable<DisplayLabelOptions["label_info"]>,
): string {
  const parts = labels.map((label) => {
    const style = `display:inline-block;width:.8em;height:.8em;background:rgb(${
      labelColour(label)
    })`;
    const name = infos.find(({ idx }) => idx === label)?.name;
    const text = name === undefined ? String(label) : `${label} ${printable(name, 100)}`;
    return `${element("span", { style })} ${escapeHtml(text)}`;
  });
  return element("div", {}, parts.join("&ensp;"));
}

/** The labels of a slice, counted from 0, on the grid of the series. */
async function slicesOf(
  bytes: Uint8Array,
  geometry: SeriesGeometry,
): Promise<(slice: number) => Uint16Array> {
  const { readNifti, readSeg } = await import("../datastore/segmentation/mod.ts");
  const { fit, TOLERANCE } = await import("../datastore/segmentation/fit.ts");
  const { isDicom } = await import("../formats/mod.ts");
  const mask: Mask = isDicom(bytes.subarray(0, 1024))
    ? await readSeg({ seg: bytes, series: geometry })
    : await readNifti(bytes);
  const { start, strides } = fit(mask, geometry, TOLERANCE, "label");
  const [columns, rows] = geometry.shape;
  return (slice) =>
    Uint16Array.from({ length: columns * rows }, (_, at) => {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      return mask.labels[start + x * strides[0] + y * strides[1] + slice * strides[2]]!;
    });
}

/** The slice with most of the label; the middle one where there is none. */
function fullest(labelsOf: (slice: number) => Uint16Array, { shape }: SeriesGeometry): number {
  let best = shape[2] >> 1;
  let most = 0;
  for (let slice = 0; slice < shape[2]; slice++) {
    const count = labelsOf(slice).reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
    if (count > most) [best, most] = [slice, count];
  }
  return best;
}

function imageOf(
  images: readonly { readonly header: DicomHeader; readonly location: Location }[],
  sopInstanceUID: string,
  url: string,
): Location {
  const image = images.find(({ header }) => header.string("SOPInstanceUID") === sopInstanceUID);
  if (image) return image.location;
  throw new VfsError("Unexpected", { op: "show", url, reason: "a slice has no file" });
}
