import { strict as assert } from "node:assert";
import { connectForTest } from "../../../testing/connect.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { byteSource } from "../../../vfs/bytes/byte_source.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { bytes, rejects } from "../_fakes.ts";

Deno.test("byteSource() gives nothing past the end, and fails where the file changes between two reads", async () => {
  const { transport, root } = await connectForTest(memoryTransport(), "memory:///folder");
  const location = root.child("f");
  const write = (text: string) =>
    transport.put!(location, sourceOfBytes(bytes(text)), { signal: NEVER, mode: "replace" });
  await write("0123456789");
  const source = byteSource({ transport, location }, NEVER);
  assert.equal(source.size, undefined);
  assert.deepEqual(await source.read(10, 20), new Uint8Array());
  assert.deepEqual(await source.read(8, 20), bytes("89"));
  assert.equal(source.size, 10);
  assert.deepEqual(await source.read(100, 200), new Uint8Array());
  await write("9876543210");
  await rejects(source.read(0, 4), "ConditionFailed");
  await transport[Symbol.asyncDispose]();
});
