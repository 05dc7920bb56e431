/**
 * What the servers ask before they answer.
 *
 * @module
 */

/** Names of the loopback in URLs. */
export const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Whether `hostname` is the loopback's. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.includes(hostname) || hostname === "::1";
}

/** Compares in a time that does not tell how much is right. */
export function isSame(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  let difference = left.length ^ right.length;
  for (let i = 0; i < right.length; i++) difference |= (left[i] ?? 0) ^ right[i]!;
  return difference === 0;
}
