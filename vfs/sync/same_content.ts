/**
 * Whether two files are the same, by reading.
 *
 * @module
 */

import { readerOf } from "../bytes/bytes.ts";
import { digester } from "../bytes/digest.ts";
import type { DigestAlgorithm, Info, Place } from "../transport.ts";

/** A file, and what is known of it. */
export interface Known {
  /** Where. */
  readonly at: Place;
  /** What a listing told. */
  readonly info?: Info;
}

/** The quickest that both sides can compute. */
const USUAL: DigestAlgorithm = "sha1";

/** Compares by digest: one side is read where the other's digest is known, otherwise both are. */
export async function isSameContent(
  source: Known,
  target: Known,
  signal: AbortSignal,
): Promise<boolean> {
  const known =
    (Object.keys({ ...source.info?.digests, ...target.info?.digests }) as DigestAlgorithm[])[0];
  const algorithm = known ?? USUAL;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const digests = [source, target].map((each) => digestOf(each, algorithm, either));
  try {
    const [a, b] = await Promise.all(digests);
    return a === b;
  } catch (error) {
    // The other side, which may be large, need not be read to its end.
    stop.abort();
    await Promise.allSettled(digests);
    throw error;
  }
}

async function digestOf(
  { at: { transport, location }, info }: Known,
  algorithm: DigestAlgorithm,
  signal: AbortSignal,
): Promise<string> {
  const told = info?.digests?.[algorithm];
  if (told !== undefined) return told.toLowerCase();
  const digest = (await digester([algorithm]))!;
  const reader = readerOf((await transport.get(location, { signal })).body);
  try {
    for (let chunk = await reader.read(); chunk; chunk = await reader.read()) digest.update(chunk);
  } finally {
    await reader.close();
  }
  return digest.digests()[algorithm]!;
}
