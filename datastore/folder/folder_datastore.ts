/**
 * A datastore in a folder.
 *
 * @module
 */

import { type ZipMember, zipOf } from "../../serving/zip_stream.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import { DISPLAY, media } from "../../vfs/notebook.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { type Clock, systemClock } from "../../vfs/concurrency/clock.ts";
import { membersAt } from "../zip_members.ts";
import {
  type DatalistItem,
  type DatalistOptions,
  type Datastore,
  type DatastoreFile,
  type DatastoreIndex,
  type DatastoreStatus,
  type ItemInfo,
  type LabeledOptions,
  LabelTag,
  type LabelTagName,
  type RemovedImage,
  type RemoveImageOptions,
} from "../datastore.ts";
import { LabelNotFound } from "../errors.ts";
import { localPath } from "../local_path.ts";
import { statusOf } from "../status.ts";
import { FolderStore, own } from "./folder_store.ts";
import { addImage, removeImage } from "./images.ts";
import { findLabel, imagesWithLabel, removeLabel, saveLabel, updateLabelInfo } from "./labels.ts";

/** Options of {@linkcode FolderDatastore}. */
export interface FolderDatastoreOptions {
  /** Endings of files that are images or labels. @default {those of MONAI Label's server, and .mha} */
  readonly extensions?: readonly string[];
  /** The filesystem to use, which is not closed with the store. */
  readonly vfs?: Vfs;
  /** Time. */
  readonly clock?: Clock;
}

const EXTENSIONS = [".nii.gz", ".nii", ".nrrd", ".mha", ".jpg", ".png", ".tif", ".svs", ".xml"];

/**
 * Images in a folder of any transport, with labels in `labels/TAG/`, in the layout of MONAI Label's LocalDatastore. On the
 * disk a Python server and this can share the folder: both lock `.lock`, and write `datastore_v2.json` in place.
 *
 * @example
 * ```ts
 * import { FolderDatastore } from "./folder_datastore.ts";
 * import { strict as assert } from "node:assert";
 *
 * const store = new FolderDatastore("memory:///study");
 * await store.addImage("ct1", { bytes: new Uint8Array(8), extension: ".png" });
 * assert.deepEqual(await store.status(), { total: 1, completed: 0, label_tags: {} });
 * ```
 */
export class FolderDatastore implements Datastore {
  readonly #store: FolderStore;
  readonly #isOwn: boolean;

  /** Looks at nothing yet. @throws `InvalidUrl` */
  constructor(folder: string | URL, options: FolderDatastoreOptions = {}) {
    const { vfs = createVfs(), extensions = EXTENSIONS, clock = systemClock } = options;
    this.#isOwn = options.vfs === undefined;
    this.#store = new FolderStore(vfs, parseLocation(folder).location, extensions, clock);
  }

  /** What a notebook shows: how much is annotated, and the images with the tags of their labels. */
  [DISPLAY](): Promise<Record<string, string>> {
    return media(({ displayDatastore }) => displayDatastore(this));
  }

  /** Name of the store. */
  async name(): Promise<string> {
    return (await this.#store.read({})).name;
  }

  /** Renames the store. */
  async setName(name: string): Promise<void> {
    await this.#store.change({}, (index) => Promise.resolve(void (index.name = name)));
  }

  /** Description of the store. */
  async description(): Promise<string> {
    return (await this.#store.read({})).description;
  }

  /** Describes the store. */
  async setDescription(description: string): Promise<void> {
    await this.#store.change(
      {},
      (index) => Promise.resolve(void (index.description = description)),
    );
  }

  /** The images that have a final label, with it. */
  async datalist({ local = true, ...options }: DatalistOptions = {}): Promise<DatalistItem[]> {
    const index = await this.#store.read(options);
    const place = (at: Location) => local ? localPath(at) : at.href;
    return Object.entries(index.objects).flatMap(([id, { image, labels }]) => {
      const label = labels[LabelTag.FINAL];
      if (!label) return [];
      return {
        image: place(this.#store.imageAt(index, id, image)),
        label: place(this.#store.labelAt(index, id, LabelTag.FINAL, label)),
      };
    });
  }

  /** Ids of all images. */
  async listImages(options: OpOptions = {}): Promise<string[]> {
    return Object.keys((await this.#store.read(options)).objects);
  }

  /** Ids of the images that have a label with `tag`. */
  async getLabeledImages(
    tag: LabelTagName = LabelTag.FINAL,
    options: LabeledOptions = {},
  ): Promise<string[]> {
    return await imagesWithLabel(this.#store, true, tag, options);
  }

  /** Ids of the images that have none. */
  async getUnlabeledImages(
    tag: LabelTagName = LabelTag.FINAL,
    options: LabeledOptions = {},
  ): Promise<string[]> {
    return await imagesWithLabel(this.#store, false, tag, options);
  }

  /** The content of an image. @throws {ImageNotFound} */
  async getImage(imageId: string, options: OpOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const index = await this.#store.read(options);
    const { image } = this.#store.object(index, imageId);
    return (await this.#store.vfs.open(this.#store.imageAt(index, imageId, image), options))
      .readable;
  }

  /** The path of an image here; `""` for an unknown one. */
  async getImageUri(imageId: string, options: OpOptions = {}): Promise<string> {
    const index = await this.#store.read(options);
    const object = own(index.objects, imageId);
    return object ? localPath(this.#store.imageAt(index, imageId, object.image)) : "";
  }

  /** Facts about an image; `{}` for an unknown one. */
  async getImageInfo(imageId: string, options: OpOptions = {}): Promise<ItemInfo> {
    const index = await this.#store.read(options);
    const object = own(index.objects, imageId);
    if (!object) return {};
    const path = localPath(this.#store.imageAt(index, imageId, object.image));
    return { ...structuredClone(object.image.info), path };
  }

  /** Adds an image, or replaces it and keeps its labels. @returns its id */
  async addImage(
    imageId: string | undefined,
    file: DatastoreFile,
    info: ItemInfo = {},
    options: OpOptions = {},
  ): Promise<string> {
    return await addImage(this.#store, imageId, file, info, options);
  }

  /** Removes an image and its labels. @throws {ImageNotFound} */
  async removeImage(imageId: string, options: RemoveImageOptions = {}): Promise<RemovedImage> {
    return await removeImage(this.#store, imageId, options);
  }

  /** Merges `info` into the facts about an image. @throws {ImageNotFound} */
  async updateImageInfo(imageId: string, info: ItemInfo, options: OpOptions = {}): Promise<void> {
    await this.#store.change(options, (index) => {
      const { image } = this.#store.object(index, imageId);
      image.info = { ...image.info, ...info };
      return Promise.resolve();
    });
  }

  /** Label ids of an image by tag. */
  async getLabelsByImageId(
    imageId: string,
    options: OpOptions = {},
  ): Promise<Record<string, string>> {
    const object = own((await this.#store.read(options)).objects, imageId);
    return Object.fromEntries(Object.keys(object?.labels ?? {}).map((tag) => [tag, imageId]));
  }

  /** The label id of an image for a tag; `""` when there is none. */
  async getLabelByImageId(
    imageId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<string> {
    return await findLabel(this.#store, imageId, tag, options) ? imageId : "";
  }

  /** The content of a label. @throws {LabelNotFound} */
  async getLabel(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const found = await findLabel(this.#store, labelId, tag, options);
    if (!found) throw new LabelNotFound(this.#store.root.href, labelId, tag);
    return (await this.#store.vfs.open(found.at, options)).readable;
  }

  /** The path of a label here; `""` when there is none. */
  async getLabelUri(labelId: string, tag: LabelTagName, options: OpOptions = {}): Promise<string> {
    const found = await findLabel(this.#store, labelId, tag, options);
    return found ? localPath(found.at) : "";
  }

  /** Facts about a label; `{}` when there is none. */
  async getLabelInfo(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<ItemInfo> {
    return structuredClone((await findLabel(this.#store, labelId, tag, options))?.leaf.info ?? {});
  }

  /** Stores a label in place of the one with that tag. @throws {ImageNotFound}, {@linkcode LabelNotSaved} */
  async saveLabel(
    imageId: string,
    file: DatastoreFile,
    tag: LabelTagName,
    info: ItemInfo = {},
    options: OpOptions = {},
  ): Promise<string> {
    await saveLabel(this.#store, imageId, file, tag, info, options);
    return imageId;
  }

  /** Removes a label; one that is not there is no error. */
  async removeLabel(labelId: string, tag: LabelTagName, options: OpOptions = {}): Promise<void> {
    await removeLabel(this.#store, labelId, tag, options);
  }

  /** Merges `info` into the facts about a label. @throws {LabelNotFound} */
  async updateLabelInfo(
    labelId: string,
    tag: LabelTagName,
    info: ItemInfo,
    options: OpOptions = {},
  ): Promise<void> {
    await updateLabelInfo(this.#store, labelId, tag, info, options);
  }

  /** Looks which files are there: new ones are taken in, what has no file any more is dropped. */
  async refresh(options: OpOptions = {}): Promise<void> {
    await this.#store.refresh(options);
  }

  /** A ZIP of labelled images, made as it is read. */
  async getDatasetArchive(
    limit = 0,
    options: OpOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const all = await this.datalist({ ...options, local: false });
    const cases = limit >= 1 && limit < all.length ? all.slice(0, limit) : all;
    const vfs = this.#store.vfs;
    const text = JSON.stringify(await this.json(options));
    async function* members(): AsyncGenerator<ZipMember> {
      for (const { image, label } of cases) {
        yield* membersAt(vfs, image, "image", parseLocation(image).location.name, options);
        yield* membersAt(vfs, label, "label", parseLocation(label).location.name, options);
      }
      yield { name: "metadata.json", content: { text } };
    }
    return await zipOf(vfs, members(), options);
  }

  /** How much is annotated. */
  async status(options: OpOptions = {}): Promise<DatastoreStatus> {
    const { objects } = await this.#store.read(options);
    return statusOf(Object.values(objects).map(({ labels }) => Object.keys(labels)));
  }

  /** The whole index. */
  async json(options: OpOptions = {}): Promise<DatastoreIndex> {
    return structuredClone(await this.#store.read(options));
  }

  /** Closes what is its own. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOwn) await this.#store.vfs.close();
  }
}
