/**
 * What images and labels there are: asked by one bulk listing, believed for a time, kept up to date with our own writes,
 * and read from the disk while the server is away.
 *
 * @module
 */

import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { isVfsError, type VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { KeyedLock, SingleFlight } from "../single_flight.ts";
import { imageIdOf, parseImageId, type XnatImage } from "./image.ts";
import { listImages } from "./list_images.ts";
import type { ImageFilter } from "./options.ts";
import type { RecordStore } from "./record_store.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import { labelsIn, type StoredFile, type StoredLabel } from "./stored_label.ts";

/** What an index works with. */
export interface ImageIndexOptions {
  /** Lists. */
  readonly vfs: Vfs;
  /** The server. */
  readonly server: Location;
  /** Projects; all that can be seen when undefined. */
  readonly projects: readonly string[] | undefined;
  /** Which scans count. */
  readonly filter: ImageFilter | undefined;
  /** How long it is believed, in milliseconds. */
  readonly ttlMs: number;
  /** Tags of labels that MONAI Label stored. */
  readonly legacyTags: Readonly<Record<string, string>> | undefined;
  /** Where it is kept. */
  readonly snapshot: Location;
  /** What labels and images say of themselves. */
  readonly records: RecordStore;
  /** Time. */
  readonly clock: Clock;
  /** Told of what goes wrong without failing. */
  readonly onWarning: (warning: VfsError) => void;
}

/** An image with its labels. */
export interface IndexedImage {
  /** The scan. */
  readonly image: XnatImage;
  /** Its labels by tag. */
  readonly labels: ReadonlyMap<string, StoredLabel>;
}

/** How long to wait before a server that is away, or an image that is not listed, is asked for again. */
const PAUSE_MS = 10_000;

/** The images of a store. */
export class ImageIndex {
  readonly #options: ImageIndexOptions;
  readonly #clock: Clock;
  readonly #flights = new SingleFlight<void>();
  readonly #refreshing = new KeyedLock();
  #images: Map<string, IndexedImage> | undefined;
  /** Of each listing under way, what has changed since it began; undefined is gone. */
  readonly #changes = new Set<Map<string, IndexedImage | undefined>>();
  /** Listings that have begun, and the number of the one that is believed. */
  #begun = 0;
  #taken = 0;
  /** Ids of scans by SeriesInstanceUID, and by labels. */
  #ids = new Map<string, string>();
  #listedAt = -Infinity;
  /** The same by the clock that may be set. */
  #listedOn = -Infinity;
  #askedAt = -Infinity;
  #generation = 0;
  #isOffline = false;

  /** Asks nothing yet. */
  constructor(options: ImageIndexOptions) {
    this.#options = options;
    this.#clock = steadyClock(options.clock);
  }

  /** Differs after each `refresh`. */
  get generation(): number {
    return this.#generation;
  }

  /** True while the list is one of an earlier time, since the server is away. */
  get isOffline(): boolean {
    return this.#isOffline;
  }

  /** All images. @throws the error of listing when nothing is known */
  async all(options: OpOptions): Promise<ReadonlyMap<string, IndexedImage>> {
    const { clock, ttlMs } = this.#options;
    const now = this.#clock.now();
    // One clock may be set back, the other sleeps with a laptop.
    const age = Math.max(now - this.#listedAt, clock.now() - this.#listedOn);
    const isOld = age >= ttlMs;
    const isPaused = this.#isOffline && now - this.#askedAt < PAUSE_MS;
    if (!this.#images || (isOld && !isPaused)) await this.#list(options);
    return this.#images!;
  }

  /** Lists anew: by a listing that begins after this call, which it shares. @throws the error of listing */
  async refresh({ signal }: OpOptions): Promise<void> {
    const what = this.#what;
    const after = `after ${this.#begun}`;
    await this.#flights.run(
      after,
      { signal, ...what },
      (signal) => this.#refreshing.run("", { signal, ...what }, () => this.#run({ signal }, false)),
    );
    this.#generation++;
  }

  /** The image of an id, by labels too, or a SeriesInstanceUID; looked for again when it is not listed. */
  async find(text: string, options: OpOptions): Promise<IndexedImage | undefined> {
    const parts = parseImageId(text);
    if (!parts && (text === "" || text.includes("/"))) return undefined;
    const { projects } = this.#options;
    if (parts && projects && !projects.includes(parts.project)) return undefined;
    const id = parts ? imageIdOf(parts) : text;
    const look = async () => {
      const all = await this.all(options);
      return all.get(id) ?? all.get(this.#ids.get(id) ?? "");
    };
    const found = await look();
    if (found || this.#isOffline || this.#clock.now() - this.#askedAt < PAUSE_MS) return found;
    await this.#list(options);
    return await look();
  }

  /** Notes which files an image has now. */
  update(image: XnatImage, files: readonly StoredFile[]): void {
    const indexed = this.#indexed({ ...image, files });
    this.#images?.set(image.id, indexed);
    for (const changed of this.#changes) changed.set(image.id, indexed);
  }

  /** Notes that an image is gone. */
  delete(id: string): void {
    this.#images?.delete(id);
    for (const changed of this.#changes) changed.set(id, undefined);
  }

  /** Keeps the list on the disk; a disk that is full is no reason to know nothing. */
  async keep(options: OpOptions): Promise<void> {
    const { vfs, snapshot, records, onWarning } = this.#options;
    if (!this.#images || this.#isOffline) return;
    const images = [...this.#images.values()].map(({ image }) => image);
    try {
      await writeSnapshot(vfs, snapshot, { images, records: records.known() }, options);
    } catch (error) {
      if (!isVfsError(error) || error.kind === "Aborted") throw error;
      onWarning(error);
    }
  }

  get #what(): { readonly op: string; readonly url: string } {
    return { op: "list the images", url: this.#options.server.href };
  }

  /** By the listing that is under way, if any. */
  async #list({ signal }: OpOptions): Promise<void> {
    await this.#flights.run("", { signal, ...this.#what }, (signal) => this.#run({ signal }, true));
  }

  async #run(options: OpOptions, mayBeOld: boolean): Promise<void> {
    const { clock, onWarning } = this.#options;
    const number = ++this.#begun;
    const askedAt = this.#askedAt = this.#clock.now();
    const askedOn = clock.now();
    const changed = new Map<string, IndexedImage | undefined>();
    this.#changes.add(changed);
    try {
      const listed = await this.#listed(options);
      // One that began later may have come first.
      if (number < this.#taken) return;
      this.#taken = number;
      this.#take(listed, changed);
      this.#listedAt = askedAt;
      this.#listedOn = askedOn;
      this.#isOffline = false;
    } catch (error) {
      if (!mayBeOld || !isAway(error)) throw error;
      if (number < this.#taken) return;
      if (!this.#images) await this.#takeSnapshot(error, changed, options);
      this.#isOffline = true;
      onWarning(error);
      return;
    } finally {
      this.#changes.delete(changed);
    }
    await this.keep(options);
  }

  async #takeSnapshot(
    error: VfsError,
    changed: ReadonlyMap<string, IndexedImage | undefined>,
    options: OpOptions,
  ): Promise<void> {
    const { vfs, snapshot, records } = this.#options;
    const kept = await readSnapshot(vfs, snapshot, options);
    if (!kept) throw error;
    records.learn(kept.records);
    this.#take(kept.images, changed);
  }

  #take(
    listed: readonly XnatImage[],
    changed: ReadonlyMap<string, IndexedImage | undefined>,
  ): void {
    const images = new Map(listed.map((image) => [image.id, this.#indexed(image)]));
    for (const [id, image] of changed) {
      if (image) images.set(id, image);
      else images.delete(id);
    }
    this.#images = images;
    this.#ids = new Map();
    const md5s = new Set<string>();
    for (
      const { image: { id, path, files, facts: { SeriesInstanceUID: uid } } } of images.values()
    ) {
      this.#ids.set(path, id);
      // A session that is shared has the same scans in several projects.
      if (uid !== undefined && !this.#ids.has(uid)) this.#ids.set(uid, id);
      for (const { md5 } of files) if (md5 !== undefined) md5s.add(md5);
    }
    this.#options.records.keepOnly(md5s);
  }

  #indexed(image: XnatImage): IndexedImage {
    return { image, labels: labelsIn(image.files, this.#options.legacyTags) };
  }

  async #listed(options: OpOptions): Promise<XnatImage[]> {
    const { vfs, server, projects, filter, onWarning } = this.#options;
    const images: XnatImage[] = [];
    const failures: VfsError[] = [];
    const ids = projects ?? await this.#visibleProjects(options);
    const listing = { ...options, onWarning };
    for (const id of ids) {
      try {
        const found = await Array.fromAsync(listImages(vfs, server, id, filter, listing));
        for (const image of found) images.push(image);
      } catch (error) {
        if (!isVfsError(error) || !["NotFound", "PermissionDenied"].includes(error.kind)) {
          throw error;
        }
        failures.push(error);
      }
    }
    // One project that is closed to us must not hide the others; when all are, that is the answer.
    if (failures.length > 0 && failures.length === ids.length) throw failures[0];
    failures.forEach((failure) => onWarning(failure));
    return images;
  }

  async #visibleProjects(options: OpOptions): Promise<string[]> {
    const { vfs, server } = this.#options;
    const names: string[] = [];
    for await (const { name } of vfs.readDir(server, { ...options, refresh: true })) {
      names.push(name);
    }
    return names.sort();
  }
}

/** The server cannot be reached now. */
function isAway(error: unknown): error is VfsError {
  return isVfsError(error) && ["Unavailable", "TimedOut", "Incomplete"].includes(error.kind);
}
