import { strict as assert } from "node:assert";
import { type Progress, Tally } from "../../../vfs/copy/transfer.ts";

const A = "memory:///a";
const B = "memory:///b";

/** A tally, and what it tells of; the time is `now`, and then what `pass` makes of it. */
function tallying(now = 5_000) {
  const real = performance.now;
  performance.now = () => now;
  const told: Progress[] = [];
  return {
    told,
    tally: new Tally({ onProgress: (progress) => told.push(progress) }),
    pass: (ms: number) => void (now += ms),
    [Symbol.dispose]: () => void (performance.now = real),
  };
}

Deno.test("Tally tells how long it has taken, the mean rate, and what was last dealt with", () => {
  using given = tallying();
  const { tally, told, pass } = given;
  tally.found(3_000);
  tally.moved(1_000, A);
  pass(500);
  tally.moved(2_000, A);
  pass(1_500);
  tally.settle({ from: B, result: "skipped" });
  const figures = told.map((
    { elapsedMs, bytesPerSecond, url },
  ) => [elapsedMs, bytesPerSecond, url]);
  assert.deepEqual(figures, [[0, 0, A], [500, 6_000, A], [2_000, 1_500, B]]);
  pass(1_000);
  const { elapsedMs } = tally.report();
  assert.deepEqual([elapsedMs, told.at(-1)?.elapsedMs], [3_000, 3_000]);
});

Deno.test("Tally tells at most ten times a second, whatever happens, and at the end", () => {
  using given = tallying();
  const { tally, told, pass } = given;
  for (const happens of [() => tally.moved(1, A), () => tally.pass()]) {
    happens();
    pass(99);
    happens();
    pass(1);
  }
  assert.deepEqual(told.map(({ elapsedMs }) => elapsedMs), [0, 100]);
  tally.report();
  assert.deepEqual(told.map(({ elapsedMs }) => elapsedMs), [0, 100, 200]);
});

Deno.test("Tally tells whether the totals are final, what was found and done, and takes back what failed", () => {
  using given = tallying();
  const { tally, told } = given;
  tally.found(10);
  tally.found(undefined);
  tally.moved(4, "memory:///a");
  const { listed, totalFiles, totalBytes, bytes, files, url } = told[0]!;
  assert.deepEqual([listed, totalFiles, totalBytes, bytes, files], [false, 2, 10, 4, 0]);
  assert.equal(url, "memory:///a");
  tally.moved(-4, "memory:///a");
  tally.moved(10, "memory:///a");
  tally.settle({ from: "memory:///a", result: "done", warnings: ["odd"] });
  tally.settle({ from: "memory:///b", result: "skipped", reason: "there" });
  tally.pass();
  tally.listed();
  const { done, warned, skipped, failed, problems } = tally.report();
  assert.deepEqual([done, warned, skipped, failed, tally.report().bytes], [1, 1, 1, 0, 10]);
  assert.deepEqual(problems.map(({ from }) => from), ["memory:///a", "memory:///b"]);
  const last = told.at(-1)!;
  assert.deepEqual([last.listed, last.files, last.bytes], [true, 3, 10]);
});

Deno.test("Tally names the first 1,000 problems and counts all", () => {
  const tally = new Tally({});
  for (let i = 0; i < 1_001; i++) tally.settle({ from: `memory:///${i}`, result: "failed" });
  const { failed, problems } = tally.report();
  assert.deepEqual([failed, problems.length, problems.at(-1)!.from], [
    1_001,
    1_000,
    "memory:///999",
  ]);
});

Deno.test("Tally tells of the first file also where the program has just begun", () => {
  using given = tallying(5);
  given.tally.found(1);
  given.tally.settle({ from: A, result: "done", bytes: 1 });
  assert.equal(given.told.length, 1);
});
