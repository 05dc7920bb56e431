/**
 * What this process said of labels that it stored, in case it is lost: Python's server writes the whole index as it read it
 * last, and so over what came in between. The files stay, but nobody would know of them, or of what they show.
 *
 * @module
 */

import type { FolderIndex, Leaf } from "./index_file.ts";

/** A label that was stored. */
interface SavedLabel {
  readonly id: string;
  readonly tag: string;
  readonly leaf: Leaf;
  /** Tells its file from another one. */
  readonly version: string;
}

/** Where the file of a label is now, as far as its version tells; undefined when it is gone. */
export type VersionOf = (id: string, tag: string, leaf: Leaf) => Promise<string | undefined>;

/** Labels that were stored here. */
export class SavedLabels {
  readonly #labels = new Map<string, SavedLabel>();

  /** Keeps in mind what is said of a label. */
  keep(id: string, tag: string, leaf: Leaf, version: string): void {
    this.#labels.set(JSON.stringify([id, tag]), { id, tag, leaf: structuredClone(leaf), version });
  }

  /** Whether an index says nothing of some of them, though it has their images. */
  areMissedIn(index: FolderIndex): boolean {
    return this.#labels.values().some((label) => isMissed(index, label));
  }

  /** Puts back what is missed of labels whose files are as they were; tells whether there was any. */
  async putBack(index: FolderIndex, versionOf: VersionOf): Promise<boolean> {
    let isChanged = false;
    for (const [key, label] of this.#labels) {
      if (!isMissed(index, label)) continue;
      const { id, tag, leaf, version } = label;
      if (await versionOf(id, tag, leaf) === version) {
        index.objects[id]!.labels[tag] = structuredClone(leaf);
        isChanged = true;
      } else {
        // Somebody has removed it, or stored another one.
        this.#labels.delete(key);
      }
    }
    return isChanged;
  }
}

function isMissed({ objects }: FolderIndex, { id, tag, leaf }: SavedLabel): boolean {
  const labels = Object.hasOwn(objects, id) ? objects[id]!.labels : undefined;
  if (!labels) return false;
  return !Object.hasOwn(labels, tag) || (isBare(labels[tag]!) && !isBare(leaf));
}

/** Whether nothing is said but what a file's name tells who comes upon it. */
function isBare({ info }: Leaf): boolean {
  return Object.keys(info).every((key) => key === "ts" || key === "name");
}
