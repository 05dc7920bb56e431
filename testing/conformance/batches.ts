/** Conformance: `put` with a `batch`. @module */

import { strict as assert } from "node:assert";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import type { PutBatch, Stored } from "../../vfs/transport.ts";
import { group, writing } from "./case.ts";
import { everyByte, sameBytes } from "./digest.ts";

/** Storing what belongs together. */
export const batchCases = group("batches", [
  writing(
    "all of a batch is there once it is kept, in place of what was",
    ["batches"],
    async (f) => {
      await f.put("a/1", "old");
      const sizes = [1, 20, 300, f.capabilities.batches! + 1];
      const batch = newBatch();
      const stored = await Promise.all(
        sizes.map((size) => f.put(`a/${size}`, everyByte(size), { batch })),
      );
      batch.end();
      await keptOf(stored);
      for (const size of sizes) sameBytes(await f.read(`a/${size}`), everyByte(size), `${size}`);
    },
  ),

  writing("what is not kept yet is as it was", ["batches"], async (f) => {
    await f.put("a", "old");
    const batch = newBatch();
    const { kept } = await f.put("a", "new", { batch });
    if (kept) assert.equal(await f.text("a"), "old");
    batch.end();
    await kept;
    assert.equal(await f.text("a"), "new");
  }),

  writing("what cannot be stored keeps no other of its batch from it", ["batches"], async (f) => {
    await f.put("directory/file", "x");
    await f.put("broken", "old");
    const batch = newBatch();
    const refused = f.put("directory", "no", { batch }).catch((error: unknown) => error);
    const source = {
      size: 10,
      replayable: true,
      open: () => Promise.reject(new VfsError("StorageFull", { op: "read", url: "test://source" })),
    };
    const broken = f.transport.put!(f.at("broken"), source, { batch, signal: NEVER })
      .catch((error: unknown) => error);
    const stored = [await f.put("1", "one", { batch }), await f.put("2", "two", { batch })];
    assert([await refused, await broken].every(isVfsError));
    batch.end();
    await keptOf(stored);
    assert.deepEqual([await f.text("broken"), await f.text("1"), await f.text("2")], [
      "old",
      "one",
      "two",
    ]);
    assert.deepEqual(await f.names("directory"), ["file"]);
  }),

  writing("what is put alone meanwhile does not wait for a batch", ["batches"], async (f) => {
    const batch = newBatch();
    const stored = await f.put("a", "1", { batch });
    await f.put("b", "2");
    assert.equal(await f.text("b"), "2");
    batch.end();
    await keptOf([stored]);
    assert.deepEqual(await f.names(""), ["a", "b"]);
  }),
]);

function newBatch(): PutBatch & { end(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { ended: promise, end: resolve };
}

async function keptOf(stored: readonly Stored[]): Promise<void> {
  await Promise.all(stored.map(({ kept }) => kept));
}
