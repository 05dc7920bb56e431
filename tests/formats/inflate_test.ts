import { strict as assert } from "node:assert";
import { FormatError } from "../../formats/mod.ts";
import { InflateSource } from "../../formats/inflate.ts";
import * as build from "./_builder.ts";

const data = Uint8Array.from({ length: 300_000 }, (_, at) => (at * at) >> 7);

async function inflating(maxBytes: number): Promise<InflateSource> {
  const deflated = build.CountingSource.of(await build.deflate(data));
  return await InflateSource.open(deflated, 0, "deflate-raw", maxBytes);
}

function isFormatError(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof FormatError && error.kind === kind;
}

Deno.test("InflateSource.read() reads ranges forward, with gaps, to the end", async () => {
  const source = await inflating(1_000_000);
  assert.deepEqual(await source.read(0, 10), data.slice(0, 10));
  assert.deepEqual(await source.read(10, 70_000), data.slice(10, 70_000));
  const late = await source.read(250_000, 400_000);
  assert.deepEqual(late, data.slice(250_000));
  assert.equal((await source.read(300_000, 300_010)).length, 0);
  assert.equal(source.failure, undefined);
});

Deno.test("InflateSource.read() throws NotSupported for a step back", async () => {
  const source = await inflating(1_000_000);
  await source.read(200_000, 200_010);
  await assert.rejects(source.read(0, 10), isFormatError("NotSupported"));
});

Deno.test("InflateSource.read() throws LimitExceeded past its limit", async () => {
  const source = await inflating(50_000);
  await assert.rejects(
    source.read(0, 300_000),
    isFormatError("LimitExceeded"),
  );
});

Deno.test("InflateSource.read() passes on the error of its source", async () => {
  const failing = { read: () => Promise.reject(new RangeError("Gone")) };
  const source = await InflateSource.open(failing, 0, "gzip", 1000);
  await assert.rejects(source.read(0, 10), RangeError);
});
