/**
 * Mirroring one place to another, and comparing two.
 *
 * @module
 */

export { checkTree } from "./check.ts";
export { syncTree } from "./sync.ts";
