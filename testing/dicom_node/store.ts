/**
 * Where instances are stored, and by which rules.
 *
 * @module
 */

import type { PutMode } from "../../vfs/transport.ts";
import type { Folder } from "./folder.ts";
import type { InstanceIndex } from "./index/instance_index.ts";
import type { UnderWay } from "./under_way.ts";

/**
 * What to do with an instance that is there already, but not with the same dataset: `refuse` it, `replace` what is
 * there, or `keep` that and say that all is well.
 */
export type Duplicates = "refuse" | "replace" | "keep";

/** Where instances are stored. */
export interface Store {
  readonly folder: Folder;
  readonly index: InstanceIndex;
  readonly duplicates: Duplicates;
  /** Whether a new file can be kept from replacing another; who has an index does not know all that others store. */
  readonly isExclusive: boolean;
  /** What is being stored in pieces. */
  readonly underWay: UnderWay;
}

/** How a file is made in the folder. */
export function putMode({ duplicates, isExclusive }: Store): PutMode {
  return duplicates !== "replace" && isExclusive ? "create" : "replace";
}
