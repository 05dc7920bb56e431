import { strict as assert } from "node:assert";
import { makeDistinctNow } from "../../../transports/file/versions.ts";

Deno.test("makeDistinctNow() tells versions of one moment apart, also when the clock is set on between them", () => {
  let time = 1000;
  const stat = () => ({ kind: "file", etag: `"x-${time}"`, mtime: new Date(time) }) as const;
  const publish = () => makeDistinctNow(stat, (mtime) => void (time = mtime.getTime())).etag;
  assert.equal(publish(), '"x-1000"');
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
  try {
    assert.equal(publish(), '"x-1001"');
  } finally {
    Date.now = now;
  }
});
