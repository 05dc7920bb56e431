/**
 * The errors of datastores.
 *
 * @module
 */

import { VfsError } from "../vfs/errors.ts";

/** The datastore has no image with that id. */
export class ImageNotFound extends VfsError {
  /** `ImageNotFound`, whatever a bundler makes of the class. */
  override readonly name = "ImageNotFound";
  /** The id asked for. */
  readonly imageId: string;

  /** Makes the error for `imageId` in the datastore at `url`. */
  constructor(url: string, imageId: string) {
    const reason = `there is no image ${JSON.stringify(imageId)}`;
    super("NotFound", { op: "find the image", url, reason });
    this.imageId = imageId;
  }
}

/** The image has no label with that tag. */
export class LabelNotFound extends VfsError {
  /** `LabelNotFound`, whatever a bundler makes of the class. */
  override readonly name = "LabelNotFound";
  /** The id asked for. */
  readonly labelId: string;
  /** The tag asked for. */
  readonly tag: string;

  /** Makes the error for `labelId` with `tag` in the datastore at `url`. */
  constructor(url: string, labelId: string, tag: string) {
    const reason = `there is no label ${JSON.stringify(labelId)} with tag ${JSON.stringify(tag)}`;
    super("NotFound", { op: "find the label", url, reason });
    this.labelId = labelId;
    this.tag = tag;
  }
}
