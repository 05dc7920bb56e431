/**
 * Series as contact sheets, and lists of them.
 *
 * @module
 */

import { counted, printable } from "../formats/text.ts";
import type { Raster } from "../pictures/mod.ts";
import * as everywhere from "../vfs/default.ts";
import { inCell } from "../vfs/notebook.ts";
import type { Series } from "../vfs/series.ts";
import type { Where } from "../vfs/options.ts";
import { displayRaster, type FromFiles, urlOf } from "./picture.ts";
import { sheetAt, sheetOf, type SheetOptions } from "./sheet_at.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { type Cell, countCell, htmlTable, textTable } from "./table.ts";

const MOST_SERIES = 200;

/**
 * A contact sheet: of the DICOM images of a directory and below, in slice order, of the frames of a file, or of a
 * series that `series` found.
 *
 * @throws `NotFound`, `NotSupported` where there is no image, `Corrupt`
 */
export async function displaySeries(
  series: Where | Series,
  { vfs = everywhere, ...options }: SheetOptions & FromFiles = {},
): Promise<Rich> {
  let failures = 0;
  const onFailure = () => failures++;
  const captioned = (sheet: Raster, caption: string) =>
    displayRaster(sheet, failures === 0 ? caption : `${caption}, ${failures} cannot be shown`);
  if (isSeries(series)) {
    const sheet = await sheetOf(vfs, series.instances, { onFailure, ...options });
    return await captioned(
      sheet,
      `${titleOf(series)}, ${counted(series.instances.length, "instance")}`,
    );
  }
  const url = urlOf(series);
  const sheet = await inCell(`show ${url}`, true, (cell) => {
    const onHeader = (count: number) => cell?.tell({ parts: [counted(count, "image")] });
    return sheetAt(vfs, series, { onHeader, onFailure, ...options });
  });
  return await captioned(sheet, url);
}

/** The series that were found: a row each. */
export function displayAllSeries(all: readonly Series[]): Rich {
  const headings = ["patient", "study", "modality", "number", "description", "instances"];
  const rows = all.slice(0, MOST_SERIES).map((series): Cell[] => {
    const { PatientID = "", StudyDate = "", Modality = "", SeriesNumber } = series;
    const number = countCell(SeriesNumber ?? -1);
    const instances = countCell(series.instances.length);
    return [PatientID, StudyDate, Modality, number, series.SeriesDescription ?? "", instances];
  });
  const rest = rows.length < all.length ? `, the first ${rows.length} are shown` : "";
  const said = `${all.length} series${rest}`;
  return new Rich(
    htmlTable(headings, rows) + element("p", {}, escapeHtml(said)),
    `${textTable(headings, rows)}\n${said}`,
  );
}

/** Tells a series from a place and from anything else. */
export function isSeries(thing: Where | object): thing is Series {
  return typeof thing === "object" && "SeriesInstanceUID" in thing && "instances" in thing;
}

function titleOf({ Modality, SeriesNumber, SeriesDescription, SeriesInstanceUID }: Series): string {
  const title = [Modality, SeriesNumber, SeriesDescription].filter((part) => part !== undefined);
  return printable(title.join(" ") || SeriesInstanceUID, 200);
}
