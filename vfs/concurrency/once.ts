/**
 * Work that is done once.
 *
 * @module
 */

/** Does `work` at the first call, and again only if it failed; all calls get the one result. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () =>
    result ??= work().catch((error) => {
      result = undefined;
      throw error;
    });
}
