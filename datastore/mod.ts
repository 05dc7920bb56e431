/**
 * Datastores for annotation work: the interface that all of them have, with MONAI Label's methods.
 *
 * @module
 */

export {
  type DatalistItem,
  type DatalistOptions,
  type Datastore,
  type DatastoreFile,
  type DatastoreIndex,
  type DatastoreStatus,
  type ImageVolume,
  type IndexedItem,
  type ItemInfo,
  type LabeledOptions,
  LabelTag,
  type LabelTagName,
  type RemovedImage,
  type RemoveImageOptions,
} from "./datastore.ts";
export { ImageNotFound, LabelNotFound, LabelNotSaved, type LabelPart } from "./errors.ts";
export { FolderDatastore, type FolderDatastoreOptions } from "./folder/folder_datastore.ts";
export type { LabelVersion } from "./xnat/find_labels.ts";
export { XnatDatastore } from "./xnat/xnat_datastore.ts";
export type { ImageFilter, XnatDatastoreOptions } from "./xnat/options.ts";
export * from "./segmentation/mod.ts";
export {
  type SeriesImage,
  type SeriesVolume,
  seriesVolume,
  type SeriesVolumeOptions,
} from "./volume/series_volume.ts";
