/**
 * Adding and removing the images of a folder.
 *
 * @module
 */

import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { DatastoreFile, ItemInfo, RemovedImage, RemoveImageOptions } from "../datastore.ts";
import { checkedExtension, extensionOf } from "../label_file.ts";
import { type FolderStore, own } from "./folder_store.ts";
import { type FolderIndex, isImageId } from "./index_file.ts";
import { fileIn } from "./reconcile.ts";

const TRASH = ".trash";

/** Adds an image, or replaces it and keeps its labels; gives its id. */
export async function addImage(
  store: FolderStore,
  imageId: string | undefined,
  file: DatastoreFile,
  info: ItemInfo,
  options: OpOptions,
): Promise<string> {
  const { vfs, extensions } = store;
  const isBytes = typeof file === "object" && "bytes" in file;
  const name = isBytes ? "" : parseLocation(file).location.name;
  const ext = isBytes
    ? checkedExtension(file.extension, "add the image")
    : fileIn(name, extensions)?.ext ?? extensionOf(name);
  const id = imageId || name.slice(0, name.length - ext.length);
  if (!isImageId(id) || id.includes("/")) {
    throw store.refuse("add the image", `${JSON.stringify(id)} cannot be the id of an image`);
  }
  const size = isBytes ? file.bytes.length : (await vfs.stat(file, options)).size;
  if (size === 0) throw store.refuse("add the image", "the file is empty");
  await store.change(options, async (index) => {
    const before = own(index.objects, id);
    const to = store.imageAt(index, id, { ext, info });
    if (isBytes) await vfs.writeFile(to, file.bytes, options);
    else if (parseLocation(file).location.href !== to.href) {
      await vfs.copy(file, to, { ...options, existing: "replace" });
    }
    if (before && before.image.ext !== ext) {
      await store.drop(store.imageAt(index, id, before.image));
    }
    const image = { ext, info: { ...info, ts: store.now(), name: name || id + ext } };
    index.objects[id] = { image, labels: before?.labels ?? {} };
  });
  return id;
}

/** Removes an image and its labels, into the trash unless told otherwise. @throws {ImageNotFound} */
export async function removeImage(
  store: FolderStore,
  imageId: string,
  { dryRun = false, trash = true, ...options }: RemoveImageOptions,
): Promise<RemovedImage> {
  if (dryRun) {
    const index = await store.read(options);
    return { removed: filesOf(store, index, imageId).map(({ href }) => href) };
  }
  return await store.change(options, async (index) => {
    const files: Location[] = [];
    for (const file of filesOf(store, index, imageId)) {
      // Somebody removed it, or an earlier try; where its folder is gone too, it may come back with that.
      if (await store.vfs.exists(file, options)) files.push(file);
      else await store.vfs.stat(file.parent()!, options);
    }
    const time = new Date(store.clock.now()).toISOString().replaceAll(/[-:.]/g, "");
    const bin = store.root.join(TRASH, time);
    for (const file of files) {
      const below = file.segments.slice(store.root.segments.length);
      if (trash) await store.vfs.copy(file, bin.join(...below), options);
      await store.drop(file);
    }
    delete index.objects[imageId];
    return { removed: files.map(({ href }) => href), ...trash && { trash: bin.href } };
  });
}

function filesOf(store: FolderStore, index: FolderIndex, imageId: string): Location[] {
  const { image, labels } = store.object(index, imageId);
  const drawn = Object.entries(labels).map(([tag, leaf]) =>
    store.labelAt(index, imageId, tag, leaf)
  );
  return [store.imageAt(index, imageId, image), ...drawn];
}
