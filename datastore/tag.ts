/**
 * Label tags, which become names of folders.
 *
 * @module
 */

import { VfsError } from "../vfs/errors.ts";

const TAG = /^[\p{L}\p{N}_][\p{L}\p{N} ._+@=-]{0,63}$/u;

/** True for a text that can be a tag: letters, digits, `_ . + @ = -` and blanks inside, at most 64 of them. */
export function isTag(tag: string): boolean {
  return TAG.test(tag) && !/[ .]$/.test(tag) && tag !== "__proto__";
}

/** @throws `InvalidArgument` for what cannot be a tag; two tags never share a folder, so none is changed to fit */
export function checkTag(tag: string, op: string, url: string): void {
  if (isTag(tag)) return;
  const reason = `${JSON.stringify(tag.slice(0, 80))} cannot be a label tag`;
  throw new VfsError("InvalidArgument", { op, url, reason });
}
