import { strict as assert } from "node:assert";
import fc from "fast-check";
import { isName, sortByName } from "../../../vfs/location/names.ts";

const sorted = (...names: string[]) =>
  sortByName(names.map((name) => ({ name }))).map((e) => e.name);

Deno.test("sortByName() sorts by number when every name is one", () => {
  assert.deepEqual(sorted("10", "2", "1"), ["1", "2", "10"]);
  assert.deepEqual(sorted("010", "9", "10", "0", "00"), ["0", "00", "9", "010", "10"]);
  const huge = "9".repeat(40);
  assert.deepEqual(sorted(huge + "0", huge, "5"), ["5", huge, huge + "0"]);
});

Deno.test("sortByName() sorts by code unit when one name is no number", () => {
  assert.deepEqual(sorted("10", "2", "1a"), ["10", "1a", "2"]);
  assert.deepEqual(sorted("b", "a", "B", "é", "Z"), ["B", "Z", "a", "b", "é"]);
  assert.deepEqual(sorted("10", "2", "-1"), ["-1", "10", "2"]);
  assert.deepEqual(sorted("1.5", "10", "2"), ["1.5", "10", "2"]);
  assert.deepEqual(sorted("１", "2", "10"), ["10", "2", "１"]);
  assert.deepEqual(sorted(), []);
});

Deno.test("sortByName() gives the same order from any order", () => {
  const names = fc.uniqueArray(
    fc.oneof(fc.nat(999).map(String), fc.stringMatching(/^0?[0-9]{1,3}$/)),
  );
  fc.assert(fc.property(names, (list) => {
    assert.deepEqual(sorted(...list), sorted(...list.toReversed()));
  }));
});

Deno.test("isName() refuses what is no single segment", () => {
  for (const no of ["", ".", "..", "\0", "a\0b", "\ud800", "x\udc00"]) assert(!isName(no), no);
  for (const yes of ["...", " ", "a/b", "..a", "ä", "😀", "%2e", "-"]) assert(isName(yes), yes);
});
