import { strict as assert } from "node:assert";
import { once } from "../../../vfs/concurrency/once.ts";

Deno.test("once() gives all the one result, and works again only after it failed", async () => {
  let calls = 0;
  const get = once(() =>
    ++calls === 1 ? Promise.reject(new Error("away")) : Promise.resolve(calls)
  );
  const first = await Promise.allSettled([get(), get()]);
  assert.deepEqual(first.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(await Promise.all([get(), get()]), [2, 2]);
  assert.equal(calls, 2);
});
