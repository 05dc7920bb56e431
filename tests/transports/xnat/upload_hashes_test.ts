import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { seededBytes } from "../../../testing/random.ts";
import { UploadHashes } from "../../../transports/xnat/upload_hashes.ts";
import { startHashWorker } from "../../../vfs/bytes/hash_worker.ts";

const cores = navigator.hardwareConcurrency;
const ONE_CORE = cores > 1 ? "" : " (this machine has one processor)";
const MIB = 1024 * 1024;
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

Deno.test("UploadHashes gives bytes and their MD5, on this thread and, from 32 MiB on, in another", async () => {
  const hashes = new UploadHashes();
  using _upload = hashes.begin();
  let moved = 0;
  for (let i = 0; i < 12; i++) {
    const whole = seededBytes(i, 4 * MIB);
    const given = whole.slice(100);
    const expected = given.slice();
    const { bytes, md5 } = await hashes.md5Of(given);
    assert.equal(md5, md5Of(expected));
    assert.deepEqual(bytes, expected);
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
      await hashes.md5Of(new Uint8Array(33 * MIB));
      uploads[0]![Symbol.dispose]();
      assert.equal(await startHashWorker(["md5"]), undefined, "the thread lives");
      uploads[1]![Symbol.dispose]();
      const small = new Uint8Array(10);
      await hashes.md5Of(small);
      assert(!small.buffer.detached);
      using next = await startHashWorker(["md5"]);
      assert(next, "the thread has ended");
    }
    for (const other of others) other?.[Symbol.dispose]();
  },
});
