/**
 * A request on its way, and the place that it is about.
 *
 * @module
 */

import { Problem } from "../serving/problem.ts";
import { isVfsError, VfsError } from "../vfs/errors.ts";
import { Location } from "../vfs/location/location.ts";
import type { Settings } from "./options.ts";

/** A request on its way. */
export interface Call {
  /** The request. */
  readonly request: Request;
  /** Its query. */
  readonly query: URLSearchParams;
  /** How the page is set up. */
  readonly settings: Settings;
  /** Fires when the visitor goes away and when the server ends. */
  readonly signal: AbortSignal;
  /** The same, and when the answer takes too long. */
  readonly soon: AbortSignal;
}

/** Answers one kind of request. */
export type Route = (call: Call) => Response | Promise<Response>;

/**
 * The place that a parameter names: the segments of its path below the root, each percent-encoded. The path of the
 * request would not do, since browsers take dot segments out of it, and names may hold a slash.
 *
 * @throws {Problem} 422 where it is no path, or leaves the root
 */
export function placeOf({ query, settings }: Call, parameter = "path"): Location {
  const { root, about } = settings;
  const path = query.get(parameter) ?? "";
  if (path === "") return root;
  try {
    const names = path.split("/").map(decodeURIComponent);
    const below = root.join(...names);
    // In an archive the pattern counts for files too.
    return about.archives ? new Location({ ...below, query: root.query }) : below;
  } catch (error) {
    if (!(error instanceof URIError || isVfsError(error))) throw error;
    throw new Problem(422, "That is no path below what is shown");
  }
}

/** The directory that `place` is in, which is not above the root. @throws `PermissionDenied` */
export function folderOf(place: Location, root: Location): Location {
  const parent = place.parent();
  if (parent && root.contains(parent)) {
    return new Location({ ...parent, query: root.query });
  }
  throw new VfsError("PermissionDenied", { op: "list", url: place.href, reason: "it is the root" });
}

/** A whole number in the query. @throws {Problem} 422 */
export function numberIn(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Problem(422, `"${name}" must be a whole number of ${least} to ${most}`);
}
