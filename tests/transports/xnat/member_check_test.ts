import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { check } from "../../../transports/xnat/member_check.ts";
import { parseLocation } from "../../../vfs/location/location.ts";

const { location } = parseLocation("xnat://host/P/s/e/1/R/f");

/** Members whose catalog tells the MD5 of some; of those with a `!`, catalog or zip tell that of other bytes. */
function membersOf(kinds: readonly string[]) {
  const memory = new ArrayBuffer(kinds.length);
  const members = kinds.map((kind, i) => {
    const body = new Uint8Array(memory, i, 1).fill(i);
    const told = kind.endsWith("!") ? new Uint8Array(5) : body;
    const md5 = kind.startsWith("md5") ? createHash("md5").update(told).digest("hex") : undefined;
    const file = { path: [`${i}`], attributes: {}, place: { resource: "1" }, md5 };
    return { start: i, end: i + 1, wanted: { location, file }, crc32: crc32(told) };
  });
  let released = 0;
  return { members, memory, release: () => released++, count: () => released };
}

Deno.test("check() compares each member with what there is of it: MD5 or CRC-32", async () => {
  const kinds = ["crc", "md5", "crc!", "md5!", "md5", "crc"];
  const given = membersOf(kinds);
  const same = await check("http://x", given);
  assert.deepEqual(
    same.map(({ got }) => [got.info.id, got.verified]),
    [["http://x 1/0", []], ["http://x 1/1", ["md5"]], ["http://x 1/4", ["md5"]], [
      "http://x 1/5",
      [],
    ]],
  );
  for (const { got } of same) got.release?.();
  assert.equal(given.count(), 1);
  assert.equal((await check("http://x", membersOf(["crc", "crc"]))).length, 2);
});
