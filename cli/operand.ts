/**
 * The places that a user names, and how places are shown to him.
 *
 * @module
 */

import { type Location, parseLocation } from "../vfs/location/location.ts";

const URL_LIKE = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** A URL or plain path from the command line. */
export class Operand {
  /** What was typed; may hold credentials, so it is for the façade only. */
  readonly where: string;
  /** Where that is. */
  readonly location: Location;
  readonly #isUrl: boolean;

  /** Parses what was typed. @throws `InvalidUrl` */
  constructor(where: string) {
    this.where = where;
    this.location = parseLocation(where).location;
    // A drive of Windows is a path, so the parser is asked and not the text alone.
    this.#isUrl = URL_LIKE.test(where) &&
      (this.location.scheme !== "file" || where.slice(0, 5).toLowerCase() === "file:");
  }

  /** True when the place was typed as `.` or `..`, or ends like that. */
  get endsInDots(): boolean {
    return /(^|[\\/])\.\.?[\\/]*$/.test(this.where);
  }

  /**
   * How `location`, this place or one below it, is shown: a URL where a URL was typed, otherwise a path that
   * begins as typed. What is in an archive has no path, and so a URL always. All can be given to every command again.
   */
  show(location: Location = this.location): string {
    if (this.#isUrl || !this.location.contains(location)) return location.href;
    const below = location.segments.slice(this.location.segments.length);
    return below.length === 0
      ? this.where
      : [this.where.replace(/[\\/]+$/, ""), ...below].join("/");
  }

  /** How the place at `url`, this one or one below it, is shown. */
  showUrl(url: string): string {
    return this.show(parseLocation(url).location);
  }

  /** The same as {@linkcode show}, in a record for machines: paths have a field, URLs are told anyway. */
  pathField(location: Location = this.location): { path?: string } {
    return this.#isUrl ? {} : { path: this.show(location) };
  }
}
