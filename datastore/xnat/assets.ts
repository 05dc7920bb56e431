/**
 * Scans on a mount of the server's archive, found without asking the server.
 *
 * @module
 */

import { isNotFound } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { localPath } from "../local_path.ts";
import type { XnatImage } from "./image.ts";
import type { XnatDatastoreOptions } from "./options.ts";

/** One row of the table: paths in the archive that begin so lie there. */
interface Mounted {
  readonly prefix: readonly string[];
  readonly folder: Location;
}

/** The table of mounts, the longest beginnings first. */
export class Assets {
  readonly #vfs: Vfs;
  readonly #table: readonly Mounted[];

  /** Makes the table of the option. */
  constructor(vfs: Vfs, assetPath: XnatDatastoreOptions["assetPath"]) {
    this.#vfs = vfs;
    const rows = typeof assetPath === "string" ? { "": assetPath } : assetPath ?? {};
    this.#table = Object.entries(rows)
      .filter(([, folder]) => folder !== "")
      .map(([prefix, folder]) => ({
        prefix: prefix.split("/").filter((name) => name !== ""),
        folder: parseLocation(folder).location,
      }))
      .sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The folder of DICOM files of a scan, if it is there and has some. */
  async folderOf(image: XnatImage, options: OpOptions): Promise<string | undefined> {
    for (const { prefix, folder } of this.#table) {
      // XNAT's layout: archive/PROJECT/arc001/SESSION/SCANS/SCAN/RESOURCE.
      const path = [image.owner, undefined, image.session, "SCANS", image.scan, "DICOM"];
      const begins = prefix.every((name, i) => path[i] === undefined || path[i] === name);
      if (!begins || prefix.length > 3) continue;
      const rest = path.slice(prefix.length);
      for (const found of await this.#below(folder, rest, options)) {
        if (await this.#hasImages(found, options)) return localPath(found);
      }
    }
  }

  /** The places of `path` below `folder`; what is left open is any folder of an archive. */
  async #below(
    folder: Location,
    path: readonly (string | undefined)[],
    options: OpOptions,
  ): Promise<Location[]> {
    const open = path.indexOf(undefined);
    const names = (part: readonly (string | undefined)[]) => part as readonly string[];
    if (open < 0) return [folder.join(...names(path))];
    const above = folder.join(...names(path.slice(0, open)));
    const archives = (await this.#names(above, options)).filter((name) => /^arc\d+$/i.test(name));
    return archives.sort().map((name) => above.join(name, ...names(path.slice(open + 1))));
  }

  async #hasImages(folder: Location, options: OpOptions): Promise<boolean> {
    return (await this.#names(folder, options)).some((name) => !name.endsWith("_catalog.xml"));
  }

  async #names(folder: Location, options: OpOptions): Promise<string[]> {
    try {
      const entries = await Array.fromAsync(this.#vfs.readDir(folder, options));
      return entries.map(({ name }) => name);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }
}
