import { strict as assert } from "node:assert";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { coalescedClock } from "../../../vfs/concurrency/coalesced_clock.ts";

Deno.test("schedule() waits where it is told a time of months or of no end", async () => {
  for (const clock of [systemClock, coalescedClock(systemClock)]) {
    let fired = 0;
    const cancels = [2 ** 31, 1e12, Infinity].map((ms) => clock.schedule(() => fired++, ms));
    await new Promise((resolve) => systemClock.schedule(() => resolve(undefined), 20));
    for (const cancel of cancels) cancel();
    assert.equal(fired, 0);
  }
});
