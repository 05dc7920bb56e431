/**
 * `GET header`: the elements of a DICOM file.
 *
 * @module
 */

import { pictureError, sourceAt } from "../../display/picture_at.ts";
import {
  type DicomDataset,
  type DicomElement,
  type DicomHeader,
  readDicomHeader,
} from "../../formats/mod.ts";
import { elementText } from "../../formats/dicom/dump.ts";
import { tagLabel } from "../../formats/dicom/tag.ts";
import { printable } from "../../formats/text.ts";
import { type Call, placeOf } from "../call.ts";

const WIDEST = 400;
const DEEPEST = 32;

/** One row of the header. */
interface Row {
  readonly tag: string;
  readonly vr: string;
  readonly length?: number;
  /** Keyword, or the creator of a private element in brackets. */
  readonly name: string;
  readonly value: string;
  readonly items?: readonly (readonly Row[])[];
}

/** `{rows, warnings, isCut}`; the pixel data is not read. */
export async function header(call: Call): Promise<Response> {
  const { settings: { pictures, limits }, soon } = call;
  const place = placeOf(call);
  const bounds = { maxElements: limits.elements, maxDepth: DEEPEST };
  // By what is kept, since it is often the header of the image shown.
  const header = await readDicomHeader(sourceAt(pictures, place, soon), bounds)
    .catch((error) => {
      throw pictureError(error, place);
    });
  const warnings = header.warnings.slice(0, 100)
    .map(({ position, text }) => `${printable(text, 200)} (at byte ${position})`);
  return Response.json({
    rows: [...rowsOf(header.meta), ...rowsOf(header), ...pixelRow(header)],
    isCut: !header.complete,
    warnings,
  });
}

function rowsOf(dataset: DicomDataset): Row[] {
  return [...dataset].map((element) => {
    const { tagNumber, vr, length, items } = element;
    return {
      tag: tagLabel(tagNumber),
      vr,
      length,
      name: element.keyword ?? creatorOf(element),
      value: elementText(element, WIDEST),
      items: items?.map(rowsOf),
    };
  });
}

function creatorOf({ privateCreator }: DicomElement): string {
  return privateCreator === undefined ? "" : `[${printable(privateCreator)}]`;
}

function pixelRow({ pixelData }: DicomHeader): Row[] {
  if (!pixelData) return [];
  const { tagNumber, vr, length, valuePosition } = pixelData;
  const value = `[${length === undefined ? "compressed" : `${length} bytes`} at ${valuePosition}]`;
  return [{ tag: tagLabel(tagNumber), vr, length, name: "PixelData", value }];
}
