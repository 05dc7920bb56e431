import { strict as assert } from "node:assert";

/** Files of the tree. A million takes half a minute on a slow machine, and no more memory. */
const FILES = Number(Deno.env.get("MEDVFS_SYNC_FILES") ?? 200_000);
const MIB = 2 ** 20;

Deno.test(`sync() of ${FILES} entries that did not change stays below 150 MiB`, async () => {
  const child = new URL("memory_child.ts", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--quiet", decodeURIComponent(child.pathname), `${FILES}`],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const { kept, peak } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(kept, FILES);
  assert.ok(peak < 150 * MIB, `${Math.round(peak / MIB)} MiB`);
});
