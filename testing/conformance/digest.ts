/**
 * Short forms of what cases found, for comparing.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import type { Info } from "../../vfs/transport.ts";
import type { Outcome } from "./case.ts";

/** Length and FNV-1a hash of `bytes`. */
export function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}:${(hash >>> 0).toString(16)}`;
}

/** Checks that two arrays hold the same bytes. */
export function sameBytes(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  if (actual.length === expected.length) {
    const at = actual.findIndex((byte, i) => byte !== expected[i]);
    assert.equal(at, -1, `${what}: byte ${at} is another one`);
    return;
  }
  assert.fail(`${what}: ${actual.length} bytes, not ${expected.length}`);
}

/** What of `info` every transport tells alike. */
export function outcomeOf(info: Info, withSize: boolean): Outcome {
  return { kind: info.kind, size: withSize ? info.size ?? null : null };
}

/** Bytes `0`, `1`, …, `255`, over and over. */
export function everyByte(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => i % 256);
}
