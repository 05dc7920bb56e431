/**
 * What a layer is, and the base that forwards everything.
 *
 * @module
 */

import type { Transport } from "../transport.ts";

/**
 * A function over a transport. State is captured when the layer is made, so that a layer can be applied to
 * several transports and share, say, one limit.
 */
export type Layer = (inner: Transport) => Transport;

/** The optional operations of a transport. */
export const OPTIONAL_OPERATIONS = [
  "findMissing",
  "getMany",
  "checkName",
  "put",
  "putMany",
  "importFiles",
  "checkRemoval",
  "remove",
  "removeMany",
  "mkdir",
  "rename",
  "copy",
  "tree",
  "describe",
] as const;

/**
 * `inner` with some operations replaced. An override of an operation that `inner` lacks is left out, so that
 * what is there still agrees with the capability record; so are the optional operations in `without`.
 */
export function override(
  inner: Transport,
  operations: Partial<Transport>,
  without: readonly string[] = [],
): Transport {
  const outer: Transport = {
    capabilities: operations.capabilities ?? inner.capabilities,
    stat: (location, options) => inner.stat(location, options),
    list: (location, options) => inner.list(location, options),
    get: (location, options) => inner.get(location, options),
    [Symbol.asyncDispose]: operations[Symbol.asyncDispose] ??
      (() => inner[Symbol.asyncDispose]()),
  };
  for (const name of OPTIONAL_OPERATIONS) {
    if (inner[name] && !without.includes(name)) {
      Object.assign(outer, { [name]: inner[name].bind(inner) });
    }
  }
  for (const [name, operation] of Object.entries(operations)) {
    if (inner[name as keyof Transport]) {
      Object.assign(outer, { [name]: operation });
    }
  }
  return outer;
}
