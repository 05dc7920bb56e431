/**
 * What annotation work needs of a store of images and labels: the interface of MONAI Label's datastores.
 *
 * @module
 */

import type { OpOptions } from "../vfs/options.ts";

/** The two tags that every tool knows; any other text that can be a file name is a tag too. */
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
  /** The image: a file, or a folder of DICOM files. */
  readonly image: string;
  /** Its final label, a file. */
  readonly label: string;
}

/** How much of a store is annotated, as MONAI Label tells it. */
export interface DatastoreStatus {
  /** Images. */
  readonly total: number;
  /** Images with a final label. */
  readonly completed: number;
  /** Labels by tag. */
  readonly label_tags: Readonly<Record<string, number>>;
}

/** An image or label in the index: the ending of its file's name, and what is known of it. */
export interface IndexedItem {
  /** Ending with its dot, `.nii.gz`; empty for a folder. */
  readonly ext: string;
  /** What is known of it; `ts` is in seconds since 1970. */
  readonly info: ItemInfo;
}

/** The whole index, in the shape of MONAI Label's `datastore_v2.json`. */
export interface DatastoreIndex {
  /** Name of the store. */
  readonly name: string;
  /** Description of the store. */
  readonly description: string;
  /** Folder of images below that of the store. */
  readonly images_dir: string;
  /** Folder of labels below that of the store. */
  readonly labels_dir: string;
  /** Images by id. */
  readonly objects: Readonly<
    Record<
      string,
      { readonly image: IndexedItem; readonly labels: Readonly<Record<string, IndexedItem>> }
    >
  >;
}

/** A file to store: where it is, or its bytes and the extension that tells its format, such as `.nii.gz`. */
export type DatastoreFile =
  | string
  | URL
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly extension: string };

/** Options of {@linkcode Datastore.datalist}. */
export interface DatalistOptions extends OpOptions {
  /**
   * Give places on this machine, fetching what is not there yet. Otherwise URLs, which cost nothing and which every
   * function of medvfs takes. @default {true}
   */
  readonly local?: boolean;
}

/** Options of {@linkcode Datastore.getLabeledImages} and {@linkcode Datastore.getUnlabeledImages}. */
export interface LabeledOptions extends OpOptions {
  /** Count only labels whose info names all of these, in `label_info` or `params.label_names`. */
  readonly labels?: readonly string[];
}

/** An image as one file that viewers load: its slices as a NIfTI volume. */
export interface ImageVolume {
  /** The file on this machine. */
  readonly path: string;
  /** SHA-256 of the file, in lower-case hexadecimal. */
  readonly sha256: string;
  /** What its headers say, by DICOM's keywords: PatientID, Modality… */
  readonly facts: ItemInfo;
}

/** Options of {@linkcode Datastore.removeImage}. */
export interface RemoveImageOptions extends OpOptions {
  /** Only tell what would go. @default {false} */
  readonly dryRun?: boolean;
  /** Keep what goes in the store's trash. @default {true} */
  readonly trash?: boolean;
}

/** What {@linkcode Datastore.removeImage} removed, or would. */
export interface RemovedImage {
  /** URLs of what went. */
  readonly removed: readonly string[];
  /** Where it is kept now. */
  readonly trash?: string;
}

/**
 * A store of images and of the labels drawn on them. Ids are opaque text; the id of a label is that of its image.
 *
 * Asking about what is not there gives nothing: `""`, `{}` or `[]`. Reading its content, or changing it, is an error:
 * {@linkcode ImageNotFound} or {@linkcode LabelNotFound}. A tag that cannot be a file name (`../x`, `a/b`, empty) is
 * `InvalidArgument` everywhere. Errors of the store's server keep their kind: `Unavailable`, `PermissionDenied`…
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
  datalist(options?: DatalistOptions): Promise<DatalistItem[]>;
  /** Ids of all images. */
  listImages(options?: OpOptions): Promise<string[]>;
  /** Ids of the images that have a label with `tag`, `final` by default. */
  getLabeledImages(tag?: LabelTagName, options?: LabeledOptions): Promise<string[]>;
  /** Ids of the images that have none. */
  getUnlabeledImages(tag?: LabelTagName, options?: LabeledOptions): Promise<string[]>;

  /** The content of an image: of its file, or a ZIP of its folder. @throws {ImageNotFound} */
  getImage(imageId: string, options?: OpOptions): Promise<ReadableStream<Uint8Array>>;
  /**
   * The path of an image on this machine, where it is fetched to if need be: a file or a folder of DICOM files. `""` for
   * an unknown one.
   */
  getImageUri(imageId: string, options?: OpOptions): Promise<string>;
  /**
   * An image that is a folder of DICOM files as one volume, made if need be. Masks on its grid are masks on the image.
   * Nothing for an unknown image, one that is a file anyway, and one whose files are no volume. Stores that have no
   * such images need not have it.
   */
  getImageVolume?(imageId: string, options?: OpOptions): Promise<ImageVolume | undefined>;
  /** Facts about an image; `{}` for an unknown one. */
  getImageInfo(imageId: string, options?: OpOptions): Promise<ItemInfo>;
  /**
   * Adds an image, or replaces it and keeps its labels.
   *
   * @returns its id: `imageId`, or one made of the file
   * @throws `InvalidArgument` for an id that cannot be, or a file that is empty; `NotFound` for a file that is missing
   */
  addImage(
    imageId: string | undefined,
    file: DatastoreFile,
    info?: ItemInfo,
    options?: OpOptions,
  ): Promise<string>;
  /** Removes an image and all of its labels, into the trash unless told otherwise. @throws {ImageNotFound} */
  removeImage(imageId: string, options?: RemoveImageOptions): Promise<RemovedImage>;
  /** Merges `info` into the facts about an image, key by key. @throws {ImageNotFound} */
  updateImageInfo(imageId: string, info: ItemInfo, options?: OpOptions): Promise<void>;

  /** Label ids of an image by tag. */
  getLabelsByImageId(imageId: string, options?: OpOptions): Promise<Record<string, string>>;
  /** The label id of an image for a tag; `""` when there is none. */
  getLabelByImageId(imageId: string, tag: LabelTagName, options?: OpOptions): Promise<string>;
  /** The content of a label. @throws {LabelNotFound} */
  getLabel(
    labelId: string,
    tag: LabelTagName,
    options?: OpOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  /** The path of a label on this machine, where it is fetched to if need be; `""` when there is none. */
  getLabelUri(labelId: string, tag: LabelTagName, options?: OpOptions): Promise<string>;
  /** Facts about a label; `{}` when there is none. */
  getLabelInfo(labelId: string, tag: LabelTagName, options?: OpOptions): Promise<ItemInfo>;
  /**
   * Stores a label in place of the image's label with that tag. Once it resolves, all of it is stored and was seen there.
   *
   * @returns its id, which is that of the image
   * @throws {ImageNotFound}; {@linkcode LabelNotSaved} with the part that failed; `InvalidArgument` for a file that is
   * empty or of another format than its name says; `NotFound` for one that is missing
   */
  saveLabel(
    imageId: string,
    file: DatastoreFile,
    tag: LabelTagName,
    info?: ItemInfo,
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
  /**
   * A ZIP of labelled images: `image/`, `label/`, `metadata.json`; of the first `limit` when that is between 1 and their
   * number less one, otherwise of all. It is made as it is read.
   */
  getDatasetArchive(
    limit?: number,
    options?: OpOptions,
  ): Promise<ReadableStream<Uint8Array>>;
  /** How much is annotated. */
  status(options?: OpOptions): Promise<DatastoreStatus>;
  /** The whole index. */
  json(options?: OpOptions): Promise<DatastoreIndex>;
}
