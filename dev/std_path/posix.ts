/**
 * The POSIX half of the `@std/path` stand-in.
 *
 * @module
 */

import { posix } from "node:path";
import { assertAbsolute, decodePath, fileUrl, flavour, urlOfPath } from "./flavour.ts";
import type { PathFlavour } from "./flavour.ts";

/** All functions of this half as one value. */
export const PATH: PathFlavour = flavour(posix, {
  fromFileUrl: (url) => decodePath(fileUrl(url).pathname),
  toFileUrl(path) {
    assertAbsolute(posix, path);
    return urlOfPath(path.replace(/^\/+/, "/"), /[%\\\t\n\v\f\r ]/g);
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
