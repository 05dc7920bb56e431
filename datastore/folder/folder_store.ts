/**
 * What all parts of a datastore in a folder work with: where it is, its index, and where things lie.
 *
 * @module
 */

import type { Clock } from "../../vfs/concurrency/clock.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { ImageNotFound } from "../errors.ts";
import { removeIfThere } from "../remove_if_there.ts";
import { SingleFlight } from "../single_flight.ts";
import { type FolderIndex, type IndexObject, type Leaf, namesOf } from "./index_file.ts";
import { reconcile } from "./reconcile.ts";
import { SavedLabels, type VersionOf } from "./saved_labels.ts";
import { SharedIndex } from "./shared_index.ts";

/** A folder and its index. */
export class FolderStore {
  readonly #index: SharedIndex;
  readonly #opening = new SingleFlight<void>();
  readonly #saved = new SavedLabels();
  #isOpen = false;

  /** Looks at nothing yet. */
  constructor(
    /** Reads and writes. */
    readonly vfs: Vfs,
    /** The folder. */
    readonly root: Location,
    /** Endings of files that are images or labels. */
    readonly extensions: readonly string[],
    /** Time. */
    readonly clock: Clock,
  ) {
    this.#index = new SharedIndex(vfs, root);
  }

  /** The index as it is now. */
  async read(options: OpOptions): Promise<FolderIndex> {
    await this.#open(options);
    const index = await this.#index.read(options);
    if (!this.#saved.areMissedIn(index)) return index;
    const versionOf: VersionOf = (...label) => this.#versionOf(index, ...label, options);
    await this.#index.adapt(options, async (index) => ({
      value: undefined,
      isChanged: await this.#saved.putBack(index, versionOf),
    }));
    return await this.#index.read(options);
  }

  /** Changes a label and the index, and keeps in mind what is said of it then. */
  async changeLabel(
    id: string,
    tag: string,
    options: OpOptions,
    work: (index: FolderIndex) => Promise<Leaf>,
  ): Promise<void> {
    const [leaf, version] = await this.change(options, async (index) => {
      const leaf = await work(index);
      return [leaf, await this.#versionOf(index, id, tag, leaf, options)] as const;
    });
    if (version !== undefined) this.#saved.keep(id, tag, leaf, version);
  }

  /** Changes the index, and what belongs to that, while nobody else does. */
  async change<T>(options: OpOptions, work: (index: FolderIndex) => Promise<T>): Promise<T> {
    await this.#open(options);
    return await this.#index.change(options, async (index) => ({
      value: await work(index),
      isChanged: true,
    }));
  }

  /** Looks which files are there. */
  async refresh(options: OpOptions): Promise<void> {
    const naming = { extensions: this.extensions, now: this.now() };
    await this.#index.adapt(options, async (index) => ({
      value: undefined,
      isChanged: await reconcile(this.vfs, this.root, index, naming, options),
    }));
  }

  /** The image of an id. @throws {ImageNotFound} */
  object({ objects }: FolderIndex, imageId: string): IndexObject {
    const object = own(objects, imageId);
    if (object) return object;
    throw new ImageNotFound(this.root.href, imageId);
  }

  /** Where an image is. */
  imageAt({ images_dir }: FolderIndex, id: string, { ext }: Leaf): Location {
    return this.root.join(...namesOf(images_dir), ...`${id}${ext}`.split("/"));
  }

  /** Where a label is. */
  labelAt({ labels_dir }: FolderIndex, id: string, tag: string, { ext }: Leaf): Location {
    return this.root.join(...namesOf(labels_dir), tag, ...`${id}${ext}`.split("/"));
  }

  /** Removes a file; one that is not there is no error. */
  async drop(file: Location): Promise<void> {
    await removeIfThere(this.vfs, file);
  }

  /** Seconds since 1970. */
  now(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** The error for what cannot be done. */
  refuse(op: string, reason: string): VfsError {
    return new VfsError("InvalidArgument", { op, url: this.root.href, reason });
  }

  /** Differs when the file of a label does; undefined when there is none. */
  async #versionOf(index: FolderIndex, id: string, tag: string, leaf: Leaf, options: OpOptions) {
    try {
      const { etag, size, mtime } = await this.vfs.stat(
        this.labelAt(index, id, tag, leaf),
        options,
      );
      return JSON.stringify([etag, size, mtime]);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** What is in the folder is looked at once. */
  async #open(options: OpOptions): Promise<void> {
    if (this.#isOpen) return;
    const waiter = { ...options, op: "open", url: this.root.href };
    await this.#opening.run("", waiter, (signal) => this.refresh({ signal }));
    this.#isOpen = true;
  }
}

/** A member that is an object's own; ids such as `constructor` are no members of all objects. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
