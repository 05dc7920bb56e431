import { strict as assert } from "node:assert";
import {
  collect,
  readerOf,
  readerOfStream,
  sourceOfBlob,
  sourceOfBytes,
  sourceOfStream,
  streamOf,
} from "../../../vfs/bytes/bytes.ts";
import { bytes, readerOfChunks, texts } from "../_fakes.ts";

const streamOfTexts = (...parts: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(bytes(part));
      controller.close();
    },
  });

Deno.test("collect() joins all chunks and closes the reader", async () => {
  const reader = readerOfChunks([bytes("ab"), bytes("c")]);
  assert.deepEqual(await collect(reader), bytes("abc"));
  assert.equal(reader.closed, 1);
  assert.equal((await collect(readerOfChunks([]))).length, 0);
  const whole = bytes("x");
  assert.equal(await collect(whole), whole);
});

Deno.test("collect() closes the reader when reading fails, and tells the failure", async () => {
  let closed = 0;
  const reading = collect({
    read: () => Promise.reject(new Error("cut")),
    close: () => Promise.resolve(void closed++),
  });
  await assert.rejects(reading, /cut/);
  assert.equal(closed, 1);
});

Deno.test("readerOf() reads bytes once, none of none, and nothing after close", async () => {
  assert.deepEqual(await texts(readerOf(bytes("abc"))), ["abc"]);
  assert.equal(await readerOf(new Uint8Array()).read(), undefined);
  const reader = readerOf(bytes("abc"));
  await reader.close();
  await reader.close();
  assert.equal(await reader.read(), undefined);
});

Deno.test("readerOfStream() gives no empty chunk, and cancels the stream on close", async () => {
  assert.deepEqual(await texts(readerOfStream(streamOfTexts("a", "", "b"))), ["a", "b"]);
  let reason: unknown;
  const reader = readerOfStream(new ReadableStream({ cancel: (r) => void (reason = r) }));
  await reader.close("enough");
  await reader.close();
  assert.equal(reason, "enough");
  assert.equal(await reader.read(), undefined);
});

Deno.test("readerOfStream(): close after a failure tells it no second time", async () => {
  const reader = readerOfStream(
    new ReadableStream({ pull: () => Promise.reject(new TypeError("reset")) }),
  );
  await assert.rejects(reader.read(), /reset/);
  await reader.close();
});

Deno.test("streamOf() streams what a reader gives, pulling only when asked", async () => {
  let pulled = 0;
  const inner = readerOfChunks([bytes("a"), bytes("b")]);
  const stream = streamOf({
    read: () => {
      pulled++;
      return inner.read();
    },
    close: () => inner.close(),
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(pulled, 0);
  assert.equal(await new Response(stream).text(), "ab");
  assert.equal(await new Response(streamOf(bytes("xyz"))).text(), "xyz");
});

Deno.test("streamOf(): cancel closes the reader, a failure errors the stream and closes it", async () => {
  const inner = readerOfChunks([bytes("a")]);
  await streamOf(inner).cancel();
  assert.equal(inner.closed, 1);
  let closed = 0;
  const failing = streamOf({
    read: () => Promise.reject(new Error("cut")),
    close: () => Promise.resolve(void closed++),
  });
  await assert.rejects(new Response(failing).text(), /cut/);
  assert.equal(closed, 1);
});

Deno.test("sources tell size and whether they can be opened again", async () => {
  const ofBytes = sourceOfBytes(bytes("abc"));
  const ofBlob = sourceOfBlob(new Blob(["abc"]));
  const ofStream = sourceOfStream(streamOfTexts("abc"));
  assert.deepEqual(
    [ofBytes, ofBlob, ofStream].map(({ size, replayable }) => [size, replayable]),
    [[3, true], [3, true], [undefined, false]],
  );
  for (const source of [ofBytes, ofBytes, ofBlob, ofBlob, ofStream]) {
    assert.deepEqual(await collect(await source.open()), bytes("abc"));
  }
});

Deno.test("readerOfStream() fills memory that it is given, where the stream can, and gives the same bytes", async () => {
  const content = crypto.getRandomValues(new Uint8Array(50_000));
  const plain = () => ReadableStream.from([content.slice(0, 20_000), content.slice(20_000)]);
  for (const [stream, isFilled] of [[new Blob([content]).stream(), true], [plain(), false]]) {
    const reader = readerOfStream(stream as ReadableStream<Uint8Array>);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let memory = new Uint8Array(7000);
    let isUsed = false;
    for (let chunk = await reader.read(memory); chunk; chunk = await reader.read(memory)) {
      parts.push(chunk.slice());
      if (memory.buffer.detached) {
        isUsed = true;
        assert(chunk.length <= 7000);
        memory = new Uint8Array(chunk.buffer);
      }
      memory.fill(0);
    }
    assert.equal(isUsed, isFilled);
    assert.deepEqual(await new Blob(parts).bytes(), content);
    // Without memory, and with memory that is lost, it makes its own.
    assert.equal(await reader.read(), undefined);
    assert.equal(await reader.read(memory), undefined);
    await reader.close();
  }
});

/** A stream that gives `pieces` of `size` bytes, each at once or after `ms`, and then ends, or breaks. */
function streamOfPieces(pieces: number, size: number, ms: number, error?: Error): ReadableStream {
  let n = 0;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      const into = controller.byobRequest;
      if (n === pieces && error) return controller.error(error);
      if (n === pieces) {
        controller.close();
        return into?.respond(0);
      }
      new Uint8Array(into!.view!.buffer, into!.view!.byteOffset, size).fill(n++);
      into!.respond(size);
    },
  });
}

async function sizesOf(stream: ReadableStream): Promise<[number[], Uint8Array]> {
  const reader = readerOfStream(stream);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const memory = () => new Uint8Array(new ArrayBuffer(1_000_010), 10);
  for (let c = await reader.read(memory()); c; c = await reader.read(memory())) {
    assert.equal(c.byteOffset, 10);
    parts.push(c);
  }
  return [parts.map(({ length }) => length), await new Blob(parts).bytes()];
}

Deno.test("readerOfStream() gathers small pieces that come at once, in order, to the last", async () => {
  const { now } = performance;
  // They come at once, however slow the machine is.
  performance.now = () => 0;
  try {
    const [sizes, content] = await sizesOf(streamOfPieces(40, 16_384, 0));
    assert.deepEqual(sizes, [262_144, 262_144, 131_072]);
    assert(content.every((byte, i) => byte === i >> 14));
  } finally {
    performance.now = now;
  }
});

Deno.test("readerOfStream() gives what has come when the rest takes its time", async () => {
  const [sizes] = await sizesOf(streamOfPieces(3, 1000, 60));
  assert.deepEqual(sizes, [1000, 1000, 1000]);
});

Deno.test("readerOfStream() fails when the stream breaks while it gathers", async () => {
  const reader = readerOfStream(streamOfPieces(3, 1000, 0, new TypeError("reset")));
  await assert.rejects(reader.read(new Uint8Array(100_000)), /reset/);
  await reader.close();
});
