/**
 * Transports with some of their capabilities taken away.
 *
 * @module
 */

import { OPTIONAL_OPERATIONS } from "../../vfs/layers/layer.ts";
import type { Capabilities, Transport } from "../../vfs/transport.ts";
import { has } from "./case.ts";

/** The optional operation behind each capability. */
export const OPERATION_OF = {
  put: "put",
  importFiles: "importFiles",
  remove: "remove",
  removeMany: "removeMany",
  mkdir: "mkdir",
  rename: "rename",
  copy: "copy",
  tree: "tree",
  getMany: "getMany",
  putMany: "putMany",
} as const satisfies Partial<
  Record<keyof Capabilities, typeof OPTIONAL_OPERATIONS[number]>
>;

/**
 * `inner` with other capabilities. The operations of those that are switched off are gone, so that what is
 * built on top has to do without.
 */
export function masked(
  inner: Transport,
  mask: Partial<Capabilities>,
): Transport {
  const capabilities = { ...inner.capabilities, ...mask };
  const hidden = new Set<string>();
  for (const [capability, operation] of Object.entries(OPERATION_OF)) {
    if (!has(capabilities, capability as keyof Capabilities)) {
      hidden.add(operation);
    }
  }
  const outer: Transport = {
    capabilities,
    stat: (at, options) => inner.stat(at, options),
    list: (at, options) => inner.list(at, options),
    get: (at, options) => inner.get(at, options),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  for (const name of OPTIONAL_OPERATIONS) {
    if (inner[name] && !hidden.has(name)) {
      Object.assign(outer, { [name]: inner[name].bind(inner) });
    }
  }
  return outer;
}
