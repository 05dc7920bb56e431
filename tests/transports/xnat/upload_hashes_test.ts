import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { seededBytes } from "../../../testing/random.ts";
import { UploadHashes } from "../../../transports/xnat/upload_hashes.ts";
import { startHashWorker } from "../../../vfs/bytes/hash_worker.ts";

const cores = navigator.hardwareConcurrency;
const ONE_CORE = cores > 1 ? "" : " (this machine has one processor)";
const MIB = 1024 * 1024;
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

Deno.test("UploadHashes gives copies and their MD5, on this thread and, from 32 MiB on, in another", async () => {
  const hashes = new UploadHashes();
  using _upload = hashes.begin();
  for (let i = 0; i < 12; i++) {
    const given = seededBytes(i, 4 * MIB).subarray(100);
    const { bytes, md5 } = await hashes.md5Of(given);
    assert.equal(md5, md5Of(given));
    assert.deepEqual(bytes, given);
    assert.notEqual(bytes.buffer, given.buffer);
  }
});

Deno.test("UploadHashes keeps many at once apart, also where some go to the thread together", async () => {
  const hashes = new UploadHashes();
  using _upload = hashes.begin();
  await hashes.md5Of(new Uint8Array(33 * MIB));
  const sizes = [0, 1, 100_000, 4 * MIB, 131_072, 900_000, 200_000, MIB, 0, 7];
  const all = Array.from({ length: 60 }, (_, i) => seededBytes(i, sizes[i % sizes.length]!));
  const expected = all.map(md5Of);
  const hashed = await Promise.all(all.map((bytes) => hashes.md5Of(bytes)));
  assert.deepEqual(hashed.map(({ md5 }) => md5), expected);
  hashed.forEach(({ bytes }, i) => assert.deepEqual(bytes, all[i]));
  const memories = new Set(hashed.map(({ bytes }) => bytes.buffer)).size;
  assert(cores === 1 ? memories === all.length : memories < all.length, `${memories}`);
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
      await hashes.md5Of(new Uint8Array(10));
      using next = await startHashWorker(["md5"]);
      assert(next, "the thread has ended");
    }
    for (const other of others) other?.[Symbol.dispose]();
  },
});
