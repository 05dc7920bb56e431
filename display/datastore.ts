/**
 * Datastores.
 *
 * @module
 */

import { counted } from "../formats/text.ts";
import type { Datastore } from "../datastore/datastore.ts";
import type { OpOptions } from "../vfs/options.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { displayStatus } from "./status.ts";
import { htmlTable, textTable } from "./table.ts";

const MOST_IMAGES = 200;
const HEADINGS = ["image", "labels"];

/** A datastore: how much of it is annotated, and the first 200 images with the tags of their labels. */
export async function displayDatastore(
  store: Pick<Datastore, "name" | "status" | "listImages" | "getLabelsByImageId">,
  options: OpOptions = {},
): Promise<Rich> {
  const bars = displayStatus(await store.status(options));
  const images = await store.listImages(options);
  const rows: string[][] = [];
  for (const image of images.slice(0, MOST_IMAGES)) {
    const labels = await store.getLabelsByImageId(image, options);
    rows.push([image, Object.keys(labels).sort().join(", ")]);
  }
  const name = await store.name();
  const said = images.length > rows.length
    ? `${images.length} images, the first ${rows.length} are shown`
    : counted(images.length, "image");
  return new Rich(
    element("b", {}, escapeHtml(name)) + bars.html + htmlTable(HEADINGS, rows) +
      element("p", {}, escapeHtml(said)),
    `${name}\n${bars.text}\n\n${textTable(HEADINGS, rows)}\n${said}`,
  );
}
