import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { seededBytes } from "../../../testing/random.ts";
import { MAX_WHOLE, startHashWorker } from "../../../vfs/bytes/hash_worker.ts";
import { streamDigester } from "../../../vfs/bytes/stream_digest.ts";

const cores = navigator.hardwareConcurrency;
const ONE_CORE = cores > 1 ? "" : " (this machine has one processor)";

Deno.test({
  name: `startHashWorker() digests chunks of any size in order, more than once${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    using worker = (await startHashWorker(["md5", "sha256"]))!;
    const md5 = createHash("md5");
    const sha256 = createHash("sha256");
    for (const size of [1, 262_143, 1_048_576, 1_048_577, 3_000_000, 0, 77]) {
      const chunk = seededBytes(size, size);
      md5.update(chunk);
      sha256.update(chunk);
      await worker.update(chunk);
      // What was handed over is the caller's again.
      chunk.fill(0);
      assert.deepEqual(await worker.digests(), {
        md5: md5.copy().digest("hex"),
        sha256: sha256.copy().digest("hex"),
      });
    }
  },
});

Deno.test({
  name:
    `startHashWorker() digests wholes side by side with a stream, also more than it has room for${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    using worker = (await startHashWorker(["md5"]))!;
    const stream = seededBytes(2_500_000, 3);
    const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
    const wholes = [0, 1, 1000, MAX_WHOLE, 77, 500_000, 3, 4, 5].map((size) =>
      seededBytes(size, size)
    );
    const digests = wholes.map((whole) => worker.digestsOf(whole));
    await worker.update(stream);
    assert.deepEqual(await worker.digests(), { md5: md5Of(stream) });
    assert.deepEqual(await Promise.all(digests), wholes.map((whole) => ({ md5: md5Of(whole) })));
  },
});

Deno.test({
  name: `startHashWorker() keeps a processor free, and its thread ends with it${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    const workers = [];
    for (let i = 1; i < cores; i++) workers.push(await startHashWorker(["md5"]));
    assert(workers.every((worker) => worker !== undefined));
    assert.equal(await startHashWorker(["md5"]), undefined);
    const [first] = workers;
    for (const worker of workers) {
      worker[Symbol.dispose]();
      worker[Symbol.dispose]();
    }
    await assert.rejects(first!.digests(), /was ended/);
    using again = await startHashWorker(["md5"]);
    assert(again);
  },
});

Deno.test("streamDigester() gives the same whatever the size, without any permission", async () => {
  const script = new URL("./stream_digest_child.ts", import.meta.url).href;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", script],
  }).output();
  const expected = createHash("md5");
  for (let i = 0; i < 3; i++) expected.update(new Uint8Array(1_000_000).fill(i));
  const md5 = expected.digest("hex");
  assert.deepEqual(
    new TextDecoder().decode(stdout).trim().split("\n"),
    [
      `small ${md5}`,
      `large ${md5}`,
      `large where threads fail ${md5}`,
      `large without threads ${md5}`,
      "ended",
    ],
    new TextDecoder().decode(stderr),
  );
});

Deno.test("streamDigester() makes nothing when no algorithm is asked for", async () => {
  assert.equal(await streamDigester([], 2 ** 40), undefined);
});
