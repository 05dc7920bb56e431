import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { ArchivePace } from "../../../transports/dicom/archive_pace.ts";

const SINK = { write() {}, close() {}, abort() {} };

/** What is told at the beginning of each of `waits.length + 1` instances, of which each takes 100 ms to be taken. */
async function told(waits: readonly number[]): Promise<boolean[]> {
  const clock = manualClock();
  const pace = new ArchivePace(clock);
  const answers: boolean[] = [];
  for (const wait of [0, ...waits]) {
    await clock.advance(wait);
    answers.push(pace.begun());
    const sink = pace.timed(SINK);
    await clock.advance(100);
    await sink.close();
  }
  return answers;
}

Deno.test("ArchivePace tells once, at the ninth instance, that an archive lets wait 15 ms for each", async () => {
  const ninth = Array.from({ length: 12 }, (_, i) => i === 8);
  assert.deepEqual(await told(new Array(11).fill(15)), ninth);
  // Nagle's algorithm need not hold up all.
  assert.deepEqual(await told([40, 0, 40, 0, 40, 0, 40, 0, 0, 0, 0]), ninth);
});

Deno.test("ArchivePace takes no archive for slow that lets wait long before few, as one that has to open them first", async () => {
  const never = new Array(12).fill(false);
  assert.deepEqual(await told([5_000, ...new Array(10).fill(0)]), never);
  assert.deepEqual(await told([0, 400, 0, 0, 400, 0, 0, 400, 0, 0, 0]), never);
});

Deno.test("ArchivePace does not count the time that it takes to take an instance, nor what comes later", async () => {
  const never = new Array(12).fill(false);
  assert.deepEqual(await told(new Array(11).fill(14)), never);
  assert.deepEqual(await told([...new Array(8).fill(0), 1_000, 1_000, 1_000]), never);
});

Deno.test("ArchivePace tells the sink why nothing more comes", () => {
  const reasons: unknown[] = [];
  const sink = new ArchivePace(manualClock()).timed({
    ...SINK,
    abort: (why) => void reasons.push(why),
  });
  const reason = new Error("gone");
  sink.abort(reason);
  assert.deepEqual(reasons, [reason]);
});
