import { strict as assert } from "node:assert";
import { readerOf } from "../../../vfs/bytes/bytes.ts";
import { readBehind } from "../../../transports/dicom/read_behind.ts";

/** Fills what it is given. */
const filling = (...bytes: number[]) => ({
  read(into?: Uint8Array<ArrayBuffer>) {
    const chunk = into ?? new Uint8Array(2);
    chunk.set(bytes.splice(0, chunk.length));
    return Promise.resolve(chunk);
  },
  close: () => Promise.resolve(),
});

Deno.test("readBehind() reads into the memory behind the start, where that is its beginning", async () => {
  const into = new Uint8Array(8).subarray(1, 5);
  const start = into.subarray(0, 1);
  start.set([1]);
  const read = await readBehind(start, filling(2, 3, 4), into);
  assert.deepEqual(read, Uint8Array.of(1, 2, 3, 4));
  assert.equal(read.buffer, into.buffer);
  assert.equal(into.buffer.byteLength, 8);
  assert.equal(new Uint8Array(into.buffer)[5], 0);
});

Deno.test("readBehind() joins what lies elsewhere", async () => {
  const start = Uint8Array.of(1);
  const into = new Uint8Array(4);
  assert.deepEqual(await readBehind(start, filling(2, 3), into), Uint8Array.of(1, 2, 3));
  assert.deepEqual(await readBehind(into, readerOf(start)), Uint8Array.of(0, 0, 0, 0, 1));
  assert.deepEqual(
    await readBehind(into.subarray(0, 1), readerOf(start), into),
    Uint8Array.of(0, 1),
  );
});

Deno.test("readBehind() gives the start alone at the end", async () => {
  const start = Uint8Array.of(1);
  assert.equal(await readBehind(start, readerOf(new Uint8Array(0))), start);
});
