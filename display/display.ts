/**
 * Which display fits a thing.
 *
 * @module
 */

import type { Datastore, DatastoreStatus } from "../datastore/datastore.ts";
import { DicomHeader } from "../formats/mod.ts";
import * as everywhere from "../vfs/default.ts";
import { Entry } from "../vfs/entry.ts";
import { Location } from "../vfs/location/location.ts";
import { whoGave } from "../vfs/notebook.ts";
import type { Series } from "../vfs/series.ts";
import type { Where } from "../vfs/options.ts";
import type { Info } from "../vfs/transport.ts";
import type { WalkStep } from "../vfs/walk.ts";
import { displayDatastore } from "./datastore.ts";
import { displayEntries } from "./entries.ts";
import { displayFacts } from "./facts.ts";
import { displayHeader } from "./header.ts";
import type { FromFiles } from "./picture.ts";
import { displayPlace, orWhyNot } from "./place.ts";
import { displayReport, type Report } from "./report.ts";
import { Rich } from "./rich.ts";
import { displayAllSeries, displaySeries, isSeries } from "./series.ts";
import { displayStatus } from "./status.ts";

/** What {@linkcode display} shows. */
export type Displayable =
  | Where
  | Entry
  | AsyncIterable<Entry | WalkStep>
  | Iterable<Entry | WalkStep>
  | Report
  | DicomHeader
  | Series
  | readonly Series[]
  | Datastore
  | DatastoreStatus
  | Info
  | Readonly<Record<string, unknown>>;

/**
 * Shows what a cell may have, each in the way that fits it: a place or an entry (a picture of a file, a contact sheet of
 * a directory; where there is none, why), a series (a contact sheet), walks and listings (a table), the report of a transfer, sync or check, a
 * DICOM header, a datastore or its status, and any other record, such as what `stat` tells.
 *
 * @throws `NotFound`
 *
 * @example
 * ```ts
 * import { stat, walk, writeFile } from "@medvfs/vfs";
 * import { display } from "@medvfs/vfs/display";
 *
 * await writeFile("memory:///shown/a.txt", "hello");
 * await display(walk("memory:///shown"));
 * console.assert((await display(await stat("memory:///shown/a.txt"))).text.includes("size"));
 * ```
 */
export async function display(
  thing: Displayable,
  { vfs = everywhere }: FromFiles = {},
): Promise<Rich> {
  if (thing instanceof Rich) return thing;
  if (typeof thing === "string" || thing instanceof URL || thing instanceof Location) {
    const owner = thing instanceof Location ? whoGave(thing) : undefined;
    return await displayPlace(thing, { vfs: owner ?? vfs });
  }
  if (thing instanceof Entry) {
    return await displayPlace(thing.location, { vfs: whoGave(thing.parent) ?? vfs });
  }
  if (isSeries(thing)) {
    return await orWhyNot(() => displaySeries(thing, { vfs }), () => displayFacts(thing));
  }
  if (Array.isArray(thing) && thing.length > 0 && thing.every(isSeries)) {
    return displayAllSeries(thing);
  }
  if (thing instanceof DicomHeader) return displayHeader(thing);
  if (Symbol.asyncIterator in thing || Symbol.iterator in thing) {
    return await displayEntries(thing as AsyncIterable<Entry | WalkStep>);
  }
  if ("problems" in thing && "elapsedMs" in thing) return displayReport(thing as Report);
  if ("getLabelsByImageId" in thing) return await displayDatastore(thing as Datastore);
  if ("label_tags" in thing) return displayStatus(thing as DatastoreStatus);
  return displayFacts(thing);
}
