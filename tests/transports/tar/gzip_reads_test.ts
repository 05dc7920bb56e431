import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { seededBytes } from "../../../testing/random.ts";
import { tarTransport } from "../../../transports/tar/mod.ts";
import { collect, readerOf } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { buildTar } from "./_build.ts";

const COUNT = 40;
const SIZE = 50_000;

const contentOf = (i: number, seed = 0) => seededBytes(seed + i + 1, SIZE);
const packed = (seed = 0) =>
  new Uint8Array(gzipSync(
    buildTar(Array.from({ length: COUNT }, (_, i) => ({
      name: `${i}`,
      content: contentOf(i, seed),
    }))),
  ));

/** A gzipped tar, and how often it was read from its beginning to wherever. */
async function gzipped(unpackedBytes?: number) {
  const seen = { whole: 0 };
  const at = await inside(tarTransport({ unpackedBytes }), packed(), (inner) => ({
    ...inner,
    get: (location, options) => {
      if (options.range === undefined) seen.whole++;
      return inner.get(location, options);
    },
  }));
  return { at, seen, tar: new Kit(at.transport, at.root, at.dispose) };
}

Deno.test("tar.gz get() of one file after the other inflates the tar a few times, not once for each", async () => {
  const { seen, tar, at } = await gzipped();
  await using _ = tar;
  for (let i = COUNT - 1; i >= 0; i--) assert.deepEqual(await tar.bytes(`${i}`), contentOf(i));
  // The index, the last file, and all into a temporary file.
  assert.equal(seen.whole, 3);
  await at.transport[Symbol.asyncDispose]();
});

Deno.test("tar.gz get() of all files at once gives each its own bytes", async () => {
  const { tar, at } = await gzipped();
  await using _ = tar;
  const all = Array.from({ length: 3 * COUNT }, (_, i) => i % COUNT);
  const contents = await Promise.all(all.map((i) => tar.bytes(`${i}`)));
  contents.forEach((bytes, i) => assert.deepEqual(bytes, contentOf(i % COUNT)));
  await at.transport[Symbol.asyncDispose]();
});

Deno.test("tar.gz get() of a part gives that part, also of what was inflated before", async () => {
  const { tar, at } = await gzipped();
  await using _ = tar;
  for (let i = 0; i < COUNT; i++) {
    const range = { start: 1000 + i, end: SIZE - i };
    const { body } = await at.transport.get(tar.at(`${i}`), { range, signal: NEVER });
    assert.deepEqual(await collect(body), contentOf(i).slice(range.start, range.end));
  }
  await at.transport[Symbol.asyncDispose]();
});

Deno.test("tar.gz get() without a temporary file inflates for each", async () => {
  const { seen, tar } = await gzipped(0);
  await using _ = tar;
  for (let i = 0; i < COUNT; i++) assert.deepEqual(await tar.bytes(`${i}`), contentOf(i));
  assert.equal(seen.whole, 1 + COUNT);
});

Deno.test({
  name: "tar.gz get() without the permission to write inflates for each",
  permissions: { read: true, write: false, env: true, sys: true, ffi: true },
  async fn() {
    const { tar } = await gzipped();
    await using _ = tar;
    for (let i = 0; i < COUNT; i++) assert.deepEqual(await tar.bytes(`${i}`), contentOf(i));
  },
});

Deno.test("tar.gz that is replaced is read anew, and what was being read goes on or tells of the change", async () => {
  const { tar, at } = await gzipped();
  await using _ = tar;
  for (let i = COUNT - 1; i >= 0; i -= 10) await tar.bytes(`${i}`);
  const { body } = await at.transport.get(tar.at("3"), { signal: NEVER });
  await at.replace(packed(1000));
  assert.deepEqual(
    await tar.names("", { refresh: true }),
    Array.from({ length: COUNT }, (_, i) => `${i}`).sort(),
  );
  assert.deepEqual(await tar.bytes("3"), contentOf(3, 1000));
  assert.deepEqual(await collect(body), contentOf(3));
  await at.transport[Symbol.asyncDispose]();
});

Deno.test("tar.gz get() that is aborted while all is inflated leaves the others be, and no file", async () => {
  const { tar, at } = await gzipped();
  await using _ = tar;
  await tar.bytes(`${COUNT - 1}`);
  const stop = new AbortController();
  const aborted = at.transport.get(tar.at("1"), { signal: stop.signal });
  const other = at.transport.get(tar.at("2"), { signal: NEVER });
  stop.abort();
  await rejection(aborted, "Aborted");
  assert.deepEqual(await collect((await other).body), contentOf(2));
  const alone = new AbortController();
  const reading = readerOf((await at.transport.get(tar.at("4"), { signal: alone.signal })).body);
  await reading.close();
  await at.transport[Symbol.asyncDispose]();
});
