/**
 * What Deno has to permit before a command changes anything.
 *
 * @module
 */

import { dirname } from "@std/path";
import { isVfsError, VfsError } from "../vfs/errors.ts";
import { isWithin, nativePath } from "../vfs/location/file_path.ts";
import type { Location } from "../vfs/location/location.ts";
import { withSlashes } from "../vfs/location/native_path.ts";
import { isGranted, permissionFlag } from "../vfs/platform.ts";
import type { Changes, CommandSpec } from "./command.ts";
import { Operand } from "./operand.ts";
import { folderOf, hasWildcard } from "./sources.ts";

const PORTS: Readonly<Record<string, number>> = {
  dicom: 104,
  dicoms: 2762,
  http: 80,
  https: 443,
  xnat: 443,
  "xnat+http": 80,
};
const VERBS: Readonly<Record<string, string>> = { cp: "copy", mv: "move", rm: "remove" };
/** More paths than these become the folder that all are in. */
const MOST = 4;

/**
 * Refuses to begin what Deno would not permit, with all the flags that it takes, where each place in turn would tell its own.
 *
 * @throws `PermissionDenied`
 */
export function requirePermissions(
  command: string,
  places: readonly string[],
  changes: Changes,
  sourcesOf: CommandSpec<never>["sources"],
): void {
  const patterns = sourcesOf === "but last" ? places.length - 1 : 0;
  const all = places.map((place, i) => locationOf(place, i < patterns));
  const last = all.at(-1);
  const sources = all.slice(0, -1);
  const needed = { read: new Set<string>(), write: new Set<string>(), net: new Set<string>() };
  let lacking: Location | undefined;
  for (const location of all) {
    if (!location) continue;
    const port = location.port ?? PORTS[location.scheme];
    if (port !== undefined) {
      const host = `${location.host}:${port}`;
      needed.net.add(host);
      if (!isGranted({ name: "net", host })) lacking ??= location;
    }
    if (location.scheme !== "file") continue;
    const path = nativePath(location);
    const isChanged = changes === "all" || (location === last && changes !== "nothing");
    const isPermitted = isGranted({ name: "read", path }) &&
      (!isChanged || isWritable(path) || (location === last && mayMakeIn(location, sources)));
    if (!isPermitted) lacking ??= location;
    const isFile = location === last && sources.length === 1 && changes !== "into";
    const touched = isFile ? placeOf(location, path) : path;
    needed.read.add(touched);
    if (isChanged) needed.write.add(touched);
  }
  if (!lacking) return;
  const [read, write, net] = [together([...needed.read]), together([...needed.write]), [
    ...needed.net,
  ]];
  const descriptors: Deno.PermissionDescriptor[] = [
    ...read.map((path) => ({ name: "read", path }) as const),
    ...write.map((path) => ({ name: "write", path }) as const),
    ...net.map((host) => ({ name: "net", host }) as const),
  ];
  // At a terminal Deno asks, unless it is told not to.
  if (descriptors.every((each) => Deno.permissions.requestSync(each).state === "granted")) return;
  const flags = [...flag("read", read), ...flag("write", write), ...flag("net", net)];
  const reason = `needs ${flags.join(" ")}`;
  const op = VERBS[command] ?? command;
  throw new VfsError("PermissionDenied", { op, url: lacking.href, reason });
}

/** Where a place is that others are read from or go to; what is none is told by who works on it. */
function locationOf(place: string, mayBePattern: boolean): Location | undefined {
  try {
    const isPattern = mayBePattern && hasWildcard(place) && !isThere(place);
    const { location } = new Operand(isPattern ? folderOf(withSlashes(place)) : place);
    if (location.scheme === "file") nativePath(location);
    return location;
  } catch (error) {
    if (isVfsError(error)) return undefined;
    throw error;
  }
}

/** Whether a file has the very name that could be a pattern. */
function isThere(place: string): boolean {
  try {
    const path = nativePath(new Operand(place).location);
    return isGranted({ name: "read", path }) && Deno.lstatSync(path) !== undefined;
  } catch {
    // It is none, or nobody may look.
    return false;
  }
}

function isWritable(path: string): boolean {
  return isGranted({ name: "write", path });
}

/** Whether all that goes into `folder` under its own name may. */
function mayMakeIn(folder: Location, sources: readonly (Location | undefined)[]): boolean {
  return sources.every((source) =>
    source !== undefined && source.name !== "" && isWritable(nativePath(folder.child(source.name)))
  );
}

/** The folder of a file, which is written beside its place first; a folder itself. */
function placeOf(location: Location, path: string): string {
  const above = location.parent();
  const isFolder = location.isDirectoryHint || !above || above.segments.length === 0 ||
    isDirectory(path);
  return isFolder ? path : nativePath(above);
}

function isDirectory(path: string): boolean {
  try {
    return isGranted({ name: "read", path }) && Deno.statSync(path).isDirectory;
  } catch {
    // It is not there yet, or nobody may look.
    return false;
  }
}

/** Paths without those that lie in others; of many the folder that they share. */
function together(paths: readonly string[]): string[] {
  const all = new Set(paths);
  const isIn = (path: string): boolean => {
    const above = dirname(path);
    return above !== path && (all.has(above) || isIn(above));
  };
  const tops = paths.filter((path) => !isIn(path));
  if (tops.length <= MOST) return tops;
  return [tops.reduce((folder, path) => {
    let shared = folder;
    while (!isWithin(shared, path) && dirname(shared) !== shared) shared = dirname(shared);
    return shared;
  })];
}

function flag(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [permissionFlag(name, values)];
}
