/**
 * Entries as records for machines.
 *
 * @module
 */

import type { Entry } from "../vfs/entry.ts";
import type { Info } from "../vfs/transport.ts";
import type { Operand } from "./operand.ts";

/** What `--json` tells of an entry below `top`. Sizes are in bytes, dates in ISO 8601. */
export function entryRecord(entry: Entry, top: Operand): Record<string, unknown> {
  const { name, kind, target, label, url, info } = entry;
  const { kind: _, ...rest } = info ? infoRecord(info) : {};
  return { name, kind, target, label, ...top.pathField(entry.location), url, ...rest };
}

/** What `--json` tells of an info. Identities of files on disk mean nothing outside, so they are left out. */
export function infoRecord({ id: _, ...info }: Info): Record<string, unknown> {
  return { ...info };
}
