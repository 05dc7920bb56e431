/**
 * A datastore on an XNAT.
 *
 * @module
 */

import { zipOf } from "../../serving/zip_stream.ts";
import { DISPLAY, media } from "../../vfs/notebook.ts";
import type { OpOptions } from "../../vfs/options.ts";
import {
  type DatalistItem,
  type DatalistOptions,
  type Datastore,
  type DatastoreFile,
  type DatastoreIndex,
  type DatastoreStatus,
  type ImageVolume,
  type ItemInfo,
  type LabeledOptions,
  LabelTag,
  type LabelTagName,
  type RemovedImage,
  type RemoveImageOptions,
} from "../datastore.ts";
import { LabelNotFound } from "../errors.ts";
import { statusOf } from "../status.ts";
import { checkTag } from "../tag.ts";
import { datalistOf, type Dataset, datasetMembers, objectsOf } from "./dataset.ts";
import {
  findLabel,
  imagesWithLabel,
  type LabelVersion,
  needLabel,
  versionsWithTag,
} from "./find_labels.ts";
import type { IndexedImage } from "./image_index.ts";
import { XnatImages } from "./images.ts";
import { XnatLabels } from "./labels.ts";
import type { XnatDatastoreOptions } from "./options.ts";
import { DatastoreSettings } from "./settings.ts";
import { cacheRoot, XnatStore } from "./store.ts";

interface Parts extends Dataset {
  readonly settings: DatastoreSettings;
}

/**
 * Scans of an XNAT as images, with labels in their resource `AI`. Image ids are `PROJECT/SUBJECT/SESSION/SCAN` with
 * accession ids, as in MONAI Label; labels in their place, or a SeriesInstanceUID, mean the same scan.
 *
 * Nothing is asked before the first call. While the server is away, what was last seen can be read.
 *
 * @example
 * ```ts ignore
 * await using store = new XnatDatastore({ apiUrl: "xnat://xnat.example.org/BRAIN" });
 * const [id] = await store.getUnlabeledImages();
 * await store.saveLabel(id, "/data/mask.nii.gz", "final", { label_info: [{ name: "liver", idx: 6 }] });
 * ```
 */
export class XnatDatastore implements Datastore {
  readonly #options: XnatDatastoreOptions;
  #opening: Promise<Parts> | undefined;

  /** Connects to nothing yet. */
  constructor(options: XnatDatastoreOptions) {
    this.#options = options;
  }

  /** What a notebook shows: how much is annotated, and the images with the tags of their labels. */
  [DISPLAY](): Promise<Record<string, string>> {
    return media(({ displayDatastore }) => displayDatastore(this));
  }

  /** Name of the store. */
  async name(): Promise<string> {
    return await (await this.#parts()).settings.get("name") ?? "XNAT Datastore";
  }

  /** Renames the store. */
  async setName(name: string): Promise<void> {
    await (await this.#parts()).settings.set("name", name);
  }

  /** Description of the store. */
  async description(): Promise<string> {
    return await (await this.#parts()).settings.get("description") ?? "XNAT Datastore";
  }

  /** Describes the store. */
  async setDescription(description: string): Promise<void> {
    await (await this.#parts()).settings.set("description", description);
  }

  /** The images that have a final label, with it. */
  async datalist(options: DatalistOptions = {}): Promise<DatalistItem[]> {
    return await datalistOf(await this.#parts(), options);
  }

  /** Ids of all images. */
  async listImages(options: OpOptions = {}): Promise<string[]> {
    return [...(await this.#all(options)).keys()];
  }

  /** Ids of the images that have a label with `tag`. */
  async getLabeledImages(
    tag: LabelTagName = LabelTag.FINAL,
    options: LabeledOptions = {},
  ): Promise<string[]> {
    return await imagesWithLabel(await this.#parts(), true, tag, options);
  }

  /** Ids of the images that have none. */
  async getUnlabeledImages(
    tag: LabelTagName = LabelTag.FINAL,
    options: LabeledOptions = {},
  ): Promise<string[]> {
    return await imagesWithLabel(await this.#parts(), false, tag, options);
  }

  /** The content of an image. @throws {ImageNotFound} */
  async getImage(imageId: string, options: OpOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { store, images } = await this.#parts();
    return await images.read((await store.image(imageId, options)).image, options);
  }

  /** The path of an image here; `""` for an unknown one. */
  async getImageUri(imageId: string, options: OpOptions = {}): Promise<string> {
    const { store, images } = await this.#parts();
    const found = await store.index.find(imageId, options);
    return found ? await images.path(found.image, options) : "";
  }

  /** An image as one NIfTI volume, in the cache. */
  async getImageVolume(
    imageId: string,
    options: OpOptions = {},
  ): Promise<ImageVolume | undefined> {
    const { store, images } = await this.#parts();
    const found = await store.index.find(imageId, options);
    return found && await images.volume(found.image, options);
  }

  /** Facts about an image; `{}` for an unknown one. */
  async getImageInfo(imageId: string, options: OpOptions = {}): Promise<ItemInfo> {
    const { store, images } = await this.#parts();
    const found = await store.index.find(imageId, options);
    return found ? await images.info(found.image, options) : {};
  }

  /**
   * Adds files to a scan, which is made if need be, with session and subject: a file, a folder or a ZIP of DICOM
   * files, or a NIfTI. The parts of the id may be labels; the id that comes back has accession ids.
   */
  async addImage(
    imageId: string | undefined,
    file: DatastoreFile,
    info: ItemInfo = {},
    options: OpOptions = {},
  ): Promise<string> {
    return await (await this.#parts()).images.add(imageId, file, info, options);
  }

  /** Removes an image and its labels. @throws {ImageNotFound} */
  async removeImage(imageId: string, options: RemoveImageOptions = {}): Promise<RemovedImage> {
    const { store, images } = await this.#parts();
    return await images.remove((await store.image(imageId, options)).image, options);
  }

  /** Merges `info` into the facts about an image. @throws {ImageNotFound} */
  async updateImageInfo(imageId: string, info: ItemInfo, options: OpOptions = {}): Promise<void> {
    const { store, images } = await this.#parts();
    await images.updateInfo((await store.image(imageId, options)).image, info, options);
  }

  /** Label ids of an image by tag. */
  async getLabelsByImageId(
    imageId: string,
    options: OpOptions = {},
  ): Promise<Record<string, string>> {
    const { store } = await this.#parts();
    const found = await store.index.find(imageId, options);
    return Object.fromEntries([...found?.labels.keys() ?? []].map((tag) => [tag, found!.image.id]));
  }

  /** The label id of an image for a tag; `""` when there is none. */
  async getLabelByImageId(
    imageId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<string> {
    const [image] = await findLabel(await this.#parts(), imageId, tag, options) ?? [];
    return image?.id ?? "";
  }

  /** The content of a label. @throws {LabelNotFound} */
  async getLabel(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const parts = await this.#parts();
    return await parts.labels.read(...await needLabel(parts, labelId, tag, options), options);
  }

  /** The path of a label here; `""` when there is none. */
  async getLabelUri(labelId: string, tag: LabelTagName, options: OpOptions = {}): Promise<string> {
    const parts = await this.#parts();
    const found = await findLabel(parts, labelId, tag, options);
    return found ? await parts.labels.path(...found, options) : "";
  }

  /** Facts about a label; `{}` when there is none. */
  async getLabelInfo(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<ItemInfo> {
    const parts = await this.#parts();
    const found = await findLabel(parts, labelId, tag, options);
    return found ? await parts.labels.info(...found, options) : {};
  }

  /** Stores a label in place of the one with that tag. @throws {ImageNotFound}, {@linkcode LabelNotSaved} */
  async saveLabel(
    imageId: string,
    file: DatastoreFile,
    tag: LabelTagName,
    info: ItemInfo = {},
    options: OpOptions = {},
  ): Promise<string> {
    const { store, labels } = await this.#parts();
    checkTag(tag, "save the label", store.server.href);
    const { image } = await store.image(imageId, options);
    await labels.save(image, file, tag, info, options);
    return image.id;
  }

  /** Removes a label; one that is not there is no error. */
  async removeLabel(labelId: string, tag: LabelTagName, options: OpOptions = {}): Promise<void> {
    const { store, labels } = await this.#parts();
    checkTag(tag, "remove the label", store.server.href);
    const found = await store.index.find(labelId, options);
    if (found) await labels.remove(found.image, tag, options);
  }

  /** Merges `info` into the facts about a label. @throws {LabelNotFound} */
  async updateLabelInfo(
    labelId: string,
    tag: LabelTagName,
    info: ItemInfo,
    options: OpOptions = {},
  ): Promise<void> {
    const parts = await this.#parts();
    const { store, labels } = parts;
    const [image, label] = await needLabel(parts, labelId, tag, options);
    if (await labels.updateInfo(image, label, info, options)) return;
    throw new LabelNotFound(store.server.href, labelId, tag);
  }

  /** The labels with a tag that are kept, the present one first; see `history` of {@linkcode XnatDatastoreOptions}. */
  async labelHistory(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<LabelVersion[]> {
    return await versionsWithTag(await this.#parts(), labelId, tag, options);
  }

  /** Looks again at what is stored. */
  async refresh(options: OpOptions = {}): Promise<void> {
    await (await this.#parts()).store.index.refresh(options);
  }

  /** A ZIP of labelled images, made as it is read. */
  async getDatasetArchive(
    limit = 0,
    options: OpOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const parts = await this.#parts();
    const { vfs, index } = parts.store;
    const labelled = [...(await index.all(options)).values()]
      .filter(({ labels }) => labels.has(LabelTag.FINAL));
    const cases = limit >= 1 && limit < labelled.length ? labelled.slice(0, limit) : labelled;
    const json = () => this.json(options);
    return await zipOf(vfs, datasetMembers(parts, cases, json, options), options);
  }

  /** How much is annotated. */
  async status(options: OpOptions = {}): Promise<DatastoreStatus> {
    const all = await this.#all(options);
    return statusOf([...all.values()].map(({ labels }) => labels.keys()));
  }

  /** The index; what labels say of themselves is read once, a request each. */
  async json(options: OpOptions = {}): Promise<DatastoreIndex> {
    return {
      name: await this.name(),
      description: await this.description(),
      images_dir: ".",
      labels_dir: "labels",
      objects: await objectsOf(await this.#parts(), options),
    };
  }

  /** Keeps the list of images on the disk, logs out and closes what is its own. May be called again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    // Who called has had the error of opening.
    const parts = await opening?.catch(() => undefined);
    await parts?.store[Symbol.asyncDispose]();
  }

  #parts(): Promise<Parts> {
    return this.#opening ??= open(this.#options);
  }

  async #all(options: OpOptions): Promise<ReadonlyMap<string, IndexedImage>> {
    return await (await this.#parts()).store.index.all(options);
  }
}

async function open(options: XnatDatastoreOptions): Promise<Parts> {
  const store = new XnatStore(options, await cacheRoot(options));
  await store.introduce();
  const images = new XnatImages(store);
  return {
    store,
    images,
    labels: new XnatLabels(store, images),
    settings: new DatastoreSettings(store),
  };
}
