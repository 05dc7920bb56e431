/**
 * The errors of datastores.
 *
 * @module
 */

import { counted } from "../formats/text.ts";
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

/** A part of a saved label: its file, the DICOM segmentation made of it, or the record of what is known of it. */
export type LabelPart = "file" | "segmentation" | "record";

/** A label was not saved; what there was before is there still. */
export class LabelNotSaved extends VfsError {
  /** `LabelNotSaved`, whatever a bundler makes of the class. */
  override readonly name = "LabelNotSaved";
  /** Which part could not be stored. */
  readonly part: LabelPart;
  /** URLs of what was stored of it and could not be taken away again. Nobody takes them for a label. */
  readonly left: readonly string[];

  /** Makes the error about the label at `url`; kind and status are those of `cause`. */
  constructor(url: string, part: LabelPart, cause: VfsError, left: readonly string[] = []) {
    const said = cause.message.slice(cause.message.indexOf('": ') + 3);
    const rest = left.length === 0
      ? ""
      : `; ${counted(left.length, "file")} of it could not be removed`;
    super(cause.kind, {
      op: "save the label",
      url,
      reason: `the ${part} was not stored: ${said}${rest}`,
      status: cause.status,
      detail: cause.detail,
      cause,
    });
    this.part = part;
    this.left = left;
  }
}
