/**
 * A filesystem with the drivers that come with medvfs.
 *
 * @module
 */

import { builtinRegistry } from "../transports/builtin.ts";
import { kernel } from "./notebook.ts";
import { NotebookVfs } from "./notebook_vfs.ts";
import { Vfs, type VfsOptions } from "./vfs.ts";

/**
 * Makes a filesystem with the built-in drivers and settings of its own.
 *
 * @example
 * ```ts
 * import { createVfs } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * await using vfs = createVfs({ layers: { retry: { attempts: 10 } } });
 * await vfs.writeFile("memory:///a/b.txt", "hello");
 * assert.equal(await vfs.info("memory:///a"), "0 directories, 1 file");
 * ```
 */
export function createVfs(options: Partial<VfsOptions> = {}): Vfs {
  const Class = kernel() ? NotebookVfs : Vfs;
  const { registry = builtinRegistry() } = options;
  return new Class({ ...options, registry });
}
