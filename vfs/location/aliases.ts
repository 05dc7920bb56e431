/**
 * Short URLs for long ones.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import { Location, type ParsedLocation, parseLocation } from "./location.ts";

interface Alias {
  readonly from: Location;
  readonly to: ParsedLocation;
}

/**
 * URLs that stand for others: what begins with one is what begins with the other. Of several that fit, the longest
 * counts. None leads to another.
 *
 * @example
 * ```ts
 * import { Aliases } from "./aliases.ts";
 * import { parseLocation } from "./location.ts";
 * import { strict as assert } from "node:assert";
 *
 * const aliases = new Aliases({ "dicom://pacs": "dicom://WS1@pacs.example.org:104/ARCHIVE" });
 * const { location } = aliases.resolve(parseLocation("dicom://pacs/PAT1"));
 * assert.equal(location.href, "dicom://pacs.example.org:104/ARCHIVE/PAT1");
 * ```
 */
export class Aliases {
  readonly #aliases: readonly Alias[];

  /** Makes them of URLs by alias. @throws `InvalidUrl`, also for one that leads to an alias */
  constructor(urls: Readonly<Record<string, string>> = {}) {
    this.#aliases = Object.entries(urls)
      .map(([alias, url]) => ({ from: parseLocation(alias).location, to: parseLocation(url) }))
      .toSorted((a, b) => b.from.segments.length - a.from.segments.length);
    for (const { from, to: { location } } of this.#aliases) {
      // Results could not be given back to us.
      if (!this.#find(location)) continue;
      const reason = `the alias "${from.href}" leads to an alias`;
      throw new VfsError("InvalidUrl", { op: "use", url: location.href, reason });
    }
  }

  /** What is meant. Credentials that are given with an alias count more than those of what it stands for. */
  resolve(parsed: ParsedLocation): ParsedLocation {
    const { location } = parsed;
    const alias = this.#find(location);
    if (!alias) return parsed;
    const { scheme, host, port, segments, query } = alias.to.location;
    const below = location.segments.slice(alias.from.segments.length);
    return {
      location: new Location({
        scheme,
        host,
        port,
        segments: [...segments, ...below],
        query: [query, location.query].filter((part) => part !== "").join("&"),
        isDirectoryHint: location.isDirectoryHint,
      }),
      credentials: parsed.credentials ?? alias.to.credentials,
    };
  }

  #find(location: Location): Alias | undefined {
    return this.#aliases.find(({ from }) => from.contains(location));
  }
}
