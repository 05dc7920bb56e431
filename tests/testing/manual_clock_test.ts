import { strict as assert } from "node:assert";
import { sleep } from "../../vfs/concurrency/clock.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { manualClock } from "../../testing/mod.ts";

Deno.test("manualClock() stands still until it is advanced", async () => {
  const clock = manualClock({ start: 1000 });
  const rang: number[] = [];
  clock.schedule(() => rang.push(clock.now()), 50);
  clock.schedule(() => rang.push(clock.now()), 20);
  await clock.advance(19);
  assert.deepEqual([rang, clock.now()], [[], 1019]);
  await clock.advance(1);
  assert.deepEqual(rang, [1020]);
  await clock.advance(1000);
  assert.deepEqual([rang, clock.now(), clock.pending], [[1020, 1050], 2020, 0]);
});

Deno.test("manualClock() runs timers that timers set, when they fall due", async () => {
  const clock = manualClock();
  const rang: number[] = [];
  clock.schedule(() => {
    rang.push(clock.now());
    clock.schedule(() => rang.push(clock.now()), 10);
  }, 10);
  await clock.advance(25);
  assert.deepEqual([rang, clock.now()], [[10, 20], 25]);
});

Deno.test("manualClock() runs timers of the same time in the order in which they were set", async () => {
  const clock = manualClock();
  const rang: string[] = [];
  for (const name of ["one", "two", "three"]) {
    clock.schedule(() => rang.push(name), 5);
  }
  await clock.advance(5);
  assert.deepEqual(rang, ["one", "two", "three"]);
});

Deno.test("manualClock() runs no timer that was cancelled", async () => {
  const clock = manualClock();
  const cancel = clock.schedule(() => assert.fail("rang"), 5);
  assert.equal(clock.pending, 1);
  cancel();
  cancel();
  await clock.advance(10);
  assert.equal(clock.pending, 0);
});

Deno.test("manualClock() by itself jumps to each timer, and never in the same turn", async () => {
  const clock = manualClock({ auto: true });
  let isSame = true;
  clock.schedule(() => assert.equal(isSame, false), 5);
  isSame = false;
  const begun = performance.now();
  await sleep(clock, 3_600_000, NEVER);
  await sleep(clock, 1000, NEVER);
  assert.equal(clock.now(), 3_601_000);
  assert.deepEqual(clock.waits, [5, 3_600_000, 1000]);
  assert(performance.now() - begun < 60_000);
});

Deno.test("manualClock() lets a sleep be aborted", async () => {
  const clock = manualClock();
  const abort = new AbortController();
  const slept = sleep(clock, 10, abort.signal).then(
    () => undefined,
    (error) => error,
  );
  abort.abort();
  const error = await slept;
  assert(isVfsError(error));
  assert.equal(error.kind, "Aborted");
  assert.equal(clock.pending, 0);
});
