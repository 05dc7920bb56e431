import type { Datastore, DatastoreStatus } from "../datastore/datastore.ts";
import * as everywhere from "../vfs/default.ts";
import { Entry } from "../vfs/entry.ts";
import { Location } from "../vfs/location.ts";
import type { TransferReport } from "../vfs/transfer.ts";
import type { Where } from "../vfs/vfs.ts";
import type { WalkStep } from "../vfs/walk.ts";
import { displayDatastore } from "./datastore.ts";
import { displayEntries } from "./entries.ts";
import { displayFacts } from "./facts.ts";
import { displayImage, displaySeries, type FromFiles } from "./picture.ts";
import { displayReport } from "./report.ts";
import { Rich } from "./rich.ts";
import { displayStatus } from "./status.ts";
import { displayTree } from "./tree.ts";

/** What {@linkcode display} shows. */
export type Displayable =
  | Where
  | Entry
  | AsyncIterable<Entry | WalkStep>
  | Iterable<Entry | WalkStep>
  | TransferReport
  | Datastore
  | DatastoreStatus
  | object;

/**
 * Shows what a cell may have, each in the way that fits it: a place (a picture of a file, a contact sheet of a
 * directory), `entries` and listings (a table), a `walk` (a tree), a transfer's report, a datastore or its status, and
 * any other record, such as what `stat` tells.
 *
 * @throws `NotFound`, `NotSupported` where a place has no image, `Corrupt`
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
    const isFile = await vfs.isFile(thing);
    return isFile ? await displayImage(thing, { vfs }) : await displaySeries(thing, { vfs });
  }
  if (thing instanceof Entry) return await display(thing.location, { vfs });
  if (Symbol.asyncIterator in thing || Symbol.iterator in thing) {
    return await displayAll(thing as AsyncIterable<Entry | WalkStep>);
  }
  if ("problems" in thing && "done" in thing) return displayReport(thing as TransferReport);
  if ("getLabelsByImageId" in thing) return await displayDatastore(thing as Datastore);
  if ("label_tags" in thing) return displayStatus(thing as DatastoreStatus);
  return displayFacts(thing);
}

/** A table of entries, or a tree of steps: the first one tells. */
async function displayAll(all: AsyncIterable<Entry | WalkStep>): Promise<Rich> {
  const items = generated(all);
  const first = await items.next();
  if (first.done) return await displayEntries([]);
  // A generator can be read once, so what was looked at is given again.
  const whole = generated([first.value], items);
  return first.value instanceof Entry
    ? await displayEntries(whole as AsyncIterable<Entry>)
    : await displayTree(whole as AsyncIterable<WalkStep>);
}

async function* generated<T>(...parts: (AsyncIterable<T> | Iterable<T>)[]): AsyncGenerator<T> {
  for (const part of parts) yield* part;
}
