import { strict as assert } from "node:assert";
import { Batch, type Later } from "../../../vfs/copy/batch.ts";

Deno.test("Batch: what comes after the end of all is told too, since it is stored", async () => {
  const batch = new Batch<string>(8, new Map(), () => false);
  const told: string[] = [];
  const later = (name: string, kept: Promise<void>): Later => ({
    kept,
    done: () => Promise.resolve(void told.push(`${name} is kept`)),
    failed: (error) => {
      throw error;
    },
    undo: () => {},
  });
  const full = new Error("full");
  batch.add("a", later("a", Promise.reject(full)));
  await new Promise((resolve) => setTimeout(resolve));
  const kept = Promise.resolve();
  for (const name of ["b", "c"]) assert.throws(() => batch.add(name, later(name, kept)), full);
  await assert.rejects(batch.end(), full);
  assert.deepEqual(told, ["b is kept", "c is kept"]);
});
