/**
 * Name and description of a datastore, which its first project keeps.
 *
 * @module
 */

import { isNotFound, VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { recordOf } from "../../vfs/json.ts";
import type { XnatStore } from "./store.ts";
import { RESOURCE } from "./stored_label.ts";

/** Small facts about a store as a whole. */
export class DatastoreSettings {
  readonly #store: XnatStore;
  #known: Readonly<Record<string, unknown>> | undefined;

  /** Those of `store`. */
  constructor(store: XnatStore) {
    this.#store = store;
  }

  /** A fact, if it was set. */
  async get(key: "name" | "description"): Promise<string | undefined> {
    this.#known ??= await this.#read();
    const value = this.#known[key];
    return typeof value === "string" ? value : undefined;
  }

  /** Sets a fact. @throws `NotSupported` when the store has no project of its own */
  async set(key: "name" | "description", value: string): Promise<void> {
    const { lock, vfs, server } = this.#store;
    const at = this.#location;
    if (!at) {
      const reason = "name the projects of the datastore, the first of which keeps this";
      throw new VfsError("NotSupported", { op: `set the ${key} of`, url: server.href, reason });
    }
    await lock.run("settings", { op: "set", url: at.href }, async () => {
      const settings = { ...await this.#read(), [key]: value };
      await vfs.writeFile(at, JSON.stringify(settings, undefined, 2) + "\n");
      this.#known = settings;
    });
  }

  get #location(): Location | undefined {
    const { server, projects } = this.#store;
    const [first] = projects ?? [];
    return first === undefined
      ? undefined
      : server.join(first, ".resources", RESOURCE, "datastore.json");
  }

  async #read(): Promise<Readonly<Record<string, unknown>>> {
    const at = this.#location;
    if (!at || this.#store.index.isOffline) return {};
    try {
      return recordOf(JSON.parse(await this.#store.vfs.readTextFile(at)));
    } catch (error) {
      if (isNotFound(error) || error instanceof SyntaxError) return {};
      throw error;
    }
  }
}
