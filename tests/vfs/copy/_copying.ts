/**
 * What the tests of copying and moving share.
 */

import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { rejects, type Tree, vfsOf, wrappedMemory } from "../_fakes.ts";

/** A tree with an odd name and empty directories, of 7 bytes. */
export const TREE: Tree = {
  "a.dcm": "aaaa",
  "sub": { "b.dcm": "bb", "deep": { "c#%.dcm": "c" } },
  "empty": { "nested": {} },
};
/** What it looks like when harvested. */
export const HARVEST = {
  "a.dcm": "aaaa",
  "empty/": "",
  "empty/nested/": "",
  "sub/": "",
  "sub/b.dcm": "bb",
  "sub/deep/": "",
  "sub/deep/c#%.dcm": "c",
};

/** `memory:`, and memory behind `wrap` as `fake:`. */
export function twoOf(wrap: (inner: Transport) => Transport = (inner) => inner): Vfs {
  return vfsOf([memoryTransport(), wrappedMemory(wrap)]);
}

/** Checks that a transfer failed in part, and gives the error. */
export async function failed(action: Promise<unknown>): Promise<TransferFailed> {
  const error = await rejects(action, "PartialFailure");
  assert(error instanceof TransferFailed);
  return error;
}
