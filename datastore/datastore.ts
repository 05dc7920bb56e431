/**
 * What annotation work needs of a store of images and labels: the interface of MONAI Label's datastores.
 *
 * @module
 */

import type { OpOptions } from "../vfs/options.ts";

/** The two tags that every tool knows; any other text is a tag too. */
export const LabelTag = {
  /** Made by a model, not reviewed. */
  ORIGINAL: "original",
  /** Reviewed: its image counts as labelled, and training uses it. */
  FINAL: "final",
} as const;

/** What kind of label it is. An image has one label a tag. */
export type LabelTagName = "original" | "final" | (string & Record<never, never>);

/** Facts about an image or a label, as JSON. */
export type ItemInfo = Readonly<Record<string, unknown>>;

/** A pair to train on. */
export interface DatalistItem {
  /** Path or URI of the image. */
  readonly image: string;
  /** Path or URI of its final label. */
  readonly label: string;
}

/** How much of a store is annotated. */
export interface DatastoreStatus {
  /** Images. */
  readonly total: number;
  /** Images with a final label. */
  readonly completed: number;
  /** Labels by tag. */
  readonly label_tags: Readonly<Record<string, number>>;
}

/** A file to store: where it is, or its bytes and the extension that tells its format, such as `.nii.gz`. */
export type DatastoreFile =
  | string
  | URL
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly extension: string };

/**
 * A store of images and of the labels drawn on them. Ids are opaque text.
 *
 * Unknown images and labels are an error wherever one is asked for by id; lists and maps are empty instead.
 */
export interface Datastore extends AsyncDisposable {
  /** Name of the store. */
  name(): Promise<string>;
  /** Renames the store. */
  setName(name: string): Promise<void>;
  /** Description of the store. */
  description(): Promise<string>;
  /** Describes the store. */
  setDescription(description: string): Promise<void>;

  /** The images that have a final label, with it. */
  datalist(options?: OpOptions): Promise<DatalistItem[]>;
  /** Ids of all images. */
  listImages(options?: OpOptions): Promise<string[]>;
  /** Ids of the images that have a label with `tag`, `final` by default. */
  getLabeledImages(tag?: LabelTagName, options?: OpOptions): Promise<string[]>;
  /** Ids of the images that have none. */
  getUnlabeledImages(tag?: LabelTagName, options?: OpOptions): Promise<string[]>;

  /** The content of an image. @throws {ImageNotFound} */
  getImage(imageId: string, options?: OpOptions): Promise<ReadableStream<Uint8Array>>;
  /** A place from which the image can be read, on this machine where need be. @throws {ImageNotFound} */
  getImageUri(imageId: string, options?: OpOptions): Promise<string>;
  /** Facts about an image. @throws {ImageNotFound} */
  getImageInfo(imageId: string, options?: OpOptions): Promise<ItemInfo>;
  /** Adds an image. @returns its id: `imageId`, or one made of the file's name */
  addImage(
    imageId: string | undefined,
    file: DatastoreFile,
    info: ItemInfo,
    options?: OpOptions,
  ): Promise<string>;
  /** Removes an image and all of its labels. @throws {ImageNotFound} */
  removeImage(imageId: string, options?: OpOptions): Promise<void>;
  /** Merges `info` into the facts about an image, key by key. @throws {ImageNotFound} */
  updateImageInfo(imageId: string, info: ItemInfo, options?: OpOptions): Promise<void>;

  /** Label ids of an image by tag. @throws {ImageNotFound} */
  getLabelsByImageId(imageId: string, options?: OpOptions): Promise<Record<string, string>>;
  /** The label id of an image for a tag. @throws {LabelNotFound} */
  getLabelByImageId(imageId: string, tag: LabelTagName, options?: OpOptions): Promise<string>;
  /** The content of a label. @throws {LabelNotFound} */
  getLabel(
    labelId: string,
    tag: LabelTagName,
    options?: OpOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  /** A place from which the label can be read. @throws {LabelNotFound} */
  getLabelUri(labelId: string, tag: LabelTagName, options?: OpOptions): Promise<string>;
  /** Facts about a label. @throws {LabelNotFound} */
  getLabelInfo(labelId: string, tag: LabelTagName, options?: OpOptions): Promise<ItemInfo>;
  /** Stores a label in place of the image's label with that tag. @returns its id @throws {ImageNotFound} */
  saveLabel(
    imageId: string,
    file: DatastoreFile,
    tag: LabelTagName,
    info: ItemInfo,
    options?: OpOptions,
  ): Promise<string>;
  /** Removes a label; one that is not there is no error. */
  removeLabel(labelId: string, tag: LabelTagName, options?: OpOptions): Promise<void>;
  /** Merges `info` into the facts about a label, key by key. @throws {LabelNotFound} */
  updateLabelInfo(
    labelId: string,
    tag: LabelTagName,
    info: ItemInfo,
    options?: OpOptions,
  ): Promise<void>;

  /** Looks again at what is stored. */
  refresh(options?: OpOptions): Promise<void>;
  /** A ZIP of labelled images: `image/`, `label/`, `metadata.json`; of all, or of the first `limit` ones. */
  getDatasetArchive(limit?: number, options?: OpOptions): Promise<ReadableStream<Uint8Array>>;
  /** How much is annotated. */
  status(options?: OpOptions): Promise<DatastoreStatus>;
  /** The whole index as JSON. */
  json(options?: OpOptions): Promise<unknown>;
}
