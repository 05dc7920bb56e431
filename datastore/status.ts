/**
 * Counting labels.
 *
 * @module
 */

import { shown } from "../vfs/notebook.ts";
import { type DatastoreStatus, LabelTag } from "./datastore.ts";

/** The status of a store whose images have these tags. */
export function statusOf(images: Iterable<Iterable<string>>): DatastoreStatus {
  let total = 0;
  const counts = new Map<string, number>();
  for (const tags of images) {
    total++;
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  const label_tags = Object.fromEntries([...counts].sort());
  const status = { total, completed: counts.get(LabelTag.FINAL) ?? 0, label_tags };
  return shown(status, ({ displayStatus }) => displayStatus(status));
}
