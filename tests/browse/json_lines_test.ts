import { strict as assert } from "node:assert";
import fc from "fast-check";
import { inGroups, jsonLines } from "../../browse/json_lines.ts";

async function* from<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

Deno.test("inGroups gives every item once, in order, in groups of the size at the most", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.integer(), { maxLength: 40 }),
    fc.integer({ min: 1, max: 7 }),
    async (items, size) => {
      const groups = await Array.fromAsync(inGroups(from(items), { size, waitMs: 1000 }));
      assert.deepEqual(groups.flat(), items);
      assert.ok(groups.every(({ length }) => length > 0 && length <= size));
    },
  ));
});

Deno.test("inGroups does not wait for a full group, nor for what never comes", async () => {
  let isEnded = false;
  async function* slow() {
    try {
      yield 1;
      yield 2;
      await new Promise(() => {});
    } finally {
      isEnded = true;
    }
  }
  const groups = inGroups(slow(), { size: 100, waitMs: 5 });
  assert.deepEqual((await groups.next()).value, [1, 2]);
  assert.equal(isEnded, false);
});

Deno.test("inGroups ends its items when it is left, and passes on what they fail with", async () => {
  let isEnded = false;
  async function* many() {
    try {
      for (let i = 0;; i++) yield i;
    } finally {
      isEnded = true;
    }
  }
  for await (const _ of inGroups(many(), { size: 3, waitMs: 5 })) break;
  assert.equal(isEnded, true);
  async function* broken() {
    yield 1;
    throw new Error("broken");
  }
  const groups = inGroups(broken(), { size: 3, waitMs: 5000 });
  assert.deepEqual((await groups.next()).value, [1]);
  await assert.rejects(groups.next(), /broken/);
});

Deno.test("inGroups keeps what fails while nobody takes the group before it", async () => {
  async function* broken() {
    yield* [1, 2];
    throw new Error("broken");
  }
  const groups = inGroups(broken(), { size: 2, waitMs: 5000 });
  assert.deepEqual((await groups.next()).value, [1, 2]);
  // A rejection that nobody handles by then would end the process.
  await new Promise((resolve) => setTimeout(resolve));
  await assert.rejects(groups.next(), /broken/);
});

Deno.test("jsonLines tells of what fails in the last line, without what is nobody's business", async () => {
  async function* failing() {
    yield { a: 1 };
    throw new Error("at /home/ann/secret");
  }
  const lines = (await jsonLines(failing()).text()).split("\n");
  assert.equal(lines[0], '{"a":1}');
  assert.deepEqual(JSON.parse(lines[1]!), {
    error: { status: 500, kind: "Unexpected", message: "Something went wrong in medvfs itself" },
  });
});
