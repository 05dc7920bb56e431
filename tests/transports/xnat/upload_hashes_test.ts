import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { seededBytes } from "../../../testing/random.ts";
import { UploadHashes } from "../../../transports/xnat/upload_hashes.ts";
import { startHashWorker } from "../../../vfs/bytes/hash_worker.ts";

const cores = navigator.hardwareConcurrency;
const ONE_CORE = cores > 1 ? "" : " (this machine has one processor)";
const MIB = 1024 * 1024;
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

Deno.test("UploadHashes gives memory and the MD5 of its parts, on this thread and, from 32 MiB on, in another", async () => {
  const hashes = new UploadHashes();
  using _upload = hashes.begin();
  let moved = 0;
  for (let i = 0; i < 12; i++) {
    const whole = seededBytes(i, 4 * MIB);
    const given = whole.slice(100);
    const expected = given.slice();
    const parts = [{ start: 0, end: 100 }, { start: 100, end: given.length }];
    const { memory, md5s } = await hashes.md5sOf(given.buffer, parts);
    assert.deepEqual(md5s, parts.map(({ start, end }) => md5Of(expected.subarray(start, end))));
    assert.deepEqual(new Uint8Array(memory), expected);
    if (given.buffer.detached) moved++;
  }
  assert(cores === 1 ? moved === 0 : moved >= 4 && moved < 6, `${moved}`);
});

Deno.test({
  name: `UploadHashes ends its thread with the last upload, and counts anew${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    const hashes = new UploadHashes();
    const others = [];
    for (let i = 2; i < cores; i++) others.push(await startHashWorker(["md5"]));
    for (let round = 0; round < 2; round++) {
      const uploads = [hashes.begin(), hashes.begin()];
      await hashes.md5sOf(new ArrayBuffer(33 * MIB), [{ start: 0, end: 33 * MIB }]);
      uploads[0]![Symbol.dispose]();
      assert.equal(await startHashWorker(["md5"]), undefined, "the thread lives");
      uploads[1]![Symbol.dispose]();
      const small = new ArrayBuffer(10);
      await hashes.md5sOf(small, [{ start: 0, end: 10 }]);
      assert(!small.detached);
      using next = await startHashWorker(["md5"]);
      assert(next, "the thread has ended");
    }
    for (const other of others) other?.[Symbol.dispose]();
  },
});
