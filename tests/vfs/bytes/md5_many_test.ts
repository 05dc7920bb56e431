import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { seededBytes } from "../../../testing/random.ts";
import { md5sOf } from "../../../vfs/bytes/md5_many.ts";
import { STRIDE } from "../../../vfs/bytes/md5_words.ts";
import { bytes } from "../_fakes.ts";

const md5Of = (message: Uint8Array) => createHash("md5").update(message).digest("hex");

Deno.test("md5sOf() gives what node:crypto gives, at all lengths around a block and around a stride", async () => {
  const content = seededBytes(1, 2 * STRIDE + 70);
  for (const around of [70, STRIDE, 2 * STRIDE]) {
    const messages = Array.from(
      { length: 140 },
      (_, i) => content.subarray(0, around + i - 70),
    );
    assert.deepEqual(await md5sOf(messages), messages.map(md5Of), `around ${around}`);
  }
});

Deno.test("md5sOf() gives each its own, whatever lies beside it", async () => {
  const length = fc.oneof(fc.nat(200), fc.nat(5 * STRIDE));
  const message = fc.tuple(length, fc.nat(255)).map(([length, seed]) => seededBytes(seed, length));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 10 }), async (messages) => {
      assert.deepEqual(await md5sOf(messages), messages.map(md5Of));
    }),
    { numRuns: 50 },
  );
});

Deno.test("md5sOf() counts bits beyond 32 bits of them", async () => {
  const long = new Uint8Array(2 ** 29 + 3);
  assert.deepEqual(await md5sOf([long, bytes("a")]), [md5Of(long), md5Of(bytes("a"))]);
});

Deno.test("md5sOf() gives the same where WebAssembly is forbidden", async () => {
  const { href } = new URL("../../../vfs/bytes/md5_many.ts", import.meta.url);
  const code = `import { md5sOf } from ${JSON.stringify(href)};
    console.log("WebAssembly" in globalThis, ...await md5sOf([new Uint8Array(1), new Uint8Array(100)]));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--v8-flags=--jitless"],
      `data:text/typescript,${encodeURIComponent(code)}`,
    ],
  }).output();
  const decoder = new TextDecoder();
  const md5s = [1, 100].map((length) => md5Of(new Uint8Array(length)));
  assert.equal(decoder.decode(stdout).trim(), `false ${md5s.join(" ")}`, decoder.decode(stderr));
});
