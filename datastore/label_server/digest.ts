/**
 * Checksums that clients may ask about.
 *
 * @module
 */

/** Algorithms, as `node:crypto` spells them. */
export const DIGESTS: readonly string[] = ["md5", "sha1", "sha256", "sha512"];

/** The digest of a stream in lower-case hexadecimal. */
export async function digestOf(
  algorithm: string,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash(algorithm);
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}
