/**
 * Digests of bytes on their way.
 *
 * @module
 */

import type { DigestAlgorithm, Info } from "../transport.ts";

/** Digests in lower-case hexadecimal. */
export type Digests = Partial<Record<DigestAlgorithm, string>>;

/** Computes digests chunk by chunk. */
export interface Digester {
  /** Adds a chunk. */
  update(chunk: Uint8Array): void;
  /** The digests of what was added. More may be added afterwards. */
  digests(): Digests;
  /** The first digest that differs from one in `expected`, in words. */
  difference(expected: Info["digests"]): string | undefined;
}

/** Makes a digester; `undefined` when no algorithm is asked for. The platform's crypto is loaded only then. */
export async function digester(
  algorithms: readonly DigestAlgorithm[],
): Promise<Digester | undefined> {
  if (algorithms.length === 0) return undefined;
  const { createHash } = await import("node:crypto");
  const hashes = algorithms.map((name) => [name, createHash(name)] as const);
  const digests = () =>
    Object.fromEntries(
      hashes.map(([name, hash]) => [name, hash.copy().digest("hex")]),
    );
  return {
    update: (chunk) => hashes.forEach(([, hash]) => hash.update(chunk)),
    digests,
    difference: (expected) => differenceOf(digests(), expected),
  };
}

/** The first digest that differs from one in `expected`, in words. */
export function differenceOf(digests: Digests, expected: Info["digests"]): string | undefined {
  if (!expected) return undefined;
  for (const [name, value] of Object.entries(digests)) {
    const other = expected[name as DigestAlgorithm]?.toLowerCase();
    if (other !== undefined && other !== value) {
      return `${name} ${value} instead of ${other}`;
    }
  }
}
