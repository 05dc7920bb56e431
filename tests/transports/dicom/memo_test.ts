import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/mod.ts";
import { Memo } from "../../../transports/dicom/memo.ts";

Deno.test("Memo keeps as many values as have the size told, and lets the oldest go", () => {
  const memo = new Memo<number>(manualClock(), 1000, 10, (value) => value);
  const there = () => ["a", "b", "c", "d"].filter((key) => memo.get(key) !== undefined).join("");
  memo.set("a", 4);
  memo.set("b", 4);
  memo.set("c", 2);
  assert.equal(there(), "abc");
  memo.set("a", 3); // in place of 4, and youngest now
  assert.equal(there(), "abc");
  memo.set("d", 5);
  assert.equal(there(), "acd");
  memo.delete("d");
  memo.set("b", 5);
  assert.equal(there(), "abc");
  memo.set("d", 11);
  assert.equal(there(), "");
  memo.clear();
  memo.set("a", 10);
  assert.equal(there(), "a");
});

Deno.test("Memo forgets after the time told, and makes room by it", async () => {
  const clock = manualClock();
  const memo = new Memo<string>(clock, 1000, 2);
  memo.set("a", "1");
  await clock.advance(999);
  assert.equal(memo.get("a"), "1");
  await clock.advance(1);
  assert.equal(memo.get("a"), undefined);
  memo.set("b", "2");
  memo.set("c", "3");
  assert.deepEqual([memo.get("b"), memo.get("c")], ["2", "3"]);
});
