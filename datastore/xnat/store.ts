/**
 * What all parts of an XNAT datastore work with.
 *
 * @module
 */

import { type Clock, systemClock } from "../../vfs/concurrency/clock.ts";
import type { Credentials } from "../../vfs/credentials/credentials.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { digester } from "../../vfs/bytes/digest.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { homePath, permittedEnv } from "../../vfs/platform.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { CacheFolder } from "../cache/cache_folder.ts";
import { ImageNotFound } from "../errors.ts";
import { KeyedLock } from "../single_flight.ts";
import { Assets } from "./assets.ts";
import { type ImageId, imageLocation, type XnatImage } from "./image.ts";
import { ImageIndex, type IndexedImage } from "./image_index.ts";
import { fileOf } from "./list_images.ts";
import { credentialsOf, projectsOf, serverOf, type XnatDatastoreOptions } from "./options.ts";
import { RecordStore } from "./record_store.ts";
import { RESOURCE, type StoredFile } from "./stored_label.ts";

const GIB = 2 ** 30;

/** The parts of a store, put together. */
export class XnatStore implements AsyncDisposable {
  /** The server. */
  readonly server: Location;
  /** Projects; all that can be seen when undefined. */
  readonly projects: readonly string[] | undefined;
  /** Reads and writes. */
  readonly vfs: Vfs;
  /** What there is. */
  readonly index: ImageIndex;
  /** What labels and images say of themselves. */
  readonly records: RecordStore;
  /** What was fetched. */
  readonly cache: CacheFolder;
  /** What is mounted. */
  readonly assets: Assets;
  /** Time. */
  readonly clock: Clock;
  /** One change of an image or label at a time. */
  readonly lock: KeyedLock = new KeyedLock();
  readonly #isOwn: boolean;
  readonly #login: Credentials | undefined;

  /** Puts the parts together for the server of `options`, with the cache at `root`. */
  constructor(readonly options: XnatDatastoreOptions, root: Location) {
    const { server, project, credentials } = serverOf(options.apiUrl);
    const login = this.#login = credentialsOf(options, credentials);
    this.server = server;
    this.projects = projectsOf(options, project);
    this.#isOwn = options.vfs === undefined;
    this.vfs = options.vfs ?? createVfs({ credentials: () => login });
    this.clock = options.clock ?? systemClock;
    this.records = new RecordStore(this.vfs);
    this.assets = new Assets(this.vfs, options.assetPath);
    this.cache = new CacheFolder({
      vfs: this.vfs,
      root: root.child("files"),
      maxBytes: options.cacheBytes ?? 64 * GIB,
    });
    this.index = new ImageIndex({
      vfs: this.vfs,
      server,
      projects: this.projects,
      filter: options.filter,
      ttlMs: options.ttlMs ?? 300_000,
      legacyTags: options.legacyTags,
      snapshot: root.child("index.json"),
      records: this.records,
      clock: this.clock,
      onWarning: options.onWarning ?? (() => {}),
    });
  }

  /** Tells a filesystem that is not our own who we are, if the options do. */
  async introduce(): Promise<void> {
    const { scheme, host, port } = this.server;
    const { username, password } = this.#login ?? {};
    if (this.#isOwn || password === undefined) return;
    const userinfo = [username ?? "", password.reveal()].map(encodeURIComponent).join(":");
    await this.vfs.capabilities(`${scheme}://${userinfo}@${host}${port ? `:${port}` : ""}`);
  }

  /** The image of an id. @throws {ImageNotFound} */
  async image(imageId: string, options: OpOptions): Promise<IndexedImage> {
    const found = await this.index.find(imageId, options);
    if (!found) throw new ImageNotFound(this.server.href, imageId);
    return found;
  }

  /** Where an image is. */
  locate(image: ImageId): Location {
    return imageLocation(this.server, image);
  }

  /** Where the labels of an image are. */
  resource(image: ImageId): Location {
    return this.locate(image).child(RESOURCE);
  }

  /**
   * The files in the resource of an image's labels as they are now, whoever changed them.
   *
   * @throws {ImageNotFound} for a scan that is gone, which storing something in it would make anew
   */
  async listNow(image: XnatImage, options: OpOptions): Promise<StoredFile[]> {
    const files = await this.list(this.resource(image), options, true);
    if (files.length > 0 || await this.vfs.exists(this.locate(image), options)) return files;
    this.index.delete(image.id);
    throw new ImageNotFound(this.server.href, image.id);
  }

  /** The files of a resource as of our last change of it, or, with `refresh`, as they are now; none when it is missing. */
  async list(
    resource: Location,
    { signal }: OpOptions,
    refresh = false,
  ): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    try {
      // Level by level, since that is what the driver remembers of its own changes.
      const walk = { signal, refresh, includeDirs: false, maxDepth: 9 };
      for await (const entry of this.vfs.entries(resource, walk)) {
        files.push(fileOf(entry, resource.segments.length));
      }
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return files;
  }

  /** Keeps the list of images, and closes what is the store's own. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.index.keep({});
    } finally {
      if (this.#isOwn) await this.vfs.close();
    }
  }
}

/** Where the cache of a server and a user is. Users see different things, so none reads another's. */
export async function cacheRoot(options: XnatDatastoreOptions): Promise<Location> {
  const { server, credentials } = serverOf(options.apiUrl);
  const user = credentialsOf(options, credentials)?.username ?? "";
  const digest = await digester(["sha256"]);
  digest!.update(new TextEncoder().encode(JSON.stringify([server.href, user])));
  const folder = options.cachePath ?? defaultFolder();
  if (folder === undefined) {
    const reason = "no cachePath is given, and the home folder is not known";
    throw new VfsError("InvalidArgument", { op: "open the datastore", url: server.href, reason });
  }
  return parseLocation(folder).location.child(digest!.digests().sha256!.slice(0, 16));
}

function defaultFolder(): string | undefined {
  const cache = permittedEnv("XDG_CACHE_HOME");
  return cache ? `${cache}/medvfs/datastore` : homePath(".cache", "medvfs", "datastore");
}
