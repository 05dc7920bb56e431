/**
 * The places that a command works on, those that wildcards stand for among them.
 *
 * @module
 */

import { isVfsError, VfsError } from "../vfs/errors.ts";
import { withSlashes } from "../vfs/location/native_path.ts";
import type { CommandSpec } from "./command.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { Operand } from "./operand.ts";

/**
 * The operands of a command: the places of its list come first, and those to read are what wildcards stand for.
 * `undefined` when they stand for nothing, which is told; a command without operands would take the folder it is in.
 */
export async function operandsOf<O>(
  context: Context,
  { sources, operands = "" }: CommandSpec<O>,
  named: readonly string[],
  listed: readonly string[] = [],
): Promise<string[] | undefined> {
  const least = operands.split(" ").filter((word) => word.startsWith("<")).length;
  const given = listed.length + named.length;
  const isNowhere = sources === "but last" && named.length === 0;
  if (given < least || isNowhere) {
    const missing = operands.split(" ")[isNowhere ? 1 : given]!.replace(/[<>.]/g, "");
    const help = `try "medvfs ${context.command} --help"`;
    throw new UsageError(`missing required argument '${missing}'; ${help}`);
  }
  if (sources !== "all" && sources !== "but last") return [...listed, ...named];
  const last = sources === "but last" ? named.slice(-1) : [];
  const first = named.slice(0, named.length - last.length);
  const all = [...listed, ...await expanded(context, first)];
  return all.length === 0 && given > last.length ? undefined : [...all, ...last];
}

/** Places for those that have wildcards; what is there by the very name is meant itself. */
export async function expanded(context: Context, places: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const place of places) {
    await context.guard(async () => {
      if (hasWildcard(place) && !await isThere(context, place)) {
        for (const found of await matching(context, place)) all.push(found);
      } else all.push(place.includes("?") ? await meant(context, place) : place);
    });
  }
  return all;
}

/** True where a glob begins; what follows the "?" of a URL is its query. */
export function hasWildcard(place: string): boolean {
  const [, path] = /^[a-z][a-z0-9+.-]+:\/\/[^/?]*([^?]*)/i.exec(place) ?? [];
  return path === undefined ? /[*?[{]/.test(place) : /[*[{]/.test(path);
}

async function isThere({ vfs, signal }: Context, place: string): Promise<boolean> {
  try {
    return await vfs.exists(place, { signal });
  } catch (error) {
    // Not every server takes such names at all.
    const isRefused = isVfsError(error) &&
      ["InvalidUrl", "InvalidArgument", "NotSupported", "NotADirectory"].includes(error.kind);
    if (isRefused) return false;
    throw error;
  }
}

async function matching({ vfs, signal }: Context, pattern: string): Promise<string[]> {
  const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(pattern);
  const top = isUrl ? undefined : new Operand(folderOf(withSlashes(pattern)));
  const found: string[] = [];
  for await (const { location } of vfs.glob(pattern, { signal })) {
    found.push(top?.show(location) ?? location.href);
  }
  if (found.length > 0) return found;
  throw new VfsError("NotFound", { op: "find", url: pattern, reason: "nothing matches" });
}

/** What stands before the first name of `pattern` that has a wildcard. */
export function folderOf(pattern: string): string {
  const names = pattern.split("/");
  const literal = names.slice(0, names.findIndex((name) => /[*?[{]/.test(name))).join("/");
  return literal || (names[0] === "" ? "/" : ".");
}

/** The URL of what is in an archive, where a pattern for it was typed. */
async function meant({ vfs }: Context, place: string): Promise<string> {
  const location = await vfs.locate(place);
  return location.scheme === new Operand(place).location.scheme ? place : location.href;
}
