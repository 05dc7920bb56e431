/**
 * What a name means where several things may have it, and the errors when it means none or too many.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { NamePattern } from "../../vfs/patterns/name_pattern.ts";
import type { Named } from "./model.ts";

/** The scan with this id; or with this type, this series description, or matching this pattern, if it is one. */
export function oneScan(scans: readonly Named[], name: string, ask: Ask): Named {
  const found = scansMeant(scans, name);
  const [first, ...others] = found;
  if (!first) throw missing(ask, `there is no scan ${JSON.stringify(name)}`);
  if (others.length === 0) return first;
  throw ambiguous(ask, name, "scan", found.map(describeScan));
}

/** All scans that `name` can mean: one by id, or those by type, by description, by pattern. */
function scansMeant(scans: readonly Named[], name: string): Named[] {
  const tests: ((scan: Named) => boolean)[] = [
    ({ id }) => id === name,
    ({ attributes }) => attributes.type === name,
    ({ attributes }) => attributes.series_description === name,
  ];
  const pattern = new NamePattern(name);
  if (!pattern.isLiteral) {
    tests.push(({ id, attributes: { type, series_description } }) =>
      [id, type, series_description].some((text) => text !== undefined && pattern.match(text))
    );
  }
  for (const test of tests) {
    const found = scans.filter(test);
    if (found.length > 0) return found;
  }
  return [];
}

function describeScan({ id, attributes }: Named): string {
  const text = attributes.series_description ?? attributes.type;
  return text === undefined ? id : `${id} (${text})`;
}

/** `name` means several things. */
export function ambiguous(
  ask: Ask,
  name: string,
  what: string,
  candidates: readonly string[],
): VfsError {
  const shown = candidates.slice(0, 20).join(", ");
  const more = candidates.length > 20 ? ", …" : "";
  return new VfsError("InvalidArgument", {
    op: ask.op,
    url: ask.url,
    reason: `${JSON.stringify(name)} can mean more than one ${what}: ${shown}${more}`,
  });
}

/** Nothing is there. */
export function missing(ask: Ask, reason?: string): VfsError {
  return new VfsError("NotFound", { op: ask.op, url: ask.url, reason });
}
