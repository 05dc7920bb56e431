import { strict as assert } from "node:assert";
import { KeyedLock, SingleFlight } from "../../datastore/single_flight.ts";
import { isKind } from "./_contract.ts";

const WHO = { op: "test", url: "memory:///" };

Deno.test("KeyedLock runs what has one key in turn, also after what failed", async () => {
  const lock = new KeyedLock();
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const failing = lock.run("a", WHO, async () => {
    seen.push("first");
    await first.promise;
  });
  const second = lock.run("a", WHO, () => Promise.resolve(seen.push("second")));
  await lock.run("b", WHO, () => Promise.resolve(seen.push("other")));
  assert.deepEqual(seen, ["first", "other"]);
  first.reject(new Error("broken"));
  await assert.rejects(failing, /broken/);
  await second;
  assert.deepEqual(seen, ["first", "other", "second"]);
});

Deno.test("KeyedLock does nothing for who left before his turn, and tells who left after it what came of it", async () => {
  const lock = new KeyedLock();
  const abort = new AbortController();
  const work = Promise.withResolvers<string>();
  const begun = lock.run("a", { ...WHO, signal: abort.signal }, () => work.promise);
  let isRun = false;
  const waiting = lock.run("a", { ...WHO, signal: abort.signal }, () => {
    isRun = true;
    return Promise.resolve();
  });
  await Promise.resolve();
  abort.abort();
  await assert.rejects(waiting, isKind("Aborted"));
  work.resolve("done");
  assert.equal(await begun, "done");
  await lock.run("a", WHO, () => Promise.resolve());
  assert.equal(isRun, false);
});

Deno.test("SingleFlight calls off what nobody waits for any more, and begins anew for who comes then", async () => {
  const flights = new SingleFlight<number>();
  const signals: AbortSignal[] = [];
  const works: PromiseWithResolvers<number>[] = [];
  const run = (signal?: AbortSignal) =>
    flights.run("a", { ...WHO, signal }, (signal) => {
      signals.push(signal);
      works.push(Promise.withResolvers());
      return works.at(-1)!.promise;
    });
  const [one, two] = [new AbortController(), new AbortController()];
  const both = [run(one.signal), run(two.signal)];
  one.abort();
  await assert.rejects(both[0]!, isKind("Aborted"));
  assert.equal(signals[0]!.aborted, false, "another still waits");
  two.abort();
  await assert.rejects(both[1]!, isKind("Aborted"));
  assert.equal(signals[0]!.aborted, true);
  const third = run();
  works[0]!.reject(new Error("called off"));
  works[1]!.resolve(3);
  assert.equal(await third, 3);
  assert.equal(signals.length, 2);
});
