import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { concat } from "../../../vfs/bytes/bytes.ts";
import { md5Starter } from "../../../vfs/bytes/md5.ts";
import { md5Module } from "../../../vfs/bytes/md5_module.ts";
import { bytes } from "../_fakes.ts";

const start = md5Starter(md5Module());

/** Bytes that go into the module's memory at once. */
const ROOM = 65_536 - 64;

function md5Of(content: Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}

Deno.test("md5Starter() gives the digests of RFC 1321 §A.5", () => {
  const digests = {
    "": "d41d8cd98f00b204e9800998ecf8427e",
    "a": "0cc175b9c0f1b6a831c399e269772661",
    "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890":
      "57edf4a22be3c955ac49da2e2107b67a",
  };
  for (const [text, digest] of Object.entries(digests)) {
    assert.equal(start().update(bytes(text)).digest(), digest);
  }
});

Deno.test("md5Starter() gives what node:crypto gives, at all lengths around a block and around its memory", () => {
  const content = new Uint8Array(65_536 + 200).map((_, i) => i * i >> 3);
  const lengths = [0, ROOM - 100, ROOM, 2 * 64].flatMap((from) =>
    Array.from({ length: 140 }, (_, i) => from + i)
  );
  for (const length of lengths) {
    const part = content.subarray(0, length);
    assert.equal(start().update(part).digest(), md5Of(part), `${length} bytes`);
  }
});

Deno.test("md5Starter() gives the same whatever the chunks, and digests that run at the same time do not meet", () => {
  const chunks = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: ROOM - 70, max: 3 * ROOM }).map((length) =>
        new Uint8Array(length).fill(length)
      ),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(chunks, chunks, (a, b) => {
      const [one, other] = [start(), start()];
      for (let i = 0; i < Math.max(a.length, b.length); i++) {
        one.update(a[i] ?? new Uint8Array());
        other.update(b[i] ?? new Uint8Array());
      }
      assert.equal(one.digest(), md5Of(joined(a)));
      assert.equal(other.digest(), md5Of(joined(b)));
    }),
    { numRuns: 50 },
  );
});

Deno.test("Md5.copy() goes on by itself, and digest() ends nothing", () => {
  const abc = start().update(bytes("abc"));
  const copy = abc.copy().update(bytes("def"));
  assert.equal(abc.digest(), md5Of(bytes("abc")));
  assert.equal(copy.digest(), md5Of(bytes("abcdef")));
  assert.equal(abc.update(bytes("xyz")).digest(), md5Of(bytes("abcxyz")));
});

Deno.test("Md5 counts bits beyond 32 bits of them", () => {
  const chunk = new Uint8Array(16 * 1024 * 1024);
  const [md5, hash] = [start(), createHash("md5")];
  for (let i = 0; i < 33; i++) {
    md5.update(chunk);
    hash.update(chunk);
  }
  assert.equal(md5.digest(), hash.digest("hex"));
});

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return concat(chunks, chunks.reduce((sum, { length }) => sum + length, 0));
}
