import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { collect } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { override } from "../../vfs/layers/layer.ts";
import type { Transport } from "../../vfs/transport.ts";
import {
  bytes,
  driverOf,
  fake,
  hang,
  memoryVfs,
  readerOfChunks,
  rejects,
  settle,
  vfsOf,
  wrappedMemory,
} from "./_fakes.ts";

/** A transport of one file in chunks. */
function chunked(...chunks: string[]) {
  const reader = readerOfChunks(chunks.map(bytes));
  const size = chunks.join("").length;
  const transport = fake({
    get: () =>
      Promise.resolve({ info: { kind: "file", size }, offset: 0, length: size, body: reader }),
  });
  return { reader, vfs: vfsOf([driverOf(transport)], { layers: { retry: false } }) };
}

Deno.test("open() reads by bytes, by text and as a stream, each once", async () => {
  for (const read of ["bytes", "text", "readable"] as const) {
    const { vfs, reader } = chunked("ab", "c");
    {
      await using file = await vfs.open("fake:///f");
      assert.equal(file.info.size, 3);
      assert.equal(file.url, "fake:///f");
      const got = read === "readable"
        ? await new Response(file.readable).text()
        : await file[read]();
      assert.deepEqual(got, read === "bytes" ? bytes("abc") : "abc");
      const again = () => Promise.resolve(file.readable);
      await rejects(() => file.text(), "InvalidArgument");
      await rejects(async () => await again(), "InvalidArgument");
    }
    assert(reader.closed > 0);
    await vfs.close();
  }
});

Deno.test("promise 6: dispose closes a file that was not read, and one whose stream was left half read", async () => {
  const unread = chunked("ab", "c");
  {
    await using _ = await unread.vfs.open("fake:///f");
  }
  assert(unread.reader.closed > 0);
  await unread.vfs.close();
  const half = chunked("ab", "c");
  {
    await using file = await half.vfs.open("fake:///f");
    const stream = file.readable.getReader();
    assert.deepEqual((await stream.read()).value, bytes("ab"));
    stream.releaseLock();
  }
  assert(half.reader.closed > 0);
  const left = chunked("ab", "c");
  const file = await left.vfs.open("fake:///f");
  for await (const _ of file.readable) break;
  assert(left.reader.closed > 0);
  await file.close();
  await file.close();
  await rejects(() => file.bytes(), "InvalidArgument");
  await half.vfs.close();
  await left.vfs.close();
});

Deno.test("ReadHandle.read() reads parts as often as wanted, counted in the file, of the file that was opened", async () => {
  await using vfs = memoryVfs();
  await vfs.writeFile("memory:///f", "0123456789");
  await using file = await vfs.open("memory:///f", { range: { start: 5 } });
  const part = async (start: number, end: number) =>
    new TextDecoder().decode(await file.read({ start, end }));
  assert.deepEqual(await Promise.all([part(0, 2), part(8, 10), part(0, 2)]), ["01", "89", "01"]);
  assert.equal(await file.text(), "56789");
  assert.deepEqual(await file.read({ suffix: 1 }), bytes("9"));
  await rejects(file.read({ start: 10 }), "RangeNotSatisfiable");
  await vfs.writeFile("memory:///f", "9876543210");
  await rejects(part(0, 2), "ConditionFailed");
});

Deno.test("promise 1: nothing is visible before commit, and all is after it", async () => {
  await using vfs = memoryVfs();
  await vfs.writeFile("memory:///f", "old");
  const file = await vfs.create("memory:///f");
  await file.write(bytes("ne"));
  await file.write(bytes("w"));
  assert.equal(await vfs.readTextFile("memory:///f"), "old");
  const info = await file.commit();
  assert.equal(info.size, 3);
  assert.equal(await vfs.readTextFile("memory:///f"), "new");
  await file.abort();
  await file[Symbol.asyncDispose]();
  assert.equal(await vfs.readTextFile("memory:///f"), "new");
  assert.equal((await file.commit()).size, 3);
});

Deno.test("promise 1: leaving the block by an exception or without commit drops what was written", async () => {
  await using vfs = memoryVfs();
  for (const fails of [true, false]) {
    const writing = async () => {
      await using file = await vfs.create("memory:///f");
      await file.write(bytes("half"));
      if (fails) throw new Error("in between");
    };
    await writing().catch((error) => assert.match(error.message, /in between/));
    assert.equal(await vfs.exists("memory:///f"), false);
  }
});

Deno.test("WriteHandle loses nothing of writes that nobody waited for", async () => {
  await using vfs = memoryVfs();
  await using file = await vfs.create("memory:///f");
  const writes = [..."abcdef"].map((c) => file.write(bytes(c)));
  await file.commit();
  await Promise.all(writes);
  assert.equal(await vfs.readTextFile("memory:///f"), "abcdef");
  await rejects(file.write(bytes("g")), "InvalidArgument");
});

Deno.test("WriteHandle.writable commits on close and drops on abort", async () => {
  await using vfs = memoryVfs();
  const file = await vfs.create("memory:///f");
  await new Blob(["stream"]).stream().pipeTo(file.writable);
  assert.equal(await vfs.readTextFile("memory:///f"), "stream");
  const dropped = await vfs.create("memory:///g");
  const writer = dropped.writable.getWriter();
  await writer.write(bytes("half"));
  await writer.abort();
  assert.equal(await vfs.exists("memory:///g"), false);
});

Deno.test("WriteHandle tells why the transport stopped, on write and on commit", async () => {
  const full = (inner: Transport) =>
    override(inner, {
      async put(at, source) {
        const reader = await source.open();
        assert(!(reader instanceof Uint8Array));
        await reader.read();
        const error = new VfsError("StorageFull", { op: "write", url: at.href });
        await reader.close(new Error("socket closed"));
        throw error;
      },
    });
  await using vfs = vfsOf([wrappedMemory(full)]);
  await using file = await vfs.create("fake:///f");
  await rejects(async () => {
    await file.write(bytes("a"));
    await file.write(bytes("b"));
  }, "StorageFull");
  await rejects(file.write(bytes("c")), "StorageFull");
  await rejects(file.commit(), "StorageFull");
});

Deno.test("WriteHandle: nobody who does not ask is told of a failure, and no rejection is unhandled", async () => {
  await using vfs = memoryVfs();
  await vfs.writeFile("memory:///there", "x");
  {
    await using _ = await vfs.open("memory:///there", { mode: "x" });
    await settle();
  }
  assert.equal(await vfs.readTextFile("memory:///there"), "x");
});

Deno.test("WriteHandle does not hang on a driver that resolves before the end", async () => {
  const early = (inner: Transport) =>
    override(inner, { put: () => Promise.resolve({ kind: "file" }) });
  await using vfs = vfsOf([wrappedMemory(early)]);
  await using file = await vfs.create("fake:///f");
  await rejects(file.write(bytes("a")), "Protocol");
  await rejects(file.commit(), "Protocol");
});

Deno.test("promise 6: an abort ends a write at once, also before and during commit", async () => {
  const stuck = (inner: Transport) =>
    override(inner, {
      async put(_, source, { signal }) {
        await collect(await source.open());
        return await hang(signal);
      },
    });
  await using vfs = vfsOf([wrappedMemory(stuck), memoryTransport()]);
  const abort = new AbortController();
  const file = await vfs.create("fake:///f", { signal: abort.signal });
  await file.write(bytes("a")).catch(() => {});
  const committing = file.commit();
  committing.catch(() => {});
  await settle();
  abort.abort();
  await rejects(committing, "Aborted");
  await file.abort();
  const open = await vfs.create("memory:///f", { signal: abort.signal });
  await rejects(open.write(bytes("a")), "Aborted");
  await rejects(open.commit(), "Aborted");
  const dropped = await vfs.create("memory:///f");
  await dropped.abort();
  await dropped.abort();
  await rejects(dropped.write(bytes("a")), "Aborted");
  await rejects(dropped.commit(), "Aborted");
  assert.equal(await vfs.exists("memory:///f"), false);
});
