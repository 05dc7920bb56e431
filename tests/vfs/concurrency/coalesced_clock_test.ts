import { strict as assert } from "node:assert";
import { coalescedClock, keepTimer } from "../../../vfs/concurrency/coalesced_clock.ts";

/** A clock whose one timer is told. */
function watched() {
  let now = 0;
  let timer: { due: number; idle: boolean; callback: () => void } | undefined;
  return {
    get timer(): string {
      return timer ? `${timer.due}${timer.idle ? " idle" : ""}` : "none";
    },
    advance(to: number): void {
      now = to;
      const due = timer;
      if (!due || due.due > now) return;
      timer = undefined;
      due.callback();
    },
    clock: {
      now: () => now,
      schedule(callback: () => void, ms: number, idle = false) {
        assert.equal(timer, undefined, "one timer at a time");
        const mine = timer = { due: now + ms, idle, callback };
        return () => {
          if (timer === mine) timer = undefined;
        };
      },
    },
  };
}

Deno.test("coalescedClock() has one timer, for the wait that is due first", () => {
  const world = watched();
  const clock = coalescedClock(world.clock);
  const called: string[] = [];
  clock.schedule(() => called.push("late"), 50);
  const cancel = clock.schedule(() => called.push("never"), 10);
  clock.schedule(() => called.push("soon"), 20);
  assert.equal(world.timer, "10");
  cancel();
  world.advance(10);
  assert.equal(world.timer, "20");
  world.advance(20);
  world.advance(50);
  assert.deepEqual(called, ["soon", "late"]);
  assert.equal(world.timer, "none");
});

Deno.test("keepTimer() leaves one timer to all that wait meanwhile, and none afterwards", () => {
  const world = watched();
  let made = 0;
  const { now, schedule } = world.clock;
  const clock = coalescedClock({
    now,
    schedule(...wait) {
      made++;
      return schedule(...wait);
    },
  });
  const called: string[] = [];
  {
    using _timer = keepTimer(clock);
    for (let i = 0; i < 10; i++) clock.schedule(() => {}, 60_000 + i)();
    assert.deepEqual([made, world.timer], [1, "60000"]);
    clock.schedule(() => called.push("due"), 70_000);
    world.advance(60_000);
    assert.deepEqual([called, world.timer], [[], "70000"]);
    world.advance(70_000);
    assert.deepEqual([called, world.timer], [["due"], "120000"]);
  }
  assert.equal(world.timer, "none");
});

Deno.test("coalescedClock() keeps the process running only for waits that are not idle", () => {
  const world = watched();
  const clock = coalescedClock(world.clock);
  const cancelIdle = clock.schedule(() => {}, 10, true);
  assert.equal(world.timer, "10 idle");
  const cancel = clock.schedule(() => {}, 50);
  assert.equal(world.timer, "10");
  cancel();
  assert.equal(world.timer, "10 idle");
  clock.schedule(() => {}, 5);
  assert.equal(world.timer, "5");
  world.advance(5);
  assert.equal(world.timer, "10 idle");
  cancelIdle();
  assert.equal(world.timer, "none");
});

Deno.test("coalescedClock() is not hurried, nor held up, by a clock that is set", () => {
  const world = watched();
  let set = 0;
  const now = () => world.clock.now() + set;
  const clock = coalescedClock({ ...world.clock, now, elapsed: world.clock.now });
  const called: string[] = [];
  clock.schedule(() => called.push("a"), 50);
  set = 5 * 3_600_000;
  clock.schedule(() => called.push("b"), 20);
  world.advance(20);
  assert.deepEqual(called, ["b"]);
  set = -5 * 3_600_000;
  world.advance(50);
  assert.deepEqual(called, ["b", "a"]);
});
