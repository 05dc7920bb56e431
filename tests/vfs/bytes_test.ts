import { strict as assert } from "node:assert";
import {
  collect,
  readerOf,
  readerOfStream,
  sourceOfBlob,
  sourceOfBytes,
  sourceOfStream,
  streamOf,
} from "../../vfs/bytes.ts";
import { bytes, readerOfChunks, texts } from "./_fakes.ts";

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
