/**
 * The labels of an XNAT datastore.
 *
 * @module
 */

import { digester } from "../../vfs/bytes/digest.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { fetching } from "../cache/fetch_files.ts";
import type { DatastoreFile, ItemInfo } from "../datastore.ts";
import { readLabelFile, sniffedExtension } from "../label_file.ts";
import { fileStem, type XnatImage } from "./image.ts";
import type { XnatImages } from "./images.ts";
import { removeIfThere } from "../remove_if_there.ts";
import { storeLabel } from "./save_label.ts";
import { collectionOf, segmentationOf } from "./segmentation.ts";
import type { XnatStore } from "./store.ts";
import {
  endingOf,
  isOf,
  labelsIn,
  nextStem,
  stemsOf,
  type StoredFile,
  type StoredLabel,
} from "./stored_label.ts";

/** What we add to a record, apart from what others know. */
const OWN = "medvfs";

/** The labels of a store. */
export class XnatLabels {
  readonly #store: XnatStore;
  readonly #images: XnatImages;

  /** Those of `store`. */
  constructor(store: XnatStore, images: XnatImages) {
    this.#store = store;
    this.#images = images;
  }

  /** Where a label is. */
  locate(image: XnatImage, { data }: StoredLabel): Location {
    return this.#store.resource(image).join(...data.path.split("/"));
  }

  /** The path of a label here, fetched if need be, with the ending that its content has. */
  async path(image: XnatImage, label: StoredLabel, { signal }: OpOptions): Promise<string> {
    const { cache, vfs, options: { progress } } = this.#store;
    const { href: url } = this.locate(image, label);
    const { size, md5 } = label.data;
    const isLegacy = label.stem === "";
    const name = fileStem(image) + (isLegacy ? "" : endingOf(label));
    const folder = await cache.get(labelKey(image, label), {
      signal,
      filling: () => fetching(vfs, [{ name, url, size, md5 }], { progress }),
    });
    const path = `${folder}/${name}`;
    if (!isLegacy) return path;
    // MONAI Label called all files .nii.gz.
    const ending = await sniffedExtension(await vfs.readFile(path, { signal }));
    const named = `${path}${ending ?? ".bin"}`;
    if (!await vfs.exists(named)) await vfs.copy(path, named, { signal });
    return named;
  }

  /** The content of a label. */
  async read(image: XnatImage, label: StoredLabel, { signal }: OpOptions) {
    const { vfs } = this.#store;
    return (await vfs.open(this.locate(image, label), { signal })).readable;
  }

  /** What is known of a label. */
  async info(image: XnatImage, label: StoredLabel, options: OpOptions): Promise<ItemInfo> {
    if (!label.record) {
      const name = label.data.path;
      return { name, model: label.legacyModel, legacy: true };
    }
    const { records } = this.#store;
    const record = await records.read(this.#store.resource(image), label.record, options);
    const { [OWN]: _, ...info } = record;
    return info;
  }

  /** Stores a label; see {@linkcode storeLabel}. */
  async save(
    image: XnatImage,
    file: DatastoreFile,
    tag: string,
    info: ItemInfo,
    { signal }: OpOptions,
  ): Promise<void> {
    const { vfs, server, lock, options, index } = this.#store;
    const read = await readLabelFile(vfs, file, "save the label", { signal });
    const isMask = /^\.(seg\.)?nii(\.gz)?$/.test(read.extension);
    // Made before anything is stored: a mask that does not fit is refused.
    const bytes = isMask && options.segmentations !== false
      ? await this.#segmentation(image, read.bytes, info, { signal })
      : undefined;
    const resource = this.#store.resource(image);
    const waiter = { signal, op: "save the label", url: resource.href };
    await lock.run(image.id, waiter, async () => {
      const before = await this.#store.listNow(image, { signal });
      const stem = nextStem(stemsOf(before, tag));
      const at = bytes && collectionOf(server, image, tag, stem);
      const record = {
        ...info,
        ...await this.#facts(read.bytes, info),
        name: fileStem(image) + read.extension,
        [OWN]: { segmentation: at?.name },
      };
      const segmentation = at && bytes ? { at, bytes } : undefined;
      const label = { resource, tag, stem, file: read, record, segmentation };
      const files = await storeLabel(this.#parts(), label, { signal });
      const left = options.history ? files : await this.#tidy(image, label, files, { signal });
      index.update(image, left);
    });
  }

  /** Removes a label and what is kept of earlier ones with its tag. */
  async remove(image: XnatImage, tag: string, { signal }: OpOptions): Promise<void> {
    const { lock, vfs, index, cache, options } = this.#store;
    const resource = this.#store.resource(image);
    const waiter = { signal, op: "remove the label", url: resource.href };
    await lock.run(image.id, waiter, async () => {
      const files = await this.#store.list(resource, { signal }, true);
      const label = labelsIn(files, options.legacyTags).get(tag);
      if (!label) return index.update(image, files);
      await cache.forget(labelKey(image, label), { signal });
      if (label.stem === "") await removeIfThere(vfs, this.locate(image, label), { signal });
      for (const stem of stemsOf(files, tag)) {
        await this.#removeVersion(image, tag, stem, files, { signal });
      }
      index.update(image, await this.#store.list(resource, { signal }));
    });
  }

  /** Merges `info` into what is known of a label. */
  async updateInfo(
    image: XnatImage,
    { tag }: StoredLabel,
    info: ItemInfo,
    { signal }: OpOptions,
  ): Promise<boolean> {
    const { lock, records, index, options } = this.#store;
    const resource = this.#store.resource(image);
    const waiter = { signal, op: "update the label info", url: resource.href };
    return await lock.run(image.id, waiter, async () => {
      const files = await this.#store.listNow(image, { signal });
      const label = labelsIn(files, options.legacyTags).get(tag);
      if (!label) return false;
      if (!label.record) {
        const { href: url } = this.locate(image, label);
        const reason = "MONAI Label stored it without a record; save it again to give it one";
        throw new VfsError("NotSupported", { op: "update the label info", url, reason });
      }
      const before = await records.read(resource, label.record, { signal });
      const merged = { ...before, ...info, [OWN]: before[OWN] };
      const { path } = label.record;
      const file = await records.write(resource, path, merged, { signal });
      index.update(image, files.map((each) => each.path === path ? file : each));
      return true;
    });
  }

  /** The segmentation of a mask; none on a scan that has no DICOM files to refer to. */
  async #segmentation(
    image: XnatImage,
    mask: Uint8Array,
    info: ItemInfo,
    { signal }: OpOptions,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { vfs, options } = this.#store;
    const series = await this.#images.path(image, { signal });
    if (!await vfs.isDirectory(series, { signal })) return undefined;
    const { author = options.username } = options;
    return await segmentationOf(vfs, mask, series, info, { signal, author });
  }

  /** What is known of each label, whoever made it. */
  async #facts(bytes: Uint8Array, info: ItemInfo): Promise<ItemInfo> {
    const { clock, options } = this.#store;
    const digest = await digester(["md5", "sha256"]);
    digest!.update(bytes);
    const { author = options.username } = options;
    const now = clock.now();
    return {
      model: info.model ?? "NoModel",
      ts: Math.floor(now / 1000),
      time: new Date(now).toISOString(),
      ...author !== undefined && { author },
      size: bytes.length,
      digest: digest!.digests(),
    };
  }

  #parts() {
    const { vfs, records } = this.#store;
    const list = (resource: Location, options: OpOptions) => this.#store.list(resource, options);
    return { vfs, records, list };
  }

  /** Removes what is older than a label; what cannot be removed now is next time. */
  async #tidy(
    image: XnatImage,
    { tag, stem }: Pick<StoredLabel, "tag" | "stem">,
    files: readonly StoredFile[],
    options: OpOptions,
  ): Promise<readonly StoredFile[]> {
    const stems = stemsOf(files, tag);
    const older = stems.slice(0, stems.indexOf(stem));
    let left = files;
    for (const each of older) {
      try {
        await this.#removeVersion(image, tag, each, files, options);
        left = left.filter(({ path }) => !isOf(path, tag, each));
      } catch (error) {
        if (!isVfsError(error)) throw error;
        this.#store.options.onWarning?.(error);
      }
    }
    return left;
  }

  async #removeVersion(
    image: XnatImage,
    tag: string,
    stem: string,
    files: readonly StoredFile[],
    options: OpOptions,
  ): Promise<void> {
    const { vfs, server } = this.#store;
    const resource = this.#store.resource(image);
    const own = files.filter(({ path }) => isOf(path, tag, stem));
    // The record goes first: without it there is no label.
    own.sort((a) => a.path.endsWith(".info.json") ? -1 : 1);
    for (const { path } of own) {
      await removeIfThere(vfs, resource.join(...path.split("/")), options);
    }
    await removeIfThere(vfs, collectionOf(server, image, tag, stem), {
      ...options,
      recursive: true,
    });
  }
}

/** Where the cache keeps a label. */
export function labelKey({ project, experiment, scan }: XnatImage, { tag }: StoredLabel): string[] {
  return ["labels", project, experiment, scan, tag].map(encodeURIComponent);
}
