/**
 * What the system knows of a file, as {@linkcode Info}.
 *
 * @module
 */

import type { Info, Kind } from "../../vfs/transport.ts";

/** The part of a stat that both `Deno.FileInfo` and `node:fs` have. */
export interface FileFacts {
  /** What it is. */
  readonly kind: Kind;
  /** Bytes. */
  readonly size: number;
  /** Last change of the content; systems tell it to the millisecond. */
  readonly mtime: Date | null;
  /** When it was made, where the system tells. */
  readonly birthtime: Date | null;
  /** Number of the device. */
  readonly dev: number;
  /** Number of the file on its device. */
  readonly ino: number | null;
}

/** What an entry is, by its flags. */
export function kindOf(
  entry: { isFile: boolean; isDirectory: boolean; isSymlink: boolean },
): Kind {
  if (entry.isFile) return "file";
  if (entry.isDirectory) return "directory";
  return entry.isSymlink ? "symlink" : "other";
}

/** Info of a stat. */
export function infoOfStat(stat: Deno.FileInfo): Info {
  return infoOf({
    kind: kindOf(stat),
    size: stat.size,
    mtime: stat.mtime,
    birthtime: stat.birthtime,
    dev: stat.dev,
    ino: stat.ino,
  });
}

/**
 * Info of a file. Its etag changes with the file's identity, size or modification time. The number alone is no identity:
 * ext4 gives that of a removed file to the next one, which may have its size and, copied or unpacked, its time as well.
 */
export function infoOf(facts: FileFacts): Info {
  const { kind, size, birthtime, dev, ino } = facts;
  const mtime = facts.mtime ?? undefined;
  const id = ino === null ? undefined : `${dev}:${ino}`;
  if (kind !== "file") return { kind, mtime, id };
  const etag = `"${ino ?? 0}-${birthtime?.getTime() ?? 0}-${size}-${mtime?.getTime() ?? 0}"`;
  return { kind, size, mtime, etag, id };
}
