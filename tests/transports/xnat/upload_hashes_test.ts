import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { manualClock } from "../../../testing/manual_clock.ts";
import { seededBytes } from "../../../testing/random.ts";
import { UploadHashes } from "../../../transports/xnat/upload_hashes.ts";
import { startHashWorker } from "../../../vfs/bytes/hash_worker.ts";

const cores = navigator.hardwareConcurrency;
const ONE_CORE = cores > 1 ? "" : " (this machine has one processor)";
const MIB = 1024 * 1024;
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

Deno.test("UploadHashes gives memory and the MD5 of its parts, on this thread and, from 32 MiB on, in another", async () => {
  using hashes = new UploadHashes(manualClock());
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

const isFree = async () => {
  await Promise.resolve();
  using thread = await startHashWorker(["md5"]);
  return thread !== undefined;
};

Deno.test({
  name:
    `UploadHashes keeps its thread from upload to upload, and ends it after the last${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    const clock = manualClock();
    let ends = 0;
    using hashes = new UploadHashes(clock, () => ends++);
    using others = new DisposableStack();
    for (let i = 2; i < cores; i++) others.use((await startHashWorker(["md5"]))!);
    const isMoved = async (size: number) => {
      const memory = new ArrayBuffer(size);
      await hashes.md5sOf(memory, [{ start: 0, end: size }]);
      return memory.detached;
    };
    for (let round = 0; round < 2; round++) {
      const uploads = [hashes.begin(), hashes.begin()];
      assert.equal(await isMoved(10), false, "the first are counted anew");
      assert.equal(await isMoved(33 * MIB), true);
      for (const upload of uploads) upload[Symbol.dispose]();
      await clock.advance(90);
      assert.equal(await isFree(), false, "the next upload may come");
      hashes.begin()[Symbol.dispose]();
      await clock.advance(90);
      assert.equal(await isMoved(10), true);
      assert.equal(ends, round);
      await clock.advance(10);
      assert.equal(ends, round + 1);
      assert.equal(await isFree(), true, "none came");
    }
  },
});

Deno.test({
  name: `UploadHashes that is disposed ends its thread with the last upload${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    using others = new DisposableStack();
    for (let i = 2; i < cores; i++) others.use((await startHashWorker(["md5"]))!);
    for (const isUnderWay of [false, true]) {
      const hashes = new UploadHashes(manualClock());
      const upload = hashes.begin();
      await hashes.md5sOf(new ArrayBuffer(33 * MIB), [{ start: 0, end: 33 * MIB }]);
      if (!isUnderWay) upload[Symbol.dispose]();
      hashes[Symbol.dispose]();
      assert.equal(await isFree(), !isUnderWay);
      if (isUnderWay) upload[Symbol.dispose]();
      assert.equal(await isFree(), true);
    }
  },
});
