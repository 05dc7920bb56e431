import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { manualClock } from "../../../testing/manual_clock.ts";
import { type Bytes, collect, readerOf } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { guard } from "../../../vfs/layers/guard.ts";
import { stack, type StackOptions } from "../../../vfs/layers/stack.ts";
import type { ContentCheck, Transport } from "../../../vfs/transport.ts";
import { at_, fake, hang, rejects } from "../_fakes.ts";

const AT = at_("fake://h/a");
const CONTENT = Uint8Array.from({ length: 40 * 1024 * 1024 }, (_, i) => i * 7 ^ i >> 9);
const SMALL = CONTENT.slice(0, 1000);
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const corrupt: ContentCheck["failure"] = (reason) =>
  Promise.resolve(new VfsError("Corrupt", { op: "read", url: AT.href, reason }));

/** A server of `content` that tells the digest of `told`, and gives no more than `most` bytes in one body. */
function server(
  content: Uint8Array<ArrayBuffer>,
  told: Uint8Array,
  options: StackOptions,
  { most = Infinity, inMemory = false, isSized = true, failure = corrupt } = {},
): { readonly transport: Transport; readonly closed: () => number } {
  let closed = 0;
  const cut = () =>
    Promise.reject(new VfsError("Unavailable", { op: "read", url: AT.href, status: "temporary" }));
  const bodyOf = (bytes: Uint8Array<ArrayBuffer>): Bytes => {
    if (inMemory) return bytes;
    let at = 0;
    return {
      read: () => {
        if (at >= Math.min(most, bytes.length)) {
          return at < bytes.length ? cut() : Promise.resolve(undefined);
        }
        const end = Math.min(at + 65_536, most, bytes.length);
        return Promise.resolve(bytes.slice(at, at = end));
      },
      close: () => Promise.resolve(void closed++),
    };
  };
  const get: Transport["get"] = (_, { range }) => {
    const start = range && "start" in range ? range.start : 0;
    const { length: size } = content;
    const info = { kind: "file", size, etag: "same" } as const;
    const check = start === 0 && { check: { digests: { md5: md5(told) }, failure } };
    const body = bodyOf(content.subarray(start));
    const length = isSized ? size - start : undefined;
    const seen = isSized ? info : { ...info, size: undefined };
    return Promise.resolve({ info: seen, offset: start, length, ...check, body });
  };
  const transport = stack(guard("fake")(fake({ get }, { range: true, etag: true })), options);
  return { transport, closed: () => closed };
}

const RETRIES: Record<string, StackOptions> = {
  "with retries": { retry: { baseMs: 0 } },
  "without retries": { retry: false },
};

for (const [name, options] of Object.entries(RETRIES)) {
  for (const inMemory of [false, true]) {
    for (const whole of [false, true]) {
      const what = `${name}, ${inMemory ? "in memory" : "in chunks"}${whole ? ", whole" : ""}`;
      Deno.test(`stack: a body that has its digest is given, and is said to be verified, ${what}`, async () => {
        const { transport } = server(SMALL, SMALL, options, { inMemory });
        const { body, verified, check } = await transport.get(AT, { whole, signal: NEVER });
        assert.deepEqual(await collect(body), SMALL);
        assert.deepEqual([verified, check], [["md5"], undefined]);
      });

      Deno.test(`stack: a body that has another digest fails before its end is given, ${what}`, async () => {
        const { transport, closed } = server(SMALL, CONTENT, options, { inMemory });
        const given: Uint8Array[] = [];
        const reading = async () => {
          const reader = readerOf((await transport.get(AT, { whole, signal: NEVER })).body);
          for (let c = await reader.read(); c; c = await reader.read()) given.push(c);
        };
        const error = await rejects(reading(), "Corrupt");
        assert.match(error.message, new RegExp(`md5 ${md5(SMALL)} instead of ${md5(CONTENT)}`));
        assert.deepEqual(given, []);
        assert(inMemory || closed() > 0);
      });
    }
  }
}

Deno.test("stack: a body whose length nobody tells is compared at its end, and fails there", async () => {
  for (const options of Object.values(RETRIES)) {
    const right = server(SMALL, SMALL, options, { isSized: false }).transport;
    assert.deepEqual(await collect((await right.get(AT, { signal: NEVER })).body), SMALL);
    const { transport, closed } = server(SMALL, CONTENT, options, { isSized: false });
    const { body } = await transport.get(AT, { signal: NEVER });
    await rejects(collect(body), "Corrupt");
    assert(closed() > 0);
  }
});

Deno.test("stack: a body that came in pieces is compared as a whole, small or large", async () => {
  for (const content of [SMALL, CONTENT]) {
    const most = Math.ceil(content.length / 3);
    const options = { retry: { baseMs: 0 } };
    const right = server(content, content, options, { most }).transport;
    const got = await right.get(AT, { signal: NEVER });
    assert.equal(md5(await collect(got.body)), md5(content));
    assert.deepEqual(got.verified, ["md5"]);
    const wrong = server(content, content.subarray(1), options, { most }).transport;
    await rejects(wrong.get(AT, { signal: NEVER }).then(({ body }) => collect(body)), "Corrupt");
  }
});

Deno.test("stack: finding out what is wrong with content has its time limit", async () => {
  const clock = manualClock();
  const options = { clock, retry: false, timeout: { idleMs: 1000 } } as const;
  const asked = Promise.withResolvers<void>();
  const failure: ContentCheck["failure"] = (_, { signal }) => {
    asked.resolve();
    return hang(signal);
  };
  const { transport } = server(SMALL, CONTENT, options, { failure });
  const reading = rejects(
    transport.get(AT, { signal: NEVER }).then(({ body }) => collect(body)),
    "TimedOut",
  );
  await asked.promise;
  await clock.advance(5_000);
  await reading;
});
