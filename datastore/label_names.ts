/**
 * What a label shows, by name.
 *
 * @module
 */

import type { ItemInfo } from "./datastore.ts";
import { recordOf } from "../vfs/json.ts";

/** Whether the info of a label names all of `labels`. */
export function namesAll(info: ItemInfo, labels: readonly string[]): boolean {
  const names = new Set(namesIn(info));
  return labels.every((label) => names.has(label));
}

/** Names in `label_info` (`[{name}]`) and `params.label_names` (a map or a list). */
function namesIn({ label_info, params }: ItemInfo): string[] {
  const listed = (Array.isArray(label_info) ? label_info : []).map((each) => recordOf(each).name);
  const { label_names } = recordOf(params);
  const named = Array.isArray(label_names) ? label_names : Object.keys(recordOf(label_names));
  return [...listed, ...named].filter((name) => typeof name === "string");
}
