import { strict as assert } from "node:assert";
import { commonClock } from "../../../vfs/concurrency/coalesced_clock.ts";
import { forEachBounded, mapBounded } from "../../../vfs/concurrency/pool.ts";
import { settle } from "../_fakes.ts";

async function* count(to: number, pulled: { n: number; ended: boolean }) {
  try {
    for (; pulled.n < to; pulled.n++) {
      await Promise.resolve();
      yield pulled.n;
    }
  } finally {
    pulled.ended = true;
  }
}

Deno.test("forEachBounded() works on every item, within the bound, and pulls no item early", async () => {
  const pulled = { n: 0, ended: false };
  const seen: number[] = [];
  let running = 0;
  let most = 0;
  await forEachBounded(count(50, pulled), 4, async (item) => {
    most = Math.max(most, ++running);
    assert(item < seen.length + 4);
    await settle(1);
    running--;
    seen.push(item);
  });
  assert.equal(most, 4);
  assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
});

Deno.test("forEachBounded() has one timer of the platform for the time limits of all items", async () => {
  const { setTimeout } = globalThis;
  let made = 0;
  globalThis.setTimeout = ((...wait: Parameters<typeof setTimeout>) => {
    made++;
    return setTimeout(...wait);
  }) as typeof setTimeout;
  try {
    await forEachBounded(count(50, { n: 0, ended: false }), 1, async () => {
      const cancel = commonClock.schedule(() => {}, 60_000);
      await Promise.resolve();
      cancel();
    });
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert(made <= 2, `${made} timers`);
});

Deno.test("forEachBounded() has room for more of what weighs less", async () => {
  for (const [weight, expected] of [[1, 4], [0.5, 8], [2, 2], [3, 2]] as const) {
    let running = 0;
    let most = 0;
    await forEachBounded(count(20, { n: 0, ended: false }), 4, async () => {
      most = Math.max(most, ++running);
      await settle(1);
      running--;
    }, () => weight);
    assert.equal(most, expected);
  }
});

Deno.test("forEachBounded() begins nothing after the first error, and waits for what is under way", async () => {
  const pulled = { n: 0, ended: false };
  let finished = 0;
  const work = async (item: number) => {
    await settle(1);
    if (item === 3) throw new Error("third");
    await settle(2);
    finished++;
  };
  await assert.rejects(forEachBounded(count(1000, pulled), 3, work), /third/);
  const after = finished;
  assert(pulled.n < 12, `${pulled.n} pulled`);
  assert(pulled.ended);
  await settle();
  assert.equal(finished, after);
});

Deno.test("forEachBounded() waits for what is under way when the items fail", async () => {
  let finished = 0;
  async function* items() {
    yield 1;
    yield 2;
    await Promise.resolve();
    throw new Error("items");
  }
  await assert.rejects(
    forEachBounded(items(), 5, async () => {
      await settle(2);
      finished++;
    }),
    /items/,
  );
  assert.equal(finished, 2);
});

Deno.test("forEachBounded() goes on with the others while one piece takes long", async () => {
  let finish = () => {};
  const slow = new Promise<void>((resolve) => finish = resolve);
  const pulled = { n: 0, ended: false };
  const all = forEachBounded(
    count(2000, pulled),
    2,
    (item) => item === 0 ? slow : Promise.resolve(),
  );
  while (pulled.n < 2000) await settle(1);
  finish();
  await all;
});

Deno.test("mapBounded() gives the results in the order of the items, whichever ends first", async () => {
  const doubled = await mapBounded(count(5, { n: 0, ended: false }), 4, async (item) => {
    await settle(5 - item);
    return 2 * item;
  });
  assert.deepEqual(doubled, [0, 2, 4, 6, 8]);
  assert.deepEqual(await mapBounded([], 4, () => Promise.resolve(1)), []);
  await assert.rejects(mapBounded([1, 2], 4, () => Promise.reject(new Error("no"))), /no/);
});
