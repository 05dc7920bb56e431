import { strict as assert } from "node:assert";
import { FolderDatastore } from "../../datastore/mod.ts";
import { createVfs } from "../../mod.ts";
import { inKernel, mediaOf } from "../vfs/_kernel.ts";
import { setting } from "./xnat/_kit.ts";

const SLOWLY = { server: { latencyMs: 400 } };

Deno.test("a datastore and its status are shown when a cell returns them", async () => {
  await using vfs = createVfs();
  const store = new FolderDatastore("memory:///study", { vfs });
  await store.addImage("ct1", { bytes: new Uint8Array(8), extension: ".png" });
  await store.addImage("<b>ct2", { bytes: new Uint8Array(8), extension: ".png" });
  const label = { bytes: new Uint8Array(8), extension: ".png" };
  await store.saveLabel("ct1", label, "final", {});
  const { "text/plain": text, "text/html": html } = await mediaOf(store);
  assert.match(text!, /^completed +\[#+\.*\] +1 of 2$/m);
  assert.match(text!, /^ct1 +final$/m);
  assert.doesNotMatch(html!, /<b>ct2/);
  assert.match((await mediaOf(await store.status()))["text/plain"]!, /^final +\[#/m);
});

Deno.test("fetching an image that takes long is told in the cell, and not on request", async () => {
  await using it = await setting(SLOWLY);
  const sent = await inKernel(async () => void await it.store.getImageUri(it.ids[0]!));
  assert.match(sent[0]!.text, /^fetch xnat\+http:\/\/127\.0\.0\.1:\d+\/P\//);
  assert.match(sent.at(-1)!.text, /\[#{24}\] {2}done · (\d+)\/\1 files · /);
  for (const { text, html } of sent) assert.doesNotMatch(text + html, /admin/);
  const quiet = it.open({ progress: false });
  assert.deepEqual(await inKernel(async () => void await quiet.getImageUri(it.ids[1]!)), []);
});

Deno.test("fetching an image that fails says why in the cell", async () => {
  await using it = await setting(SLOWLY);
  it.server.faults.inject({ status: 403, method: "GET", route: /files\/./, after: 1 });
  const sent = await inKernel(async () => {
    await assert.rejects(it.store.getImageUri(it.ids[0]!), { kind: "PermissionDenied" });
  });
  assert.match(sent.at(-1)!.text, /Cannot /);
  assert.match(sent.at(-1)!.html, /background:#d93636/);
});
