/**
 * Whether content is worth deflating.
 *
 * @module
 */

import { deflateRawSync } from "node:zlib";

/** What tells whether the whole is worth it, in bytes from its start. */
export const SAMPLE = 64 * 1024;
/** Less is not worth the time, nor that parts of it cannot be read by themselves any more. */
const WORTH = 0.9;
/** It tells as well, in half the time. */
const FASTEST = 1;

/** Whether content that begins with `sample` is worth it. */
export function isWorthDeflating(sample: Uint8Array<ArrayBuffer>): boolean {
  return deflateRawSync(sample, { level: FASTEST }).length < WORTH * sample.length;
}
