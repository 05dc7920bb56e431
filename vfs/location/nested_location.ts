/**
 * Locations inside a file that has a location itself: the host is that one's URL, percent-encoded.
 *
 * @module
 */

import { Location, type LocationParts, NESTED_HOST, parseLocation } from "./location.ts";

/**
 * The location in `file`, as the driver of `scheme` sees it.
 *
 * @example
 * ```ts
 * import { locationWithin } from "./nested_location.ts";
 * import { parseLocation } from "./location.ts";
 * import { strict as assert } from "node:assert";
 *
 * const { location } = parseLocation("memory:///study.zip");
 * assert.equal(locationWithin("zip", location).href, "zip://memory%3A%2F%2F%2Fstudy.zip/");
 * ```
 */
export function locationWithin(
  scheme: string,
  file: Location,
  parts: Pick<LocationParts, "segments" | "query" | "isDirectoryHint"> = {},
): Location {
  return new Location({ ...parts, scheme, host: encodeURIComponent(file.href) });
}

/** The file that `location` lies in, or `undefined` when its host is a plain one. @throws `InvalidUrl` */
export function fileAround({ host }: Location): Location | undefined {
  return NESTED_HOST.test(host) ? parseLocation(decodeURIComponent(host)).location : undefined;
}
