/**
 * Stand-in for the part of `@std/path` that medvfs uses, where the JSR registry can't be reached.
 *
 * @module
 */

import { sep } from "node:path";
import { PATH as posix } from "./posix.ts";
import { PATH as windows } from "./windows.ts";
import type { PathFlavour } from "./flavour.ts";

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
}: PathFlavour = sep === "\\" ? windows : posix;
