import { settableClock } from "../../settable_clock.ts";
import { strict as assert } from "node:assert";
import { Kit } from "./kit.ts";

const next = async (kit: Kit, strategy: string, client_id?: string) =>
  await kit.json("POST", `/activelearning/${strategy}/`, {
    body: JSON.stringify({ client_id }),
  }) as Record<string, unknown>;

Deno.test("behaviour 40: next sample has id, path and all info, and the strategy notes it; {} when none is left", async () => {
  await using kit = await Kit.begin();
  await kit.store.updateImageInfo("a", { PatientID: "P1" });
  const sample = await next(kit, "first", "ann");
  assert.deepEqual([sample.id, sample.path, sample.PatientID], [
    "a",
    "memory:///store/a.png",
    "P1",
  ]);
  await kit.handler.settled();
  const info = await kit.store.getImageInfo("a");
  assert.deepEqual(info.strategy, {
    first: { ts: Math.floor(kit.clock.now() / 1000), client_id: "ann" },
  });
  for (const id of ["a", "b", "c"]) await kit.label(id, "drawn");
  assert.deepEqual(await next(kit, "first", "ann"), {});
  assert.deepEqual(await next(kit, "random"), {});
});

Deno.test("two users never have the same sample, until one labels his, takes another, or waits too long", async () => {
  await using kit = await Kit.begin({ leaseMs: 60_000 });
  const id = async (user: string) => (await next(kit, "first", user)).id;
  assert.deepEqual([await id("ann"), await id("bob"), await id("cleo")], ["a", "b", "c"]);
  assert.equal(await id("dan"), undefined);
  assert.equal(await id("bob"), "b");
  await kit.label("a", "drawn");
  assert.equal(await id("ann"), undefined, "all others are taken");
  await kit.clock.advance(60_000);
  assert.equal(await id("dan"), "b");
});

Deno.test("samples asked for at the same time differ", async () => {
  await using kit = await Kit.begin();
  const samples = await Promise.all(["1", "2", "3", "4"].map((user) => next(kit, "random", user)));
  const ids = samples.map(({ id }) => id);
  assert.deepEqual(ids.filter((id) => id !== undefined).sort(), ["a", "b", "c"]);
});

Deno.test("random prefers what was not given for long, by the weights of MONAI Label", async () => {
  let number = 0;
  await using kit = await Kit.begin({ random: () => number });
  const now = Math.floor(kit.clock.now() / 1000);
  await kit.store.updateImageInfo("a", { strategy: { random: { ts: now, client_id: "x" } } });
  assert.deepEqual(
    [(await next(kit, "random")).id, (await next(kit, "random")).id],
    ["a", "a"],
    "the smallest number picks the first, however small its weight",
  );
  await kit.handler.settled();
  number = 0.5;
  const { id, weight } = await next(kit, "random");
  assert.notEqual(id, "a");
  assert.equal(weight, now || 1);
});

Deno.test("an unknown strategy is 404, a body that is no JSON object 422", async () => {
  await using kit = await Kit.begin();
  assert.equal((await kit.ask("POST", "/activelearning/guess")).status, 404);
  assert.equal((await kit.ask("POST", "/activelearning/toString")).status, 404);
  assert.equal((await kit.ask("POST", "/activelearning/first", { body: "[1" })).status, 422);
  assert.equal((await kit.ask("POST", "/activelearning/first")).status, 200);
});

Deno.test("a body too long for whom it asks for is 413, and not read to its end", async () => {
  await using kit = await Kit.begin();
  let given = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (++given > 1000) controller.close();
      else controller.enqueue(new Uint8Array(65_536).fill(0x20));
    },
  });
  assert.equal((await kit.ask("POST", "/activelearning/first", { body })).status, 413);
  assert.ok(given < 10, `${given} pieces were read`);
});

Deno.test("a note that cannot be written is told to onError, and the sample is given", async () => {
  await using kit = await Kit.begin();
  kit.store.updateImageInfo = () => Promise.reject(new Error("read-only"));
  assert.equal((await next(kit, "first", "ann")).id, "a");
  await kit.handler.settled();
  assert.deepEqual(kit.errors.map((error) => (error as Error).message), ["read-only"]);
});

Deno.test("a lease lasts as long as it is to, also when the clock is set meanwhile", async () => {
  const clock = settableClock();
  await using kit = await Kit.begin({ leaseMs: 60_000, clock });
  const id = async (user: string) => (await next(kit, "first", user)).id;
  assert.equal(await id("ann"), "a");
  clock.set(6 * 3_600_000);
  assert.equal(await id("bob"), "b", "ann still has hers");
  clock.set(-12 * 3_600_000);
  await clock.advance(60_000);
  assert.equal(await id("dan"), "a", "nobody has anything any more");
});
