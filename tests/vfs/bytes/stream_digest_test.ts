import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { seededBytes } from "../../../testing/random.ts";
import { startHashWorker } from "../../../vfs/bytes/hash_worker.ts";
import { streamDigester } from "../../../vfs/bytes/stream_digest.ts";

const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
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
  name: `startHashWorker() adds what is lent between copies in its turn${ONE_CORE}`,
  ignore: cores === 1,
  async fn() {
    using worker = (await startHashWorker(["md5"]))!;
    const all = seededBytes(5, 3_000_000);
    await worker.update(all.subarray(0, 1_500_000));
    const lent = all.slice(1_499_000, 2_000_000).subarray(1000);
    const back = worker.lend(lent);
    assert(lent.buffer.detached);
    await worker.update(all.subarray(2_000_000));
    assert.deepEqual(await worker.digests(), { md5: md5Of(all) });
    assert.deepEqual(await back, all.subarray(1_500_000, 2_000_000));
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

Deno.test("startHashWorker() hashes MD5 in a thread where WebAssembly is forbidden, too", async () => {
  const { href } = new URL("../../../vfs/bytes/hash_worker.ts", import.meta.url);
  const code = `import { startHashWorker } from ${JSON.stringify(href)};
    using worker = await startHashWorker(["md5"]);
    await worker?.update(new Uint8Array(1_000_000));
    console.log("WebAssembly" in globalThis, worker && (await worker.digests()).md5);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--v8-flags=--jitless",
      `data:text/typescript,${encodeURIComponent(code)}`,
    ],
  }).output();
  const md5 = cores === 1
    ? undefined
    : createHash("md5").update(new Uint8Array(1_000_000)).digest("hex");
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stdout).trim(), `false ${md5}`, decoder.decode(stderr));
});

Deno.test("streamDigester() makes nothing when no algorithm is asked for", async () => {
  assert.equal(await streamDigester([], 2 ** 40), undefined);
});
