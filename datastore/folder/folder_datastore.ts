/**
 * A datastore in a folder.
 *
 * @module
 */

import { createVfs } from "../../vfs/default.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { type Clock, systemClock } from "../../vfs/clock.ts";
import { asVfsError } from "../../vfs/transfer.ts";
import { type ArchiveMember, membersAt, zipOf } from "../archive.ts";
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
import { ImageNotFound, LabelNotFound, LabelNotSaved } from "../errors.ts";
import { checkedExtension, extensionOf, readLabelFile } from "../label_file.ts";
import { namesAll } from "../label_names.ts";
import { localPath } from "../local_path.ts";
import { statusOf } from "../status.ts";
import { checkTag } from "../tag.ts";
import { type FolderIndex, type IndexObject, isImageId, type Leaf, namesOf } from "./index_file.ts";
import { fileIn, reconcile } from "./reconcile.ts";
import { SharedIndex } from "./shared_index.ts";

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
const TRASH = ".trash";

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
  readonly #root: Location;
  readonly #vfs: Vfs;
  readonly #isOwn: boolean;
  readonly #clock: Clock;
  readonly #extensions: readonly string[];
  readonly #index: SharedIndex;
  #opening: Promise<void> | undefined;

  /** Looks at nothing yet. @throws `InvalidUrl` */
  constructor(folder: string | URL, options: FolderDatastoreOptions = {}) {
    this.#root = parseLocation(folder).location;
    this.#isOwn = options.vfs === undefined;
    this.#vfs = options.vfs ?? createVfs();
    this.#clock = options.clock ?? systemClock;
    this.#extensions = options.extensions ?? EXTENSIONS;
    this.#index = new SharedIndex(this.#vfs, this.#root);
  }

  /** Name of the store. */
  async name(): Promise<string> {
    return (await this.#read({})).name;
  }

  /** Renames the store. */
  async setName(name: string): Promise<void> {
    await this.#change({}, (index) => Promise.resolve(void (index.name = name)));
  }

  /** Description of the store. */
  async description(): Promise<string> {
    return (await this.#read({})).description;
  }

  /** Describes the store. */
  async setDescription(description: string): Promise<void> {
    await this.#change({}, (index) => Promise.resolve(void (index.description = description)));
  }

  /** The images that have a final label, with it. */
  async datalist({ local = true, ...options }: DatalistOptions = {}): Promise<DatalistItem[]> {
    const index = await this.#read(options);
    const place = (at: Location) => local ? localPath(at) : at.href;
    return Object.entries(index.objects).flatMap(([id, { image, labels }]) => {
      const label = labels[LabelTag.FINAL];
      if (!label) return [];
      return {
        image: place(this.#imageAt(index, id, image)),
        label: place(this.#labelAt(index, id, LabelTag.FINAL, label)),
      };
    });
  }

  /** Ids of all images. */
  async listImages(options: OpOptions = {}): Promise<string[]> {
    return Object.keys((await this.#read(options)).objects);
  }

  /** Ids of the images that have a label with `tag`. */
  async getLabeledImages(
    tag: LabelTagName = LabelTag.FINAL,
    options: LabeledOptions = {},
  ): Promise<string[]> {
    return await this.#withLabel(true, tag, options);
  }

  /** Ids of the images that have none. */
  async getUnlabeledImages(
    tag: LabelTagName = LabelTag.FINAL,
    options: LabeledOptions = {},
  ): Promise<string[]> {
    return await this.#withLabel(false, tag, options);
  }

  /** The content of an image. @throws {ImageNotFound} */
  async getImage(imageId: string, options: OpOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const index = await this.#read(options);
    const { image } = this.#object(index, imageId);
    return (await this.#vfs.open(this.#imageAt(index, imageId, image), options)).readable;
  }

  /** The path of an image here; `""` for an unknown one. */
  async getImageUri(imageId: string, options: OpOptions = {}): Promise<string> {
    const index = await this.#read(options);
    const object = own(index.objects, imageId);
    return object ? localPath(this.#imageAt(index, imageId, object.image)) : "";
  }

  /** Facts about an image; `{}` for an unknown one. */
  async getImageInfo(imageId: string, options: OpOptions = {}): Promise<ItemInfo> {
    const index = await this.#read(options);
    const object = own(index.objects, imageId);
    if (!object) return {};
    const path = localPath(this.#imageAt(index, imageId, object.image));
    return { ...structuredClone(object.image.info), path };
  }

  /** Adds an image, or replaces it and keeps its labels. @returns its id */
  async addImage(
    imageId: string | undefined,
    file: DatastoreFile,
    info: ItemInfo = {},
    options: OpOptions = {},
  ): Promise<string> {
    const isBytes = typeof file === "object" && "bytes" in file;
    const name = isBytes ? "" : parseLocation(file).location.name;
    const ext = isBytes
      ? checkedExtension(file.extension, "add the image")
      : fileIn(name, this.#extensions)?.ext ?? extensionOf(name);
    const id = imageId || name.slice(0, name.length - ext.length);
    if (!isImageId(id) || id.includes("/")) {
      throw this.#refuse("add the image", `${JSON.stringify(id)} cannot be the id of an image`);
    }
    const size = isBytes ? file.bytes.length : (await this.#vfs.stat(file, options)).size;
    if (size === 0) throw this.#refuse("add the image", "the file is empty");
    await this.#change(options, async (index) => {
      const before = own(index.objects, id);
      const to = this.#imageAt(index, id, { ext, info });
      if (isBytes) await this.#vfs.writeFile(to, file.bytes, options);
      else if (parseLocation(file).location.href !== to.href) {
        await this.#vfs.copy(file, to, { ...options, existing: "replace" });
      }
      if (before && before.image.ext !== ext) {
        await this.#drop(this.#imageAt(index, id, before.image));
      }
      const image = { ext, info: { ...info, ts: this.#now(), name: name || id + ext } };
      index.objects[id] = { image, labels: before?.labels ?? {} };
    });
    return id;
  }

  /** Removes an image and its labels. @throws {ImageNotFound} */
  async removeImage(
    imageId: string,
    { dryRun = false, trash = true, ...options }: RemoveImageOptions = {},
  ): Promise<RemovedImage> {
    if (dryRun) {
      const index = await this.#read(options);
      return { removed: this.#filesOf(index, imageId).map(({ href }) => href) };
    }
    return await this.#change(options, async (index) => {
      const files = this.#filesOf(index, imageId);
      const time = new Date(this.#clock.now()).toISOString().replaceAll(/[-:.]/g, "");
      const bin = this.#root.join(TRASH, time);
      for (const file of files) {
        const below = file.segments.slice(this.#root.segments.length);
        if (trash) await this.#vfs.copy(file, bin.join(...below), options);
        await this.#drop(file);
      }
      delete index.objects[imageId];
      return { removed: files.map(({ href }) => href), ...trash && { trash: bin.href } };
    });
  }

  /** Merges `info` into the facts about an image. @throws {ImageNotFound} */
  async updateImageInfo(imageId: string, info: ItemInfo, options: OpOptions = {}): Promise<void> {
    await this.#change(options, (index) => {
      const { image } = this.#object(index, imageId);
      image.info = { ...image.info, ...info };
      return Promise.resolve();
    });
  }

  /** Label ids of an image by tag. */
  async getLabelsByImageId(
    imageId: string,
    options: OpOptions = {},
  ): Promise<Record<string, string>> {
    const object = own((await this.#read(options)).objects, imageId);
    return Object.fromEntries(Object.keys(object?.labels ?? {}).map((tag) => [tag, imageId]));
  }

  /** The label id of an image for a tag; `""` when there is none. */
  async getLabelByImageId(
    imageId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<string> {
    return await this.#label(imageId, tag, options) ? imageId : "";
  }

  /** The content of a label. @throws {LabelNotFound} */
  async getLabel(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const found = await this.#label(labelId, tag, options);
    if (!found) throw new LabelNotFound(this.#root.href, labelId, tag);
    return (await this.#vfs.open(found.at, options)).readable;
  }

  /** The path of a label here; `""` when there is none. */
  async getLabelUri(labelId: string, tag: LabelTagName, options: OpOptions = {}): Promise<string> {
    const found = await this.#label(labelId, tag, options);
    return found ? localPath(found.at) : "";
  }

  /** Facts about a label; `{}` when there is none. */
  async getLabelInfo(
    labelId: string,
    tag: LabelTagName,
    options: OpOptions = {},
  ): Promise<ItemInfo> {
    return structuredClone((await this.#label(labelId, tag, options))?.leaf.info ?? {});
  }

  /** Stores a label in place of the one with that tag. @throws {ImageNotFound}, {@linkcode LabelNotSaved} */
  async saveLabel(
    imageId: string,
    file: DatastoreFile,
    tag: LabelTagName,
    info: ItemInfo = {},
    options: OpOptions = {},
  ): Promise<string> {
    checkTag(tag, "save the label", this.#root.href);
    this.#object(await this.#read(options), imageId);
    const { bytes, extension: ext } = await readLabelFile(
      this.#vfs,
      file,
      "save the label",
      options,
    );
    await this.#change(options, async (index) => {
      const { labels } = this.#object(index, imageId);
      const before = own(labels, tag);
      const leaf = { ext, info: { ...info, ts: this.#now(), name: imageId + ext } };
      const at = this.#labelAt(index, imageId, tag, leaf);
      try {
        await this.#vfs.writeFile(at, bytes, options);
      } catch (error) {
        throw new LabelNotSaved(at.href, "file", asVfsError(error, "save the label", at.href));
      }
      // Two files of one label would be taken for either.
      if (before && before.ext !== ext) {
        await this.#drop(this.#labelAt(index, imageId, tag, before));
      }
      labels[tag] = leaf;
    });
    return imageId;
  }

  /** Removes a label; one that is not there is no error. */
  async removeLabel(labelId: string, tag: LabelTagName, options: OpOptions = {}): Promise<void> {
    checkTag(tag, "remove the label", this.#root.href);
    await this.#change(options, async (index) => {
      const labels = own(index.objects, labelId)?.labels;
      const leaf = labels && own(labels, tag);
      if (!leaf) return;
      await this.#drop(this.#labelAt(index, labelId, tag, leaf));
      delete labels[tag];
    });
  }

  /** Merges `info` into the facts about a label. @throws {LabelNotFound} */
  async updateLabelInfo(
    labelId: string,
    tag: LabelTagName,
    info: ItemInfo,
    options: OpOptions = {},
  ): Promise<void> {
    checkTag(tag, "update the label", this.#root.href);
    await this.#change(options, (index) => {
      const leaf = own(own(index.objects, labelId)?.labels ?? {}, tag);
      if (!leaf) throw new LabelNotFound(this.#root.href, labelId, tag);
      leaf.info = { ...leaf.info, ...info };
      return Promise.resolve();
    });
  }

  /** Looks which files are there: new ones are taken in, what has no file any more is dropped. */
  async refresh(options: OpOptions = {}): Promise<void> {
    const naming = { extensions: this.#extensions, now: this.#now() };
    await this.#index.adapt(options, async (index) => ({
      value: undefined,
      isChanged: await reconcile(this.#vfs, this.#root, index, naming, options),
    }));
  }

  /** A ZIP of labelled images, made as it is read. */
  async getDatasetArchive(
    limit = 0,
    options: OpOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const all = await this.datalist({ ...options, local: false });
    const cases = limit >= 1 && limit < all.length ? all.slice(0, limit) : all;
    const vfs = this.#vfs;
    const text = JSON.stringify(await this.json(options));
    async function* members(): AsyncGenerator<ArchiveMember> {
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
    const { objects } = await this.#read(options);
    return statusOf(Object.values(objects).map(({ labels }) => Object.keys(labels)));
  }

  /** The whole index. */
  async json(options: OpOptions = {}): Promise<DatastoreIndex> {
    return structuredClone(await this.#read(options));
  }

  /** Closes what is its own. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOwn) await this.#vfs.close();
  }

  async #read(options: OpOptions): Promise<FolderIndex> {
    await this.#open(options);
    return await this.#index.read(options);
  }

  async #change<T>(options: OpOptions, work: (index: FolderIndex) => Promise<T>): Promise<T> {
    await this.#open(options);
    return await this.#index.change(options, async (index) => ({
      value: await work(index),
      isChanged: true,
    }));
  }

  /** What is in the folder is looked at once. */
  async #open(options: OpOptions): Promise<void> {
    this.#opening ??= this.refresh(options);
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #label(
    id: string,
    tag: string,
    options: OpOptions,
  ): Promise<{ readonly leaf: Leaf; readonly at: Location } | undefined> {
    checkTag(tag, "find the label", this.#root.href);
    const index = await this.#read(options);
    const leaf = own(own(index.objects, id)?.labels ?? {}, tag);
    return leaf && { leaf, at: this.#labelAt(index, id, tag, leaf) };
  }

  async #withLabel(
    isWanted: boolean,
    tag: string,
    { labels: names, ...options }: LabeledOptions,
  ): Promise<string[]> {
    checkTag(tag, "list the images", this.#root.href);
    const { objects } = await this.#read(options);
    return Object.entries(objects).flatMap(([id, { labels }]) => {
      const leaf = own(labels, tag);
      const isLabelled = leaf !== undefined && (!names || namesAll(leaf.info, names));
      return isLabelled === isWanted ? [id] : [];
    });
  }

  #object({ objects }: FolderIndex, imageId: string): IndexObject {
    const object = own(objects, imageId);
    if (object) return object;
    throw new ImageNotFound(this.#root.href, imageId);
  }

  #filesOf(index: FolderIndex, imageId: string): Location[] {
    const { image, labels } = this.#object(index, imageId);
    const drawn = Object.entries(labels).map(([tag, leaf]) =>
      this.#labelAt(index, imageId, tag, leaf)
    );
    return [this.#imageAt(index, imageId, image), ...drawn];
  }

  #imageAt({ images_dir }: FolderIndex, id: string, { ext }: Leaf): Location {
    return this.#root.join(...namesOf(images_dir), ...`${id}${ext}`.split("/"));
  }

  #labelAt({ labels_dir }: FolderIndex, id: string, tag: string, { ext }: Leaf): Location {
    return this.#root.join(...namesOf(labels_dir), tag, ...`${id}${ext}`.split("/"));
  }

  async #drop(file: Location): Promise<void> {
    try {
      await this.#vfs.remove(file);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  #refuse(op: string, reason: string): VfsError {
    return new VfsError("InvalidArgument", { op, url: this.#root.href, reason });
  }
}

/** A member that is an object's own; ids such as `constructor` are no members of all objects. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
