import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import type { Outcome, TransferFailed } from "../../../vfs/copy/transfer.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import { plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";

Deno.test("copy() of several counts what was kept of one before its destination went away", async () => {
  const isKept = Promise.withResolvers<void>();
  const archive = wrappedMemory((memory) =>
    override(memory, {
      capabilities: { ...memory.capabilities, batches: 100 },
      async put(at, source, o) {
        const stored = await memory.put!(at, source, o);
        if (at.name === "1") return { ...stored, kept: Promise.resolve() };
        const gone = new VfsError("NotFound", { op: "write", url: at.href });
        return { ...stored, kept: isKept.promise.then(() => Promise.reject(gone)) };
      },
    })
  );
  await using vfs = vfsOf([memoryTransport(), archive]);
  await plant(vfs, "memory://from", { a: { "1": "one", "2": "second" }, b: { "1": "last" } });
  const told: string[] = [];
  const onOutcome = ({ from, result }: Outcome) => {
    told.push(`${result} ${from.slice(14)}`);
    isKept.resolve();
  };
  const from = ["memory://from/a", "memory://from/b"];
  const run = vfs.copy(from, "fake://to", { onOutcome });
  const { report } = await rejects(run, "PartialFailure") as TransferFailed;
  const { done, failed, bytes, problems } = report;
  assert.deepEqual(told, ["done a/1", "failed a", "done b/1"]);
  assert.deepEqual([done, failed, bytes, problems.length], [2, 1, 7, 1]);
});
