/**
 * What is in an archive, whatever its format.
 *
 * @module
 */

import type { Info } from "../../vfs/transport.ts";

/** One file, directory or other thing in an archive. */
export interface Member {
  /** What it is; links are `other`, since they are not followed. */
  readonly kind: "file" | "directory" | "other";
  /** Bytes of a file, as the archive tells. */
  readonly size?: number;
  /** Last change, in milliseconds since 1970. */
  readonly mtime?: number;
  /** The format's own words. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** What a transport tells about `member`, which has this etag. */
export function infoOf(member: Member | undefined, etag?: string): Info {
  if (member === undefined || member.kind === "directory") {
    return { kind: "directory", ...timeOf(member?.mtime) };
  }
  const { kind, size, mtime, attributes } = member;
  return {
    kind,
    ...(size !== undefined && kind === "file" && { size }),
    ...timeOf(mtime),
    ...(etag !== undefined && kind === "file" && { etag }),
    ...(attributes && { attributes }),
  };
}

/** A time that no calendar has is none. */
function timeOf(mtime = NaN): Pick<Info, "mtime"> {
  const date = new Date(mtime);
  return Number.isNaN(date.getTime()) ? {} : { mtime: date };
}

/**
 * The path that the name of a member means, or `undefined` for one that is not used: an absolute one, one that leads
 * up or has empty segments, one with a drive, a backslash or a NUL.
 */
export function pathOf(name: string): string[] | undefined {
  if (/[\\\0]/.test(name) || /^(?:\/|[A-Za-z]:)/.test(name) || !name.isWellFormed()) {
    return undefined;
  }
  const path = (name.endsWith("/") ? name.slice(0, -1) : name).split("/")
    .filter((segment) => segment !== ".");
  return name === "" || path.some((segment) => segment === "" || segment === "..")
    ? undefined
    : path;
}
