/**
 * `GET list`: what is in a directory, as it comes.
 *
 * @module
 */

import { type Entry, followed } from "../../vfs/entry.ts";
import { Location } from "../../vfs/location/location.ts";
import { type Call, placeOf } from "../call.ts";
import { inGroups, jsonLines } from "../json_lines.ts";

const GROUP = { size: 1000, waitMs: 100 };

/** Lines of `{entries: […]}`, and `{end: {isCut}}`. With `dirs=1` directories alone, and no more than their names. */
export function list(call: Call): Response {
  return jsonLines(entries(call, call.query.get("dirs") === "1"));
}

async function* entries(call: Call, onlyDirs: boolean): AsyncGenerator<unknown> {
  const { settings: { vfs, root, limits }, signal } = call;
  const place = new Location({ ...placeOf(call), query: root.query });
  let count = 0;
  const options = { detail: !onlyDirs, signal };
  for await (const group of inGroups(vfs.readDir(place, options), GROUP)) {
    const wanted = onlyDirs ? group.filter(isDirectory) : group;
    const shown = wanted.slice(0, limits.entries - count);
    count += shown.length;
    if (shown.length > 0) yield { entries: shown.map(rowOf) };
    if (shown.length < wanted.length) return yield { end: { isCut: true } };
  }
  yield { end: { isCut: false } };
}

function isDirectory(entry: Entry): boolean {
  return followed(entry) === "directory";
}

function rowOf(entry: Entry): Record<string, unknown> {
  const { name, kind, label, info } = entry;
  const isDir = isDirectory(entry);
  return {
    name,
    isDir,
    ...(kind === "symlink" && { isLink: true }),
    ...(kind === "other" && { isOther: true }),
    ...(label !== undefined && { label }),
    ...(info?.size !== undefined && !isDir && { size: info.size }),
    ...(info?.mtime && { mtime: info.mtime.getTime() }),
  };
}
