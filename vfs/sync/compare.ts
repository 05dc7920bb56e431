/**
 * Whether two files are the same, by what listings tell.
 *
 * @module
 */

import type { Capabilities, DigestAlgorithm, Info } from "../transport.ts";
import type { Comparison } from "./options.ts";

/** The times of change that coarse systems tell, in milliseconds: ZIP and FAT, HTTP and old disks. */
const COARSE = [2000, 1000];

/** What a comparison came to; `unknown` is for the content to decide. */
export type Verdict = "same" | "changed" | "unknown";

/** Compares what is known of a source and of the file at the destination. */
export function compareInfos(
  source: Info | undefined,
  target: Info,
  how: Comparison,
  { keepsTimes }: Capabilities,
  op: "sync" | "check" = "sync",
): Verdict {
  const sizesKnown = source?.size !== undefined && target.size !== undefined;
  if (sizesKnown && source.size !== target.size) return "changed";
  if (how === "size" && sizesKnown) return "same";
  const algorithm = commonDigest(source, target);
  if (algorithm) {
    const isSame = source!.digests![algorithm]!.toLowerCase() ===
      target.digests![algorithm]!.toLowerCase();
    return isSame ? "same" : "changed";
  }
  const isTimed = how === "auto" && sizesKnown && keepsTimes !== undefined;
  if (!isTimed || !source.mtime || !target.mtime) return "unknown";
  const [a, b] = [source.mtime.getTime(), target.mtime.getTime()];
  if (Math.abs(a - b) <= keepsTimes) return "same";
  // Another time is enough to copy a file again, and not to say that it differs.
  return op === "check" || mayBeRounded(a, b) ? "unknown" : "changed";
}

/** Whether a file that has been copied can be told from a changed one by listings alone. */
export function isComparable(
  source: Info | undefined,
  { keepsTimes, digests }: Capabilities,
): boolean {
  if (source?.size === undefined) return false;
  if (digests.some((name) => source.digests?.[name] !== undefined)) return true;
  return keepsTimes !== undefined && source.mtime !== undefined;
}

/** Whether a version is old enough for another one to have another time, also where that is rounded. */
export function mayBeRemembered(info: Info | undefined): boolean {
  return !info?.mtime || Math.abs(Date.now() - info.mtime.getTime()) > COARSE[0]!;
}

function commonDigest(source: Info | undefined, target: Info): DigestAlgorithm | undefined {
  const names = Object.keys(target.digests ?? {}) as DigestAlgorithm[];
  return names.find((name) =>
    source?.digests?.[name] !== undefined && target.digests?.[name] !== undefined
  );
}

/** Whether one of two times may be the other, rounded by a coarse system; two versions may follow each other as closely. */
function mayBeRounded(a: number, b: number): boolean {
  const apart = Math.abs(a - b);
  return COARSE.some((grain) => apart < grain && (a % grain === 0 || b % grain === 0));
}
