/**
 * The store as a whole: as one index, and as one ZIP.
 *
 * @module
 */

import type { ZipMember } from "../../serving/zip_stream.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { membersAt } from "../zip_members.ts";
import {
  type DatalistItem,
  type DatalistOptions,
  type DatastoreIndex,
  type IndexedItem,
  type ItemInfo,
  LabelTag,
} from "../datastore.ts";
import { extensionOf } from "../label_file.ts";
import { fileStem } from "./image.ts";
import type { IndexedImage } from "./image_index.ts";
import { cacheKey, type XnatImages } from "./images.ts";
import { labelKey, type XnatLabels } from "./labels.ts";
import type { XnatStore } from "./store.ts";
import { endingOf } from "./stored_label.ts";

/** What these are made of. */
export interface Dataset {
  /** The store. */
  readonly store: XnatStore;
  /** Its images. */
  readonly images: XnatImages;
  /** Its labels. */
  readonly labels: XnatLabels;
}

/** The images that have a final label, with it; nothing goes from the cache before all is there. */
export async function datalistOf(
  { store, images, labels }: Dataset,
  { local = true, ...options }: DatalistOptions,
): Promise<DatalistItem[]> {
  const list: DatalistItem[] = [];
  using held = new DisposableStack();
  for (const { image, labels: own } of (await store.index.all(options)).values()) {
    const label = own.get(LabelTag.FINAL);
    if (!label) continue;
    held.use(store.cache.hold(cacheKey(image)));
    held.use(store.cache.hold(labelKey(image, label)));
    list.push({
      image: local ? await images.path(image, options) : store.locate(image).href,
      label: local ? await labels.path(image, label, options) : labels.locate(image, label).href,
    });
  }
  return list;
}

/** How many records are read at the same time. */
const AT_ONCE = 16;

/** Images with their labels and all that is known of them; each record is read once a version. */
export async function objectsOf(
  { store, images, labels }: Dataset,
  options: OpOptions,
): Promise<DatastoreIndex["objects"]> {
  const all = [...(await store.index.all(options)).values()];
  const objects: [string, DatastoreIndex["objects"][string]][] = [];
  // One record that is damaged, or is away with the server, must not hide all others.
  const told = async (info: Promise<ItemInfo>): Promise<ItemInfo> => {
    try {
      return await info;
    } catch (error) {
      const isBearable = isVfsError(error) && error.kind !== "Aborted" &&
        (store.index.isOffline || ["Corrupt", "NotFound"].includes(error.kind));
      if (!isBearable) throw error;
      store.options.onWarning?.(error);
      return {};
    }
  };
  const objectOf = async ({ image, labels: own }: IndexedImage) => {
    const items: [string, IndexedItem][] = [];
    for (const [tag, label] of own) {
      const ext = label.stem === "" ? ".nii.gz" : endingOf(label);
      items.push([tag, { ext, info: await told(labels.info(image, label, options)) }]);
    }
    const info = await told(images.info(image, options));
    return { image: { ext: "", info }, labels: Object.fromEntries(items) };
  };
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    const made = await Promise.all(some.map(objectOf));
    some.forEach(({ image }, i) => objects.push([image.id, made[i]!]));
  }
  return Object.fromEntries(objects);
}

/** The members of a ZIP of `cases`, and of an index of all. */
export async function* datasetMembers(
  { store: { vfs }, images, labels }: Dataset,
  cases: readonly IndexedImage[],
  index: () => Promise<DatastoreIndex>,
  options: OpOptions,
): AsyncGenerator<ZipMember> {
  for (const { image, labels: own } of cases) {
    const place = await images.path(image, options);
    const isFolder = await vfs.isDirectory(place, options);
    const ending = isFolder ? "" : extensionOf(place);
    yield* membersAt(vfs, place, "image", fileStem(image) + ending, options);
    const path = await labels.path(image, own.get(LabelTag.FINAL)!, options);
    yield* membersAt(vfs, path, "label", path.slice(path.lastIndexOf("/") + 1), options);
  }
  yield { name: "metadata.json", content: { text: JSON.stringify(await index()) } };
}
