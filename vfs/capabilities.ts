/**
 * The records that drivers start from.
 *
 * @module
 */

import type { Capabilities } from "./transport.ts";

/** A driver that can list and read, whole files only, and no more: `{ ...LEAST, range: true }`. */
export const LEAST: Capabilities = Object.freeze({
  range: false,
  etag: false,
  size: false,
  digests: [],
  tree: false,
  put: "none",
  naming: "path",
  exclusive: false,
  append: false,
  remove: false,
  removeTree: false,
  mkdir: false,
  emptyDirectories: false,
  rename: false,
  copy: false,
  symlinks: false,
  query: false,
  maxConcurrency: 4,
});

/** A driver that stores files in folders, as a disk does; what not every disk has is left to it. */
export const FOLDERS: Capabilities = Object.freeze({
  ...LEAST,
  range: true,
  etag: true,
  size: true,
  put: "atomic",
  exclusive: true,
  append: true,
  remove: true,
  mkdir: true,
  emptyDirectories: true,
  rename: true,
  copy: true,
});
