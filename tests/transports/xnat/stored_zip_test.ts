import { strict as assert } from "node:assert";
import { storedZip } from "../../../transports/xnat/stored_zip.ts";

/** More than is kept while its checksum is taken. */
const LARGE = 16 * 1024 * 1024 + 1;

Deno.test("storedZip() closes what it opens, also of a member that is too short, and when nobody reads on", async () => {
  let opened = 0;
  const member = (bytes: number) => ({
    path: "a",
    size: LARGE,
    open: () => {
      let left = bytes;
      opened++;
      return Promise.resolve({
        read: () => {
          const chunk = left > 0 ? new Uint8Array(Math.min(left, 2 ** 22)) : undefined;
          left -= chunk?.length ?? 0;
          return Promise.resolve(chunk);
        },
        close: () => Promise.resolve(void opened--),
      });
    },
  });
  await assert.rejects(Array.fromAsync(storedZip([member(LARGE - 1)])), RangeError);
  assert.equal(opened, 0);
  const chunks = storedZip([member(LARGE)]);
  for (let i = 0; i < 2; i++) await chunks.next();
  assert.equal(opened, 1);
  await chunks.return();
  assert.equal(opened, 0);
});
