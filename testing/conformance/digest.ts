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
  for (let i = 0; i < bytes.length; i++) {
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  }
  return `${bytes.length}:${(hash >>> 0).toString(16)}`;
}

/** Checks that two arrays hold the same bytes. */
export function sameBytes(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  if (actual.length !== expected.length) {
    assert.fail(`${what}: ${actual.length} bytes, not ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] !== expected[i]) {
      assert.fail(`${what}: byte ${i} is another one`);
    }
  }
}

/** What of `info` every transport tells alike. */
export function outcomeOf(info: Info, withSize: boolean): Outcome {
  return { kind: info.kind, size: withSize ? info.size ?? null : null };
}

/** Bytes `0`, `1`, …, `255`, over and over. */
export function everyByte(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = i;
  return bytes;
}
