/**
 * Datastores for annotation work: the interface that all of them have, with MONAI Label's methods.
 *
 * @module
 */

export {
  type DatalistItem,
  type Datastore,
  type DatastoreFile,
  type DatastoreStatus,
  type ItemInfo,
  LabelTag,
  type LabelTagName,
} from "./datastore.ts";
export { ImageNotFound, LabelNotFound } from "./errors.ts";
export * from "./segmentation/mod.ts";
