/**
 * The record that drivers start from.
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
