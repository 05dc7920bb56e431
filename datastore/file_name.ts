/**
 * Names for files that are made of images.
 *
 * @module
 */

/** A name for a file about the image `id`, on any system. */
export function fileNameFor(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(-200);
}
