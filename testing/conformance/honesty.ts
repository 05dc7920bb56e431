/**
 * Whether a transport can do what it claims, and claims what it can do.
 *
 * @module
 */

import { OPTIONAL_OPERATIONS } from "../../vfs/layers/layer.ts";
import type { Capabilities, Transport } from "../../vfs/transport.ts";
import { type ConformanceCase, has } from "./case.ts";
import { OPERATION_OF } from "./mask.ts";

/** How a case ended. */
export type Result =
  | "passed"
  | "failed"
  | "skipped";

/** Capabilities that the record of a transport must hold, to be no less than whole. */
const FLAGS = [
  "range",
  "etag",
  "size",
  "tree",
  "exclusive",
  "append",
  "remove",
  "removeTree",
  "mkdir",
  "emptyDirectories",
  "rename",
  "copy",
  "symlinks",
  "query",
] as const satisfies readonly (keyof Capabilities)[];

/** Capabilities that say more about `put`. */
const EXTRAS = [
  "naming",
  "exclusive",
  "putsIfMatch",
  "looksFirst",
  "append",
  "maxPutSize",
  "keepsTimes",
  "batches",
] as const satisfies readonly (keyof Capabilities)[];

/** What is wrong with the capability record of `transport` by itself. */
export function contradictions(transport: Transport): string[] {
  const { capabilities } = transport;
  const found: string[] = [];
  for (const flag of FLAGS) {
    if (typeof capabilities[flag] !== "boolean") {
      found.push(`"${flag}" is ${capabilities[flag]}, not true or false`);
    }
  }
  if (!["atomic", "partial", "none"].includes(capabilities.put)) {
    found.push(`"put" is ${JSON.stringify(capabilities.put)}`);
  }
  if (!["path", "content"].includes(capabilities.naming)) {
    found.push(`"naming" is ${JSON.stringify(capabilities.naming)}`);
  }
  if (!(capabilities.maxConcurrency >= 1)) {
    found.push(`"maxConcurrency" is ${capabilities.maxConcurrency}`);
  }
  for (const [capability, operation] of Object.entries(OPERATION_OF)) {
    const isClaimed = has(capabilities, capability as keyof Capabilities);
    const isThere = transport[operation] !== undefined;
    if (isClaimed && !isThere) found.push(`"${capability}" has no ${operation}()`);
    if (!isClaimed && isThere) found.push(`${operation}() is there, undeclared`);
  }
  for (const extra of EXTRAS) {
    if (capabilities.put === "none" && has(capabilities, extra)) {
      found.push(`"${extra}" is claimed without "put"`);
    }
  }
  if (capabilities.removeTree && !capabilities.remove) {
    found.push('"removeTree" is claimed without "remove"');
  }
  for (const name of OPTIONAL_OPERATIONS) {
    const operation = transport[name];
    if (operation !== undefined && typeof operation !== "function") {
      found.push(`"${name}" is no method`);
    }
  }
  return found;
}

/** Capabilities that are claimed, and that no case has shown. */
export function unproven(
  capabilities: Capabilities,
  cases: readonly ConformanceCase[],
  results: ReadonlyMap<string, Result>,
): string[] {
  const proven = new Set<string>();
  const excused = new Set<string>();
  for (const { id, requires } of cases) {
    const result = results.get(id);
    for (const requirement of requires) {
      if (typeof requirement !== "string") continue;
      if (result === "passed") proven.add(requirement);
      if (result === "skipped") excused.add(requirement);
    }
  }
  return (Object.keys(capabilities) as (keyof Capabilities)[])
    .filter((name) => has(capabilities, name))
    .filter((name) => !proven.has(name) && !excused.has(name));
}
