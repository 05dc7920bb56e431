import { strict as assert } from "node:assert";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { connectForTest, manualClock, memoryTransport } from "../../../testing/mod.ts";

const signal = NEVER;
const at = (url: string) => parseLocation(url).location;
const text = (value: string) => sourceOfBytes(new TextEncoder().encode(value));

async function names(transport: Transport, url: string): Promise<string[]> {
  const pages = await Array.fromAsync(transport.list(at(url), { signal }));
  return pages.flat().map((entry) => entry.name);
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((error) => error);
  assert(error instanceof VfsError, `${error}`);
  return error.kind;
}

Deno.test("memoryTransport() keeps a store per host", async () => {
  const driver = memoryTransport();
  const one = await connectForTest(driver, "memory:///");
  const two = await connectForTest(driver, "memory://other/");
  await one.transport.put!(at("memory:///a"), text("x"), { signal });
  assert.deepEqual(await names(one.transport, "memory:///"), ["a"]);
  assert.deepEqual(await names(two.transport, "memory://other/"), []);
});

Deno.test("memoryTransport() keeps its stores when a connection is disposed", async () => {
  const driver = memoryTransport();
  const first = (await connectForTest(driver, "memory:///")).transport;
  await first.put!(at("memory:///a"), text("x"), { signal });
  await first[Symbol.asyncDispose]();
  const second = (await connectForTest(driver, "memory:///")).transport;
  assert.deepEqual(await names(second, "memory:///"), ["a"]);
});

Deno.test("memoryTransport() makes a world of its own each time", async () => {
  const one = (await connectForTest(memoryTransport(), "memory:///")).transport;
  await one.put!(at("memory:///a"), text("x"), { signal });
  const two = (await connectForTest(memoryTransport(), "memory:///")).transport;
  assert.deepEqual(await names(two, "memory:///"), []);
});

Deno.test("memory: the root can be listed, not changed", async () => {
  const { transport } = await connectForTest(memoryTransport(), "memory:///d");
  const root = at("memory:///");
  const other = at("memory:///other");
  assert.deepEqual(await names(transport, "memory:///"), ["d"]);
  const tries = [
    transport.remove!(root, { signal, recursive: true }),
    transport.rename!(root, other, { signal }),
    transport.put!(root, text("x"), { signal }),
    transport.mkdir!(root, { signal }),
  ];
  assert.deepEqual(await Promise.all(tries.map(kindOf)), [
    "PermissionDenied",
    "PermissionDenied",
    "IsADirectory",
    "AlreadyExists",
  ]);
});

Deno.test("memory: the root of a mount can be listed, not changed", async () => {
  const root = at("memory:///mount");
  const { transport } = await connectForTest(memoryTransport(), root.href, {
    root,
  });
  await transport.put!(root.child("a"), text("x"), { signal });
  const tries = [
    transport.remove!(root, { signal, recursive: true }),
    transport.rename!(root, at("memory:///other"), { signal }),
    transport.rename!(root.child("a"), root, { signal, overwrite: true }),
  ];
  for (const attempt of tries) {
    assert.equal(await kindOf(attempt), "PermissionDenied");
  }
  assert.deepEqual(await names(transport, root.href), ["a"]);
});

Deno.test("memory: times are the clock's, unless given", async () => {
  const clock = manualClock({ start: 1000 });
  const { transport } = await connectForTest(
    memoryTransport({ clock }),
    "memory:///",
  );
  const first = await transport.put!(at("memory:///a"), text("x"), { signal });
  assert.equal(first.mtime?.getTime(), 1000);
  await clock.advance(500);
  const mtime = new Date("2001-02-03T04:05:06Z");
  const mediaType = "application/dicom";
  const second = await transport.put!(at("memory:///b"), text("x"), {
    signal,
    mtime,
    mediaType,
  });
  assert.deepEqual(second.mtime, mtime);
  assert.equal(second.mediaType, mediaType);
});

Deno.test("memoryTransport() without tree has no tree()", async () => {
  const driver = memoryTransport({ tree: false });
  const { transport } = await connectForTest(driver, "memory:///");
  assert.equal(transport.capabilities.tree, false);
  assert.equal(transport.tree, undefined);
});

Deno.test("memory: 2,500 entries come in pages of 1,000", async () => {
  const { transport } = await connectForTest(memoryTransport(), "memory:///d");
  for (let i = 0; i < 2500; i++) {
    await transport.put!(at(`memory:///d/${i}`), text(""), { signal });
  }
  const sizes: number[] = [];
  const pages = transport.list(at("memory:///d"), { signal });
  for await (const page of pages) sizes.push(page.length);
  assert.deepEqual(sizes, [1000, 1000, 500]);
});
