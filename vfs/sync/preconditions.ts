/**
 * What is refused before anything is done.
 *
 * @module
 */

import { liesIn } from "../copy/lies_in.ts";
import { areInOneArchive } from "../copy/one_archive.ts";
import { FunctionNotSupported, VfsError } from "../errors.ts";
import { nativePath } from "../location/file_path.ts";
import { Location } from "../location/location.ts";
import { parseNativePath } from "../location/native_path.ts";
import { isGranted } from "../platform.ts";
import { infoAt } from "../presence.ts";
import { orAborted, throwIfAborted } from "../concurrency/signals.ts";
import type { Finder } from "../sources.ts";
import type { SyncOptions } from "./options.ts";
import type { Place } from "../transport.ts";

/** A source and a destination. */
interface Both {
  readonly source: Place;
  readonly target: Place;
}

/** @throws `InvalidArgument`, `NotSupported` for options that make no sense, or that a side cannot do */
export function checkOptions(
  options: SyncOptions,
  { source, target: { transport, location } }: Both,
  op: "sync" | "check",
): void {
  const { layout, maxDelete, dryRun, importer, delete: deletes } = options;
  const { scheme, href } = location;
  const isNamed = transport.capabilities.naming === "path";
  const refuse = (reason: string) => {
    throw new VfsError("InvalidArgument", { op, url: href, reason });
  };
  if (maxDelete !== undefined && !(maxDelete >= 0)) refuse("maxDelete must not be negative");
  for (const name of ["bytesPerSecond", "operationsPerSecond"] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0)) refuse(`${name} must be above 0`);
  }
  if (layout !== undefined && deletes) {
    refuse("with a layout nothing is deleted, since files of other sources may be there");
  }
  if (source.location.query !== "" && deletes && op === "sync") {
    refuse("with a query on the source nothing is deleted, since it hides what is there");
  }
  if (!isNamed && layout !== undefined) {
    refuse("a layout means nothing where the content gives a file its place");
  }
  if (importer && (layout !== undefined || deletes)) {
    refuse("an importer gives files their places, so neither a layout nor deleting goes with it");
  }
  const lacks = (what: string) => new FunctionNotSupported(scheme, op, href, what);
  if (!isNamed && op === "check") throw lacks("being compared");
  if (!isNamed && deletes) throw lacks("deleting what the source does not have");
  if (importer && !transport.importFiles) throw lacks("importing");
  if (dryRun) return;
  if (!transport.put) throw lacks("writing");
  if (deletes && !transport.remove) throw lacks("deleting");
}

/**
 * Whether anything is at the destination, as far as that can be known.
 *
 * @throws `InvalidArgument` for places that are one or lie in each other; `NotADirectory`, `NotFound`
 */
export async function checkPlaces(
  { source, target, at }: Both & { readonly at: Finder["at"] },
  op: "sync" | "check",
  signal: AbortSignal,
): Promise<boolean> {
  const from = source.location;
  const to = target.location;
  throwIfAborted(signal, op, from.href);
  const same = (reason: string) => new VfsError("InvalidArgument", { op, url: from.href, reason });
  const refuseIn = (a = from, b = to) => {
    if (a.contains(b)) throw same(`the destination "${to.href}" is the source, or lies in it`);
    if (b.contains(a)) throw same(`the source lies in the destination "${to.href}"`);
  };
  refuseIn();
  if (from.origin !== to.origin && await areInOneArchive(from, to, at, signal)) {
    const { scheme, host, port } = from;
    refuseIn(from, new Location({ scheme, host, port, segments: to.segments }));
  }
  const info = await source.transport.stat(from, { signal });
  if (info.kind !== "directory") throw new VfsError("NotADirectory", { op, url: from.href });
  if (target.transport.capabilities.naming === "content") return true;
  const there = await infoAt(target, signal);
  if (there && there.kind !== "directory") {
    throw new VfsError("NotADirectory", { op, url: to.href });
  }
  if (info.id === undefined || from.origin !== to.origin) return there !== undefined;
  const real = Promise.all([realOf(from), realOf(to)]);
  refuseIn(...await orAborted(real, signal, op, from.href));
  if (there?.id === info.id) {
    throw same(`the destination "${to.href}" is the source under another name`);
  }
  if (await liesIn(target, info.id, from, signal)) {
    throw same(`the destination "${to.href}" lies in the source under another name`);
  }
  if (there?.id !== undefined && await liesIn(source, there.id, to, signal)) {
    throw same(`the source lies in the destination "${to.href}" under another name`);
  }
  return there !== undefined;
}

/** Where a file or directory on a disk is without the links on its way, as far as that can be seen. */
async function realOf(at: Location): Promise<Location> {
  const above = at.parent();
  if (at.scheme !== "file" || !above) return at;
  const path = nativePath(at);
  const real = isGranted({ name: "read", path })
    ? await Deno.realPath(path).catch(() => undefined)
    : undefined;
  if (real === undefined) return (await realOf(above)).child(at.name);
  return new Location({ scheme: "file", ...parseNativePath(real) });
}
