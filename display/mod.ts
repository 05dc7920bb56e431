/**
 * Rich displays for notebooks: what these functions return, Jupyter shows as tables, trees, bars and pictures, and
 * everything else as text.
 *
 * Names that others gave are escaped, nothing is loaded from a network, and URLs have no credentials.
 *
 * @example
 * ```ts
 * import { entries, writeFile } from "@medvfs/vfs";
 * import { display } from "@medvfs/vfs/display";
 *
 * await writeFile("memory:///notes/a.txt", "hello");
 * const table = await display(entries("memory:///notes"));
 * console.assert(table.text.includes("1 entry"));
 * ```
 *
 * @module
 */
export { display, type Displayable } from "./display.ts";
export { displayDatastore } from "./datastore.ts";
export { displayEntries, type Entries, type ListOptions } from "./entries.ts";
export { displayFacts } from "./facts.ts";
export { displayHeader } from "./header.ts";
export { displayLabel, type DisplayLabelOptions } from "./label.ts";
export { displayImage, displayRaster, type FromFiles } from "./picture.ts";
export type { Files, PictureAtOptions } from "./picture_at.ts";
export { displayPlace } from "./place.ts";
export { displayReport, type Report } from "./report.ts";
export { Rich } from "./rich.ts";
export { displayAllSeries, displaySeries } from "./series.ts";
export type { SheetOptions } from "./sheet_at.ts";
export { displayStatus } from "./status.ts";
export { displayTree, type TreeOptions } from "./tree.ts";
