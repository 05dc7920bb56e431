/**
 * The labels of a folder.
 *
 * @module
 */

import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { asVfsError } from "../../vfs/copy/transfer.ts";
import type { DatastoreFile, ItemInfo, LabeledOptions } from "../datastore.ts";
import { LabelNotFound, LabelNotSaved } from "../errors.ts";
import { readLabelFile } from "../label_file.ts";
import { namesAll } from "../label_names.ts";
import { checkTag } from "../tag.ts";
import { type FolderStore, own } from "./folder_store.ts";
import type { Leaf } from "./index_file.ts";

/** A label and where it is; undefined when there is none. */
export async function findLabel(
  store: FolderStore,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<{ readonly leaf: Leaf; readonly at: Location } | undefined> {
  checkTag(tag, "find the label", store.root.href);
  const index = await store.read(options);
  const leaf = own(own(index.objects, id)?.labels ?? {}, tag);
  return leaf && { leaf, at: store.labelAt(index, id, tag, leaf) };
}

/** Ids of the images that have a label with `tag`, or of those that have none. */
export async function imagesWithLabel(
  store: FolderStore,
  isWanted: boolean,
  tag: string,
  { labels: names, ...options }: LabeledOptions,
): Promise<string[]> {
  checkTag(tag, "list the images", store.root.href);
  const { objects } = await store.read(options);
  return Object.entries(objects).flatMap(([id, { labels }]) => {
    const leaf = own(labels, tag);
    const isLabelled = leaf !== undefined && (!names || namesAll(leaf.info, names));
    return isLabelled === isWanted ? [id] : [];
  });
}

/** Stores a label in place of the one with that tag. @throws {ImageNotFound}, {@linkcode LabelNotSaved} */
export async function saveLabel(
  store: FolderStore,
  imageId: string,
  file: DatastoreFile,
  tag: string,
  info: ItemInfo,
  options: OpOptions,
): Promise<void> {
  const { vfs, root } = store;
  const op = "save the label";
  checkTag(tag, op, root.href);
  store.object(await store.read(options), imageId);
  const { bytes, extension: ext } = await readLabelFile(vfs, file, op, options);
  await store.change(options, async (index) => {
    const { labels } = store.object(index, imageId);
    const before = own(labels, tag);
    const leaf = { ext, info: { ...info, ts: store.now(), name: imageId + ext } };
    const at = store.labelAt(index, imageId, tag, leaf);
    try {
      await vfs.writeFile(at, bytes, options);
    } catch (error) {
      throw new LabelNotSaved(at.href, "file", asVfsError(error, op, at.href));
    }
    // Two files of one label would be taken for either.
    if (before && before.ext !== ext) {
      await store.drop(store.labelAt(index, imageId, tag, before));
    }
    labels[tag] = leaf;
  });
}

/** Removes a label; one that is not there is no error. */
export async function removeLabel(
  store: FolderStore,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<void> {
  checkTag(tag, "remove the label", store.root.href);
  await store.change(options, async (index) => {
    const labels = own(index.objects, id)?.labels;
    const leaf = labels && own(labels, tag);
    if (!leaf) return;
    await store.drop(store.labelAt(index, id, tag, leaf));
    delete labels[tag];
  });
}

/** Merges `info` into the facts about a label. @throws {LabelNotFound} */
export async function updateLabelInfo(
  store: FolderStore,
  id: string,
  tag: string,
  info: ItemInfo,
  options: OpOptions,
): Promise<void> {
  checkTag(tag, "update the label", store.root.href);
  await store.change(options, (index) => {
    const leaf = own(own(index.objects, id)?.labels ?? {}, tag);
    if (!leaf) throw new LabelNotFound(store.root.href, id, tag);
    leaf.info = { ...leaf.info, ...info };
    return Promise.resolve();
  });
}
