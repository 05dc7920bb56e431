/**
 * One line about what is somewhere, from the transport or from the content.
 *
 * @module
 */

import { collect } from "./bytes.ts";
import type { Resolved } from "./connections.ts";
import type { Info } from "./transport.ts";
import { VfsError } from "./errors.ts";

/** One line for people about a file or directory. */
export async function describe(
  at: Resolved,
  signal: AbortSignal,
): Promise<string> {
  const { transport, location } = at;
  const own = await transport.describe?.(location, { signal });
  if (own !== undefined) return own;
  const info = await transport.stat(location, { signal });
  if (info.kind === "directory") return await countEntries(at, signal);
  if (info.kind !== "file") return "not a regular file";
  const { describeFile } = await import("../formats/mod.ts");
  return await describeFile(byteSource(at, info, signal));
}

/** A file as random-access bytes, for `formats/`: each read is a request for a range. */
export function byteSource(
  { transport, location }: Resolved,
  info: Info,
  signal: AbortSignal,
): {
  readonly size?: number;
  read(start: number, end: number): Promise<Uint8Array>;
} {
  const { size } = info;
  return {
    size,
    async read(start, end) {
      if (start >= (size ?? Infinity)) return new Uint8Array();
      try {
        const range = { start, end };
        const { body } = await transport.get(location, { range, signal });
        return await collect(body);
      } catch (error) {
        const beyond = error instanceof VfsError &&
          error.kind === "RangeNotSatisfiable";
        if (beyond) return new Uint8Array();
        throw error;
      }
    },
  };
}

async function countEntries(
  { transport, location }: Resolved,
  signal: AbortSignal,
): Promise<string> {
  let directories = 0;
  let files = 0;
  for await (const page of transport.list(location, { signal })) {
    for (const { kind, target } of page) {
      if (kind === "directory" || target === "directory") directories++;
      else files++;
    }
  }
  const plural = (count: number, one: string, many: string) =>
    `${count} ${count === 1 ? one : many}`;
  return `${plural(directories, "directory", "directories")}, ${plural(files, "file", "files")}`;
}
