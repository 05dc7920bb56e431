/**
 * Lists of places, in a file or from another program.
 *
 * @module
 */

import { parseLocation } from "../vfs/location/location.ts";
import { callSystem } from "../vfs/system_errors.ts";
import { UsageError } from "./exit_code.ts";
import type { Input } from "./input.ts";

/** Options of commands that take several places. */
export interface ListFlags {
  readonly fromFile?: string;
  readonly null?: boolean;
  /** The NULs of `find` are for its list, too. */
  readonly print0?: boolean;
}

/** A list of more bytes is none that a command could work on. */
const MAX_LIST = 256 * 2 ** 20;

/**
 * The places in the list that was given, or `undefined` when none was.
 *
 * @throws {UsageError} for what is no list
 * @throws `NotFound` and other errors of the file
 */
export async function listedPlaces(
  { fromFile, null: isNull, print0 }: ListFlags,
  input: Input | undefined,
): Promise<string[] | undefined> {
  if (fromFile === undefined) return undefined;
  const text = await readList(fromFile, input);
  if (isNull || print0) return text.split("\0").filter((place) => place !== "");
  if (text.includes("\0")) {
    throw new UsageError(`"${fromFile}" has places that end with a NUL: give -0`);
  }
  return text.split(/\r?\n/).filter((place) => place !== "");
}

async function readList(path: string, input: Input | undefined): Promise<string> {
  const reading = <T>(action: () => Promise<T>) =>
    callSystem("read", parseLocation(path).location, action);
  using file = path === "-" ? undefined : await reading(() => Deno.open(path));
  const decoder = new TextDecoder();
  let text = "";
  const buffer = new Uint8Array(64 * 1024);
  const next = async () => {
    if (!file) return await input?.read() ?? null;
    const length = await reading(() => file.read(buffer));
    return length === null ? null : buffer.subarray(0, length);
  };
  for (let chunk = await next(); chunk !== null; chunk = await next()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_LIST) throw new UsageError(`"${path}" is too long for a list of places`);
  }
  return text + decoder.decode();
}
