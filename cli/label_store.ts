/**
 * The datastore that a command works on.
 *
 * @module
 */

import type { Option } from "commander";
import type { Datastore, ImageFilter } from "../datastore/mod.ts";
import { VfsError } from "../vfs/errors.ts";
import { option, repeatable } from "./command.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { Operand } from "./operand.ts";

/** Options of all commands on datastores. */
export interface StoreOptions {
  readonly modality?: readonly string[];
  readonly type?: readonly string[];
  readonly quality?: readonly string[];
  readonly cache?: string;
  readonly assets?: string;
  readonly segmentations?: boolean;
}

/** These options, as the parser wants them. */
export function storeOptions(): Option[] {
  return [
    repeatable("--modality <name>", "XNAT: only scans of this modality, such as CT", String),
    repeatable("--type <name>", "XNAT: only scans of this type", String),
    repeatable("--quality <name>", "XNAT: only scans of this quality, such as usable", String),
    option("--cache <folder>", "XNAT: where images are kept that were fetched"),
    option("--assets <folder>", "XNAT: where its archive is mounted on this machine"),
    option("--no-segmentations", "XNAT: labels as files alone, as where its ROI plugin is missing"),
  ];
}

/**
 * The datastore at the one place in `operands`: the scans of an XNAT, otherwise a folder.
 *
 * @throws {UsageError} when there are more
 * @throws {VfsError} `NotFound`, `NotADirectory` where no folder is
 */
export async function oneStore(
  { vfs, console, signal }: Context,
  [url = "", ...more]: readonly string[],
  options: StoreOptions,
): Promise<Datastore> {
  if (more.length > 0) throw new UsageError(`Nothing can be done with "${more[0]}"`);
  const { where, location } = new Operand(url);
  const { FolderDatastore, XnatDatastore } = await import("../datastore/mod.ts");
  if (!/^xnat(\+http)?$/.test(location.scheme)) {
    // The datastore makes the folder that it is to be in; here that would be a mistyped one.
    const { kind } = await vfs.stat(where, { signal });
    if (kind !== "directory") {
      throw new VfsError("NotADirectory", { op: "open", url: location.href });
    }
    return new FolderDatastore(where, { vfs });
  }
  const { modality, type, quality, cache, assets, segmentations } = options;
  const filter: ImageFilter = { modality, type, quality };
  return new XnatDatastore({
    apiUrl: where,
    vfs,
    filter,
    cachePath: cache,
    assetPath: assets,
    segmentations,
    onWarning: ({ message }) => console.warning(`medvfs: ${message}`),
  });
}
