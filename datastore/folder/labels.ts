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
import type { FolderIndex, Leaf } from "./index_file.ts";

/** A label and where it is; undefined when there is none. */
export async function findLabel(
  store: FolderStore,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<{ readonly leaf: Leaf; readonly at: Location } | undefined> {
  const index = await store.read(options);
  const leaf = leafOf(store, index, id, tag, "find the label");
  return leaf && { leaf, at: store.labelAt(index, id, tag, leaf) };
}

/** What the index has of a label, by any tag that Python gave. @throws `InvalidArgument` for what we would give to none */
function leafOf(
  { root }: FolderStore,
  { objects }: FolderIndex,
  id: string,
  tag: string,
  op: string,
): Leaf | undefined {
  const leaf = own(own(objects, id)?.labels ?? {}, tag);
  if (!leaf) checkTag(tag, op, root.href);
  return leaf;
}

/** Ids of the images that have a label with `tag`, or of those that have none. */
export async function imagesWithLabel(
  store: FolderStore,
  isWanted: boolean,
  tag: string,
  { labels: names, ...options }: LabeledOptions,
): Promise<string[]> {
  const { objects } = await store.read(options);
  if (!Object.values(objects).some(({ labels }) => own(labels, tag))) {
    checkTag(tag, "list the images", store.root.href);
  }
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
  const { vfs } = store;
  const op = "save the label";
  const known = await store.read(options);
  store.object(known, imageId);
  leafOf(store, known, imageId, tag, op);
  const { bytes, extension: ext } = await readLabelFile(vfs, file, op, options);
  await store.changeLabel(imageId, tag, options, async (index) => {
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
    return labels[tag] = leaf;
  });
}

/** Removes a label; one that is not there is no error. */
export async function removeLabel(
  store: FolderStore,
  id: string,
  tag: string,
  options: OpOptions,
): Promise<void> {
  await store.change(options, async (index) => {
    const leaf = leafOf(store, index, id, tag, "remove the label");
    if (!leaf) return;
    await store.drop(store.labelAt(index, id, tag, leaf));
    delete index.objects[id]!.labels[tag];
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
  await store.changeLabel(id, tag, options, (index) => {
    const leaf = leafOf(store, index, id, tag, "update the label");
    if (!leaf) throw new LabelNotFound(store.root.href, id, tag);
    leaf.info = { ...leaf.info, ...info };
    return Promise.resolve(leaf);
  });
}
