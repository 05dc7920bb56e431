/** What changes while the images are being listed: an answer may be older than it. */

import { strict as assert } from "node:assert";
import { xnatTransport } from "../../../transports/xnat/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { label } from "../_contract.ts";
import { axialSeries } from "../_mask.ts";
import { setting } from "./_kit.ts";

/** Lists of subjects, with which a listing of images begins, are answered and then held back until `letGo()`. */
async function holding() {
  const it = await setting({ segmentations: false });
  let held = Promise.withResolvers<void>();
  let arrived = Promise.withResolvers<void>();
  let isHolding = false;
  const vfs = createVfs({ layers: { retry: false } });
  const fetched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!isHolding || !/\/subjects\?/.test(String(input))) return response;
    const body = await response.bytes();
    isHolding = false;
    arrived.resolve();
    await held.promise;
    return new Response(body, response);
  };
  vfs.register(xnatTransport({ fetch: fetched }), { override: true });
  await vfs.capabilities(it.url(""));
  return {
    ...it,
    vfs,
    store: it.open({ vfs }),
    /** Of the next one; resolves when the server has answered it. */
    hold() {
      held = Promise.withResolvers();
      arrived = Promise.withResolvers();
      isHolding = true;
      return arrived.promise;
    },
    letGo: () => held.resolve(),
    async [Symbol.asyncDispose]() {
      await vfs.close();
      await it[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a label that is saved while the images are listed is there after that", async () => {
  await using it = await holding();
  const [id] = it.ids as [string];
  await it.store.listImages();
  const arrived = it.hold();
  const refreshed = it.store.refresh();
  await arrived;
  await it.store.saveLabel(id, await label(), "final");
  it.letGo();
  await refreshed;
  assert.deepEqual(Object.keys(await it.store.getLabelsByImageId(id)), ["final"]);
});

Deno.test("an image that is removed while the images are listed is gone after that", async () => {
  await using it = await holding();
  const [id, other] = it.ids as [string, string];
  await it.store.listImages();
  const arrived = it.hold();
  const refreshed = it.store.refresh();
  await arrived;
  await it.store.removeImage(id);
  it.letGo();
  await refreshed;
  assert.deepEqual(await it.store.listImages(), [other]);
});

Deno.test("an image that is added while the images are listed is there after that", async () => {
  await using it = await holding();
  await it.store.listImages();
  const arrived = it.hold();
  const refreshed = it.store.refresh();
  await arrived;
  const { bytes } = (await axialSeries(7))[0]!;
  const added = it.store.addImage("P/sub1/ses1/22", { bytes, extension: ".dcm" });
  const isStored = () => it.files("P/sub1/ses1/22").then(({ length }) => length > 0, () => false);
  while (!await isStored()) await new Promise((wake) => setTimeout(wake, 20));
  it.letGo();
  await refreshed;
  assert.equal(await added, it.ids[0]!.replace(/2$/, "22"));
});
