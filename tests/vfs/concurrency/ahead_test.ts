import { strict as assert } from "node:assert";
import { ahead } from "../../../vfs/concurrency/ahead.ts";
import { settle } from "../_fakes.ts";

async function* numbers(n: number, error?: Error): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) {
    await settle(1);
    yield i;
  }
  if (error) throw error;
}

Deno.test("ahead() gives the results in order, with no more under way than told", async () => {
  let now = 0;
  let peak = 0;
  const work = async (n: number) => {
    peak = Math.max(peak, ++now);
    await settle(n % 3 * 4);
    now--;
    return n * n;
  };
  const results = await Array.fromAsync(ahead(numbers(20), work, 3));
  assert.deepEqual(results, Array.from({ length: 20 }, (_, n) => n * n));
  assert(peak > 1 && peak <= 4, `${peak}`);
});

Deno.test("ahead() gives what was begun before it tells that the items broke off", async () => {
  const given: number[] = [];
  const all = ahead(numbers(5, new Error("cut")), (n) => Promise.resolve(n), 3);
  await assert.rejects(async () => {
    for await (const each of all) given.push(each);
  }, /cut/);
  assert.deepEqual(given, [0, 1, 2, 3, 4]);
});

Deno.test("ahead() passes on what fails, and leaves no rejection behind when it is left", async () => {
  const work = (n: number) => n === 2 ? Promise.reject(new Error("two")) : Promise.resolve(n);
  const given: number[] = [];
  // Nothing is given out of its turn, and of several failures the first is told.
  const failing = (n: number) => n === 4 ? Promise.reject(new Error("four")) : work(n);
  await assert.rejects(async () => {
    for await (const each of ahead(numbers(9), failing, 3)) given.push(each);
  }, /two/);
  assert.deepEqual(given, [0, 1]);
  for await (const each of ahead(numbers(9), work, 4)) {
    assert.equal(each, 0);
    break;
  }
  await settle(3);
});
