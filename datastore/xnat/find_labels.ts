/**
 * Labels by image and tag.
 *
 * @module
 */

import type { OpOptions } from "../../vfs/options.ts";
import type { ItemInfo, LabeledOptions } from "../datastore.ts";
import { LabelNotFound } from "../errors.ts";
import { namesAll } from "../label_names.ts";
import { checkTag } from "../tag.ts";
import type { Dataset } from "./dataset.ts";
import type { XnatImage } from "./image.ts";
import { type StoredLabel, versionsOf } from "./stored_label.ts";

/** An earlier label, by `labelHistory()`. */
export interface LabelVersion {
  /** Its name; greater ones are later. */
  readonly version: string;
  /** Where it is. */
  readonly url: string;
  /** What is known of it. */
  readonly info: ItemInfo;
}

/** The label of an image with a tag; undefined when there is none. */
export async function findLabel(
  { store }: Dataset,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<[XnatImage, StoredLabel] | undefined> {
  checkTag(tag, "find the label", store.server.href);
  const found = await store.index.find(id, options);
  const label = found?.labels.get(tag);
  return found && label ? [found.image, label] : undefined;
}

/** The label of an image with a tag. @throws {LabelNotFound} */
export async function needLabel(
  dataset: Dataset,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<[XnatImage, StoredLabel]> {
  const found = await findLabel(dataset, id, tag, options);
  if (found) return found;
  throw new LabelNotFound(dataset.store.server.href, id, tag);
}

/** Ids of the images that have a label with `tag`, or of those that have none. */
export async function imagesWithLabel(
  { store, labels }: Dataset,
  isWanted: boolean,
  tag: string,
  { labels: names, ...options }: LabeledOptions,
): Promise<string[]> {
  checkTag(tag, "list the images", store.server.href);
  const ids: string[] = [];
  for (const { image, labels: own } of (await store.index.all(options)).values()) {
    const label = own.get(tag);
    const isLabelled = label !== undefined &&
      (!names || namesAll(await labels.info(image, label, options), names));
    if (isLabelled === isWanted) ids.push(image.id);
  }
  return ids;
}

/** The labels with a tag that are kept, the present one first. */
export async function versionsWithTag(
  { store, labels }: Dataset,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<LabelVersion[]> {
  const found = await store.index.find(id, options);
  if (!found) return [];
  return await Promise.all(
    versionsOf(found.image.files, tag).map(async (label) => ({
      version: label.stem,
      url: labels.locate(found.image, label).href,
      info: await labels.info(found.image, label, options),
    })),
  );
}
