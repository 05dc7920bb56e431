import { strict as assert } from "node:assert";
import { Semaphore } from "../../../vfs/concurrency/semaphore.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { rejects, settle } from "../_fakes.ts";

Deno.test("Semaphore grants at most its permits, first come first served", async () => {
  const semaphore = new Semaphore(3);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, i) =>
    semaphore.run(async () => {
      order.push(i);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, i % 3));
      running--;
    }, NEVER)));
  assert.equal(most, 3);
  assert.deepEqual(order, Array.from({ length: 20 }, (_, i) => i));
});

Deno.test("Semaphore frees the permit of an action that fails", async () => {
  const semaphore = new Semaphore(1);
  for (let i = 0; i < 3; i++) {
    await assert.rejects(semaphore.run(() => Promise.reject(new Error("no")), NEVER), /no/);
  }
  assert.equal(await semaphore.run(() => Promise.resolve(5), NEVER), 5);
});

Deno.test("Semaphore forgets who aborts while waiting, and nobody else", async () => {
  const semaphore = new Semaphore(1);
  let release = () => {};
  const first = semaphore.run(() => new Promise<void>((resolve) => release = resolve), NEVER);
  const abort = new AbortController();
  let ran = false;
  const second = semaphore.run(() => {
    ran = true;
    return Promise.resolve();
  }, abort.signal);
  const third = semaphore.run(() => Promise.resolve("third"), NEVER);
  abort.abort();
  await rejects(second, "Aborted");
  await rejects(semaphore.run(() => Promise.resolve(), abort.signal), "Aborted");
  release();
  await first;
  assert.equal(await third, "third");
  await settle();
  assert(!ran);
});

Deno.test("Semaphore refuses a number of permits that is none", () => {
  for (const bad of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => new Semaphore(bad), RangeError);
  }
});

Deno.test("many permits are got at once, in turn, and who gives up lets the next ones on", async () => {
  const semaphore = new Semaphore(3);
  const order: string[] = [];
  const get = async (name: string, count: number, signal = NEVER) => {
    const release = await semaphore.acquire(signal, name, count);
    order.push(name);
    return release;
  };
  const release = await get("two", 2);
  const abort = new AbortController();
  const gaveUp = assert.rejects(get("three", 3, abort.signal), { kind: "Aborted" });
  const one = get("one", 1);
  const last = get("last", 2);
  await Promise.resolve();
  assert.deepEqual(order, ["two"]);
  abort.abort();
  await gaveUp;
  const releaseOne = await one;
  assert.deepEqual(order, ["two", "one"]);
  release();
  release();
  (await last)();
  releaseOne();
  (await get("all", 3))();
  assert.deepEqual(order, ["two", "one", "last", "all"]);
  await assert.rejects(semaphore.acquire(NEVER, "", 4), RangeError);
});
