/**
 * The images of an XNAT datastore: reading, adding, removing.
 *
 * @module
 */

import { zipOf } from "../../serving/zip_stream.ts";
import { isNotFound, isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { membersAt } from "../zip_members.ts";
import { fetching } from "../cache/fetch_files.ts";
import type {
  DatastoreFile,
  ImageVolume,
  ItemInfo,
  RemovedImage,
  RemoveImageOptions,
} from "../datastore.ts";
import { fileNameFor } from "../file_name.ts";
import { SegmentationError } from "../segmentation/errors.ts";
import { removeIfThere } from "../remove_if_there.ts";
import { imageVolume, volumeFilling } from "../volume/image_volume.ts";
import { imageFiles } from "./image_files.ts";
import { imageIdOf, infoOfImage, parseImageId, type XnatImage } from "./image.ts";
import { collectionsOf } from "./segmentation.ts";
import type { XnatStore } from "./store.ts";
import { isWholeImage, storeImage } from "./store_image.ts";
import { IMAGE_INFO } from "./stored_label.ts";

/** The images of a store. */
export class XnatImages {
  readonly #store: XnatStore;
  /** The listing in which each folder of the cache was last compared with the server. */
  readonly #compared = new Map<string, number>();

  /** Those of `store`. */
  constructor(store: XnatStore) {
    this.#store = store;
  }

  /** The path of an image here: on a mount, or in the cache, where it is fetched to if need be. */
  async path(image: XnatImage, { signal }: OpOptions): Promise<string> {
    const { assets, cache, vfs, index, options: { progress } } = this.#store;
    const mounted = await assets.folderOf(image, { signal });
    if (mounted !== undefined) return mounted;
    const { generation } = index;
    const folder = await cache.get(cacheKey(image), {
      signal,
      filling: async (options) => {
        return await fetching(vfs, await this.#files(image, options), { progress });
      },
      isTrusted: index.isOffline || this.#compared.get(image.id) === generation,
    });
    if (!index.isOffline) this.#compared.set(image.id, generation);
    return await onlyFile(vfs, folder, { signal }) ?? folder;
  }

  /** An image of several files as one volume; undefined where it is none. */
  async volume(image: XnatImage, { signal }: OpOptions): Promise<ImageVolume | undefined> {
    const { cache, vfs, options: { onWarning } } = this.#store;
    using _ = cache.hold(cacheKey(image));
    const folder = await this.path(image, { signal });
    if (await vfs.isFile(folder, { signal })) return undefined;
    const name = `${fileNameFor(image.id)}.nii.gz`;
    try {
      const content = await cache.get(volumeKey(image), {
        signal,
        filling: (options) => volumeFilling(vfs, folder, name, options),
      });
      return await imageVolume(vfs, content, { signal });
    } catch (error) {
      if (!(error instanceof SegmentationError)) throw error;
      onWarning?.(error);
      return undefined;
    }
  }

  /** The content of an image: its file, or a ZIP of its folder. */
  async read(image: XnatImage, { signal }: OpOptions): Promise<ReadableStream<Uint8Array>> {
    const { vfs } = this.#store;
    const path = await this.path(image, { signal });
    if (await vfs.isFile(path, { signal })) return (await vfs.open(path, { signal })).readable;
    return await zipOf(vfs, membersAt(vfs, path, image.experiment, image.scan, { signal }), {
      signal,
    });
  }

  /** What is known of an image. */
  async info(image: XnatImage, options: OpOptions): Promise<ItemInfo> {
    return { ...infoOfImage(image), ...await this.#added(image, options) };
  }

  /** Merges `info` into what is known. */
  async updateInfo(image: XnatImage, info: ItemInfo, options: OpOptions): Promise<void> {
    const { lock, index, records } = this.#store;
    const resource = this.#store.resource(image);
    const waiter = { ...options, op: "update the image info", url: resource.href };
    await lock.run(image.id, waiter, async () => {
      const files = await this.#store.listNow(image, options);
      const before = await this.#added({ ...image, files }, options);
      const file = await records.write(resource, IMAGE_INFO, { ...before, ...info }, options);
      index.update(image, [...files.filter(({ path }) => path !== IMAGE_INFO), file]);
    });
  }

  /** Adds an image, or a file to one, under an id of four parts. */
  async add(
    imageId: string | undefined,
    file: DatastoreFile,
    info: ItemInfo,
    { signal }: OpOptions,
  ): Promise<string> {
    const { vfs, index, projects, server } = this.#store;
    const refuse = (reason: string) =>
      new VfsError("InvalidArgument", { op: "add the image", url: server.href, reason });
    const parts = parseImageId(imageId ?? "");
    if (!parts) throw refuse("an XNAT needs an id such as PROJECT/SUBJECT/SESSION/SCAN");
    if (projects && !projects.includes(parts.project)) {
      throw refuse(`the project ${JSON.stringify(parts.project)} is none of the datastore`);
    }
    const scan = this.#store.locate(parts);
    await storeImage(vfs, scan, file, { signal });
    await index.refresh({ signal });
    const id = await this.#idOf(scan, { signal });
    const added = await this.#store.image(id, { signal });
    if (Object.keys(info).length > 0) await this.updateInfo(added.image, info, { signal });
    return id;
  }

  /** Removes an image with all that hangs on it; first into the trash of its project, unless told otherwise. */
  async remove(
    image: XnatImage,
    { dryRun = false, trash = true, signal }: RemoveImageOptions,
  ): Promise<RemovedImage> {
    const { vfs, cache, index, clock, server } = this.#store;
    const scan = this.#store.locate(image);
    const removed: string[] = [];
    for await (const { url } of vfs.entries(scan, { signal, includeDirs: false })) {
      removed.push(url);
    }
    if (dryRun) return { removed };
    const time = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const place = [".resources", "TRASH", image.experiment, `${image.scan}-${time}`];
    const kept = server.child(image.project).join(...place);
    if (removed.length > 0) await this.#mustGo(scan, { signal });
    // Nothing goes before all of it is there.
    if (trash) await vfs.copy(scan, kept, { signal });
    await vfs.remove(scan, { signal, recursive: true });
    for (const collection of collectionsOf(server, image)) {
      await removeIfThere(vfs, collection, { signal, recursive: true });
    }
    index.delete(image.id);
    for (const key of [cacheKey(image), volumeKey(image)]) await cache.forget(key, { signal });
    return trash ? { removed, trash: kept.href } : { removed };
  }

  /** Refuses a scan of a session that is only shared with the project, before anything is copied. */
  async #mustGo(scan: Location, options: OpOptions): Promise<void> {
    try {
      await this.#store.vfs.remove(scan, options);
    } catch (error) {
      if (!isVfsError(error) || error.kind !== "NotEmpty") throw error;
    }
  }

  async #files(image: XnatImage, options: OpOptions) {
    const { vfs } = this.#store;
    const scan = this.#store.locate(image);
    const files = await imageFiles(vfs, scan, options);
    if (files.length > 0) return files;
    throw new VfsError("NotFound", { op: "fetch", url: scan.href, reason: "it has no files" });
  }

  /** What was added to what XNAT tells. */
  async #added(image: XnatImage, options: OpOptions): Promise<ItemInfo> {
    const file = image.files.find(({ path }) => path === IMAGE_INFO);
    return file ? await this.#store.records.read(this.#store.resource(image), file, options) : {};
  }

  /** The id of a scan whose location may name it by labels. */
  async #idOf(scan: Location, options: OpOptions): Promise<string> {
    const { vfs, server } = this.#store;
    const [project, subject, experiment, name] = scan.segments.slice(server.segments.length);
    const session = await vfs.stat(scan.parent()!, options);
    const { ID, subject_ID } = session.attributes ?? {};
    return imageIdOf({
      project: project!,
      subject: String(subject_ID ?? subject),
      experiment: String(ID ?? experiment),
      scan: name!,
    });
  }
}

/** Where the cache keeps an image. */
export function cacheKey({ project, experiment, scan }: XnatImage): string[] {
  return ["images", project, experiment, scan].map(encodeURIComponent);
}

function volumeKey(image: XnatImage): string[] {
  return cacheKey(image).with(0, "volumes");
}

/** The one file of a folder, when that is a whole image. */
async function onlyFile(
  vfs: XnatStore["vfs"],
  folder: string,
  options: OpOptions,
): Promise<string | undefined> {
  let only: string | undefined;
  try {
    for await (const { name } of vfs.readDir(folder, options)) {
      if (only !== undefined || !isWholeImage(name)) return undefined;
      only = name;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return only === undefined ? undefined : `${folder}/${only}`;
}
