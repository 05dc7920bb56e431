/**
 * How much of a datastore is annotated.
 *
 * @module
 */

import type { DatastoreStatus } from "../datastore/datastore.ts";
import { htmlBar, textBar } from "./bar.ts";
import { element, escapeHtml, Rich } from "./rich.ts";

const WIDTH = 32;

/** How much of a datastore is annotated: a bar for what is completed, and one for each tag. */
export function displayStatus({ total, completed, label_tags }: DatastoreStatus): Rich {
  const tags = Object.entries(label_tags).sort(([a], [b]) => a < b ? -1 : 1);
  const bars = [["completed", completed] as const, ...tags];
  const widest = Math.max(...bars.map(([name]) => name.length));
  const share = (count: number) => total > 0 ? Math.min(1, count / total) : 0;
  const html = bars.map(([name, count]) =>
    element(
      "tr",
      {},
      element("td", { style: "text-align:left" }, escapeHtml(name)),
      element("td", {}, htmlBar(share(count), name)),
      element("td", { style: "text-align:right" }, `${count} of ${total}`),
    )
  );
  const text = bars.map(([name, count]) => {
    return `${name.padEnd(widest)}  ${textBar(share(count), WIDTH)}  ${count} of ${total}`;
  });
  return new Rich(element("table", {}, ...html), text.join("\n"));
}
