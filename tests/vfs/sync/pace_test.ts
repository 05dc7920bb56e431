import { strict as assert } from "node:assert";
import { connectForTest } from "../../../testing/connect.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { collect, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { pace, type PaceOptions } from "../../../vfs/sync/pace.ts";
import { fake, rejects } from "../_fakes.ts";

const signal = NEVER;
const TOP = parseLocation("memory:///").location;

async function paced(options: PaceOptions) {
  const clock = manualClock({ auto: true, start: 1_000_000 });
  const made = await connectForTest(memoryTransport(), "memory:///");
  const transport = pace({ ...options, clock })(made.transport);
  const at = (name: string) => TOP.child(name);
  const put = (name: string, size: number) =>
    made.transport.put!(at(name), sourceOfBytes(new Uint8Array(size)), { signal });
  return { clock, transport, at, put };
}

Deno.test("pace() lets through as many bytes per second as told, and hides the copy that it cannot count", async () => {
  const { clock, transport, at, put } = await paced({ bytesPerSecond: 1000 });
  assert.equal(transport.copy, undefined);
  await put("f", 500);
  const start = clock.now();
  for (let i = 0; i < 10; i++) await collect((await transport.get(at("f"), { signal })).body);
  const elapsedMs = clock.now() - start;
  assert.ok(elapsedMs > 4_300 && elapsedMs <= 5_000, `${elapsedMs} ms`);
});

Deno.test("pace() begins as many operations per second as told, listings too", async () => {
  const { clock, transport, at, put } = await paced({ operationsPerSecond: 10 });
  await put("f", 5);
  const start = clock.now();
  for (let i = 0; i < 10; i++) {
    await transport.stat(at("f"), { signal });
    await Array.fromAsync(transport.list(at("f").parent()!, { signal }));
  }
  const elapsedMs = clock.now() - start;
  assert.ok(elapsedMs > 1_700 && elapsedMs <= 2_000, `${elapsedMs} ms`);
  assert.notEqual(transport.copy, undefined);
});

Deno.test("pace() counts files that are stored together as the requests that they take", async () => {
  const clock = manualClock({ auto: true, start: 1_000_000 });
  for (const [asTheyCome, least] of [[false, 0], [true, 1800]] as const) {
    const limits = { size: 1, files: 10, bytes: 10, asTheyCome };
    const inner = fake({ async *putMany() {} }, { putMany: limits });
    const transport = pace({ operationsPerSecond: 10, clock })(inner);
    const start = clock.now();
    const source = { ...sourceOfBytes(new Uint8Array(1)), size: 1 };
    const files = Array.from({ length: 10 }, (_, i) => ({ location: TOP.child(`${i}`), source }));
    for (let i = 0; i < 3; i++) await Array.fromAsync(transport.putMany!(files, { signal }));
    const elapsedMs = clock.now() - start;
    assert.ok(elapsedMs >= least && elapsedMs <= least + 200, `${elapsedMs} ms`);
  }
});

Deno.test("pace() waits no longer after a clock was set back", async () => {
  let offset = 0;
  const clock = manualClock({ auto: true, start: 1_000_000 });
  const made = await connectForTest(memoryTransport(), "memory:///");
  const now = () => clock.now() + offset;
  const transport = pace({ operationsPerSecond: 10, clock: { ...clock, now } })(made.transport);
  const stat = () => transport.stat(TOP, { signal });
  for (let i = 0; i < 5; i++) await stat();
  offset = -500_000;
  const start = clock.now();
  for (let i = 0; i < 5; i++) await stat();
  assert.ok(clock.now() - start <= 2_000, `${clock.now() - start} ms`);
});

Deno.test("pace() ends its wait when aborted", async () => {
  const made = await connectForTest(memoryTransport(), "memory:///");
  const transport = pace({ operationsPerSecond: 0.001 })(made.transport);
  const stop = new AbortController();
  await transport.stat(TOP, { signal });
  const waiting = transport.stat(TOP, { signal: stop.signal });
  stop.abort();
  await rejects(waiting, "Aborted");
});
