/**
 * Stand-in for the part of `@std/fs` that medvfs uses, where the JSR registry can't be reached.
 *
 * @module
 */

export { ensureDir } from "./ensure_dir.ts";
export { exists } from "./exists.ts";
export type { ExistsOptions } from "./exists.ts";
export { walk } from "./walk.ts";
export type { WalkEntry, WalkOptions } from "./walk.ts";
