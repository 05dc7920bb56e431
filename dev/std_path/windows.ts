/**
 * The Windows half of the `@std/path` stand-in.
 *
 * @module
 */

import { win32 } from "node:path";
import { assertAbsolute, decodePath, fileUrl, flavour, urlOfPath } from "./flavour.ts";
import type { PathFlavour } from "./flavour.ts";

const PLAIN = /[%\t\n\v\f\r ]/g;

/** All functions of this half as one value. */
export const PATH: PathFlavour = flavour(win32, {
  fromFileUrl(url) {
    const { hostname, pathname } = fileUrl(url);
    const path = decodePath(pathname.replaceAll("/", "\\"))
      .replace(/^\\*([A-Za-z]:)(\\|$)/, "$1\\");
    return hostname === "" ? path : `\\\\${hostname}${path}`;
  },
  toFileUrl(path) {
    assertAbsolute(win32, path);
    const server = /^[\\/]{2}([^\\/]+)(?=[\\/](?:[^\\/]|$))/.exec(path);
    if (server === null) return urlOfPath(path, PLAIN);
    const url = urlOfPath(path.slice(server[0].length), PLAIN);
    if (server[1] === "localhost") return url;
    url.hostname = server[1]!;
    if (url.hostname === "") {
      throw new TypeError(`Invalid hostname: "${server[1]}"`);
    }
    return url;
  },
});

export const {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
  SEPARATOR,
  toFileUrl,
}: PathFlavour = PATH;
