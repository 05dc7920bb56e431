/**
 * The levels of the scanner's stack.
 *
 * @module
 */

import type { DicomDataset } from "./dataset.ts";
import type { DicomElement } from "./element.ts";
import type { Encoding } from "./encoding.ts";

/** What the scanner is inside of: one level of its stack. */
export class Frame {
  /** Byte offset where it ends at the latest: its own end or its parent's. */
  end: number;
  /** Whether its first tag is still to come. */
  isFresh = true;
  /** Whether it has no length and ends at a delimiter. */
  isOpen = false;
  /** Whether it is inside an element of VR UN. */
  isUnknown = false;
  /** Whether its damage was already noted. */
  isWarned = false;
  /** Highest tag seen in it. */
  lastTag = -1;
  /** The sequence that it is or that it is an item of. */
  sequence: DicomElement | undefined;

  /** A level inside of `parent`, the outermost one without. */
  constructor(
    /** A dataset with elements, a sequence with items, or encapsulated data. */
    readonly kind: "dataset" | "sequence" | "fragments",
    /** The level around it. */
    readonly parent: Frame | undefined,
    /** The dataset itself, or the one that holds the sequence. */
    readonly dataset: DicomDataset,
    /** How its elements or items are written. */
    public encoding: Encoding,
    /** Byte offset where it says that it ends. */
    readonly declaredEnd: number,
  ) {
    this.end = parent ? Math.min(parent.end, declaredEnd) : declaredEnd;
  }
}
