import { strict as assert } from "node:assert";
import { merged } from "../../../vfs/concurrency/merged.ts";
import { settle } from "../_fakes.ts";

async function* countTo(n: number, name: string, ended?: string[]): AsyncGenerator<string> {
  try {
    for (let i = 1; i <= n; i++) {
      await settle(1);
      yield `${name}${i}`;
    }
  } finally {
    ended?.push(name);
  }
}

async function* streams(
  ...all: AsyncIterable<string>[]
): AsyncGenerator<AsyncIterable<string>> {
  for (const each of all) {
    await settle(1);
    yield each;
  }
}

Deno.test("merged() gives all that the streams give, each in its order, from no more than told at once", async () => {
  let open = 0;
  let peak = 0;
  async function* watched(n: number, name: string): AsyncGenerator<string> {
    peak = Math.max(peak, ++open);
    yield* countTo(n, name);
    open--;
  }
  const all = [watched(5, "a"), watched(0, "b"), watched(3, "c"), watched(4, "d"), watched(1, "e")];
  const given = await Array.fromAsync(merged(streams(...all), 2));
  assert.equal(given.length, 13);
  for (const name of "acde") {
    const own = given.filter((each) => each.startsWith(name));
    assert.deepEqual(own, own.toSorted());
  }
  assert.equal(peak, 2);
});

Deno.test("merged() passes the first error on, of a stream and of the streams, and ends all of them", async () => {
  async function* failing(): AsyncGenerator<string> {
    yield "x";
    await settle(2);
    throw new Error("broken");
  }
  const ended: string[] = [];
  const within = merged(streams(countTo(100, "a", ended), failing()), 3);
  await assert.rejects(Array.fromAsync(within), /broken/);
  assert.deepEqual(ended, ["a"]);
  async function* breaking(): AsyncGenerator<AsyncGenerator<string>> {
    yield countTo(100, "b", ended);
    await settle(2);
    throw new Error("no more");
  }
  await assert.rejects(Array.fromAsync(merged(breaking(), 3)), /no more/);
  assert.deepEqual(ended, ["a", "b"]);
});

Deno.test("merged() left early ends all streams", async () => {
  const ended: string[] = [];
  for await (
    const each of merged(streams(countTo(9, "a", ended), countTo(9, "b", ended)), 2)
  ) {
    if (each === "b2") break;
  }
  assert.deepEqual(ended.toSorted(), ["a", "b"]);
});
