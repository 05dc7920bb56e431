/**
 * What tells one version of a file from another.
 *
 * @module
 */

import type { Info } from "../transport.ts";

/** The part of {@linkcode Info} that tells one version of a file from another. */
export interface Fingerprint {
  readonly size?: number;
  /** Milliseconds since the epoch. */
  readonly mtime?: number;
  readonly etag?: string;
  readonly digests?: Info["digests"];
}

/** The fingerprint of a file; empty when nothing is known of it. */
export function fingerprintOf(info: Info | undefined): Fingerprint {
  const { size, etag, digests } = info ?? {};
  return {
    size,
    mtime: timeOf(info),
    etag,
    digests: digests && Object.keys(digests).length > 0 ? digests : undefined,
  };
}

/** The JSON of {@linkcode fingerprintOf}, made without the object: for a million files that would be much garbage. */
export function fingerprintText(info: Info | undefined): string {
  let text = "";
  if (info?.size !== undefined) text += `,"size":${info.size}`;
  const mtime = timeOf(info);
  if (mtime !== undefined) text += `,"mtime":${mtime}`;
  if (info?.etag !== undefined) text += `,"etag":${JSON.stringify(info.etag)}`;
  const digests = info?.digests && JSON.stringify(info.digests);
  if (digests !== undefined && digests !== "{}") text += `,"digests":${digests}`;
  return `{${text.slice(1)}}`;
}

/** A time that is none, as damaged archives tell, is not known. */
function timeOf(info: Info | undefined): number | undefined {
  const time = info?.mtime?.getTime();
  return Number.isNaN(time) ? undefined : time;
}

/** Whether what is known is enough to tell that two files of which the same is known are the same. */
export function isTelling(info: Info | undefined): boolean {
  if (!info) return false;
  if (info.etag !== undefined || info.size !== undefined && timeOf(info) !== undefined) {
    return true;
  }
  return info.digests !== undefined && Object.keys(info.digests).length > 0;
}

/** Whether nothing is known. */
export function isEmpty({ size, mtime, etag, digests }: Fingerprint): boolean {
  return size === undefined && mtime === undefined && etag === undefined && digests === undefined;
}

/** Whether two fingerprints are of the same version: something strong must be the same, and nothing differ. */
export function agree(a: Fingerprint, b: Fingerprint): boolean {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return false;
  if (a.digests && b.digests) {
    for (const [name, value] of Object.entries(a.digests)) {
      const other = b.digests[name as keyof typeof b.digests];
      if (other !== undefined) return other === value;
    }
  }
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  return a.size !== undefined && a.size === b.size && a.mtime !== undefined && a.mtime === b.mtime;
}

/** Whether `value` is what JSON makes of a fingerprint. */
export function isFingerprint(value: unknown): value is Fingerprint {
  if (typeof value !== "object" || value === null) return false;
  const { size, mtime, etag, digests } = value as Record<string, unknown>;
  const isOptional = (part: unknown, type: string) => part === undefined || typeof part === type;
  return isOptional(size, "number") && isOptional(mtime, "number") && isOptional(etag, "string") &&
    isOptional(digests, "object") && digests !== null &&
    Object.values(digests ?? {}).every((one) => typeof one === "string");
}
