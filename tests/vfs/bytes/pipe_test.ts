import { strict as assert } from "node:assert";
import fc from "fast-check";
import { Pipe } from "../../../vfs/bytes/pipe.ts";
import { bytes, settle, texts } from "../_fakes.ts";

Deno.test("Pipe hands chunks over in order, one at a time", async () => {
  const pipe = new Pipe();
  const reading = texts(pipe);
  await pipe.write(bytes("a"));
  await pipe.write(bytes(""));
  await pipe.write(bytes("b"));
  pipe.end();
  assert.deepEqual(await reading, ["a", "b"]);
});

Deno.test("Pipe: a write resolves when the reader comes for more, not before", async () => {
  const pipe = new Pipe();
  let written = false;
  const writing = pipe.write(bytes("a")).then(() => written = true);
  await pipe.read();
  await settle();
  assert(!written);
  const next = pipe.read();
  await writing;
  pipe.end();
  assert.equal(await next, undefined);
});

Deno.test("Pipe loses nothing of writes that nobody waited for", async () => {
  const pipe = new Pipe();
  const writes = [..."abcdef"].map((c) => pipe.write(bytes(c)));
  pipe.end();
  assert.equal((await texts(pipe)).join(""), "abcdef");
  await Promise.all(writes);
});

Deno.test("Pipe takes a copy, so that a buffer can be used again", async () => {
  const pipe = new Pipe();
  const buffer = bytes("a");
  const first = pipe.write(buffer);
  buffer[0] = 66;
  const second = pipe.write(buffer);
  pipe.end();
  assert.deepEqual(await texts(pipe), ["a", "B"]);
  await Promise.all([first, second]);
});

Deno.test("Pipe: a failure reaches both sides, also those that wait", async () => {
  const pipe = new Pipe();
  const waiting = [pipe.write(bytes("a")), pipe.write(bytes("b"))];
  const caught = Promise.allSettled(waiting);
  await pipe.read();
  pipe.fail(new Error("broken"));
  pipe.fail(new Error("second"));
  for (const result of await caught) {
    assert(result.status === "rejected" && result.reason.message === "broken");
  }
  await assert.rejects(pipe.read(), /broken/);
  await assert.rejects(pipe.write(bytes("c")), /broken/);
  await assert.rejects(pipe.write(bytes("")), /broken/);
});

Deno.test("Pipe: a reader that waits is woken by a failure", async () => {
  const pipe = new Pipe();
  const reading = pipe.read();
  pipe.fail(new Error("broken"));
  await assert.rejects(reading, /broken/);
});

Deno.test("Pipe: a reader that goes early fails the writes, waiting and later", async () => {
  const pipe = new Pipe();
  const waiting = pipe.write(bytes("a"));
  const caught = assert.rejects(waiting, /enough/);
  await pipe.close(new Error("enough"));
  await caught;
  await assert.rejects(pipe.write(bytes("b")), /enough/);
});

Deno.test("Pipe: nothing can be written after the end, and no write hangs there", async () => {
  const pipe = new Pipe();
  const last = pipe.write(bytes("a"));
  pipe.end();
  await assert.rejects(pipe.write(bytes("b")), /after the end/);
  await pipe.read();
  await pipe.close();
  await last;
  await assert.rejects(pipe.write(bytes("c")), /after the end/);
});

Deno.test("Pipe gives any sequence of chunks as it was", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 8 }),
    fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    async (chunks, awaited) => {
      const pipe = new Pipe();
      const writing = (async () => {
        const open: Promise<void>[] = [];
        for (const [i, chunk] of chunks.entries()) {
          const write = pipe.write(chunk);
          if (awaited[i]) await write;
          else open.push(write);
        }
        pipe.end();
        await Promise.all(open);
      })();
      const got: number[] = [];
      for (let c = await pipe.read(); c; c = await pipe.read()) got.push(...c);
      await pipe.close();
      await writing;
      assert.deepEqual(got, chunks.flatMap((chunk) => [...chunk]));
    },
  ));
});
