import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { SyncOutcome } from "../../vfs/sync/options.ts";
import { rejects, vfsOf, wrappedMemory } from "./_fakes.ts";

Deno.test("sync() with delete: what went at one go is told, also when another stayed and that is aborted", async () => {
  const abort = new AbortController();
  const target = wrappedMemory((inner) => ({
    ...inner,
    capabilities: { ...inner.capabilities, removeMany: true },
    async removeMany(all, options) {
      const [first, ...others] = all;
      for (const at of others) await inner.remove!(at, options);
      abort.abort();
      const error = new VfsError("PermissionDenied", { op: "remove", url: first!.href });
      return new Map<Location, VfsError>([[first!, error]]);
    },
  }));
  await using vfs = vfsOf([memoryTransport(), target]);
  await vfs.mkdir("memory://from/t", { recursive: true });
  await vfs.writeFile("memory://from/t/kept", "kept");
  for (const name of ["a", "b", "c", "kept"]) await vfs.writeFile(`fake://to/t/${name}`, "kept");
  const told: SyncOutcome[] = [];
  const { signal } = abort;
  const onOutcome = (outcome: SyncOutcome) => void told.push(outcome);
  await rejects(
    vfs.sync("memory://from/t", "fake://to/t", { delete: true, signal, onOutcome }),
    "PermissionDenied",
  );
  const deleted = told.filter(({ action }) => action === "delete");
  const ends = deleted.map(({ path, result }) => `${path} ${result}`);
  assert.deepEqual(ends, ["a failed", "b done", "c done"]);
});
