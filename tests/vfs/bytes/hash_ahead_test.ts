import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { seededBytes } from "../../../testing/random.ts";
import { type ChunkReader, concat, memoryOf } from "../../../vfs/bytes/bytes.ts";
import { readAhead } from "../../../vfs/bytes/hash_ahead.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** What stands for the thread: memory that is lent is detached at once, and comes back later. */
function hasher() {
  const hash = createHash("md5");
  let turn = Promise.resolve();
  const inTurn = (bytes: Uint8Array) => turn = turn.then(() => void hash.update(bytes));
  return {
    async lend({ buffer, byteOffset, length }: Chunk) {
      const memory = buffer.transfer();
      const back = new Uint8Array(memory, byteOffset, length);
      await inTurn(back);
      return back;
    },
    async update(chunk: Uint8Array) {
      await inTurn(chunk.slice());
    },
    digest: () => hash.copy().digest("hex"),
  };
}

/** Gives `bytes` in pieces, in memory that it is given, as files do, as streams do, or in its own. */
function piecewise(bytes: Uint8Array, sizes: readonly number[], way: string) {
  let at = 0;
  let turn = 0;
  const state = { closed: false, reads: 0 };
  const reader: ChunkReader = {
    async read(into) {
      await Promise.resolve();
      state.reads++;
      if (at === bytes.length) return undefined;
      const memory = into && way === "detaches" ? new Uint8Array(into.buffer.transfer()) : into;
      const most = Math.min(sizes[turn++ % sizes.length]!, (into && memory?.length) || Infinity);
      const piece = bytes.slice(at, at + most);
      at += piece.length;
      if (way === "own" || !memory) return piece;
      memory.set(piece);
      return memory.subarray(0, piece.length);
    },
    close: () => Promise.resolve(void (state.closed = true)),
  };
  return { reader, state };
}

/** Reads as whoever writes to a disk does: memory is taken over, and used again once another chunk came. */
async function pour(reader: ChunkReader, isFilling: (turn: number) => boolean): Promise<Chunk> {
  const buffers: Chunk[] = [new Uint8Array(200_000), new Uint8Array(200_000)];
  const chunks: Chunk[] = [];
  for (let turn = 0;; turn++) {
    const into = isFilling(turn) ? buffers[turn % 2]! : undefined;
    const chunk = await reader.read(into);
    if (!chunk) return concat(chunks, chunks.reduce((sum, { length }) => sum + length, 0));
    assert(chunk.length > 0);
    chunks.push(chunk.slice());
    if (!into) continue;
    const memory = memoryOf(chunk, into);
    // What nobody took is as it was, and whatever is done with it harms nobody.
    buffers[turn % 2] = memory ?? into.fill(255);
    memory?.fill(254);
  }
}

Deno.test("readAhead() gives what the reader gives, all of it hashed, whatever memory it fills", async () => {
  const ways = fc.constantFrom("fills", "detaches", "own");
  const sizes = fc.array(fc.constantFrom(1, 500, 65_535, 65_536, 150_000), {
    minLength: 1,
    maxLength: 5,
  });
  const fillings = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
  const isShort = (sizes: readonly number[]) => sizes.every((size) => size < 65_535);
  await fc.assert(
    fc.asyncProperty(
      ways,
      sizes,
      fillings,
      fc.integer({ min: 0, max: 9 }),
      async (way, sizes, fill, n) => {
        const bytes = seededBytes(n, isShort(sizes) ? n * 100 : n * 120_000 + n);
        const { reader } = piecewise(bytes, sizes, way);
        const hashes = hasher();
        const all = await pour(
          readAhead(reader, hashes, bytes.length),
          (turn) => fill[turn % fill.length]!,
        );
        assert.deepEqual(all, bytes);
        assert.equal(hashes.digest(), createHash("md5").update(bytes).digest("hex"));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("readAhead() hashes nothing beyond the size before that is given", async () => {
  const bytes = seededBytes(1, 700_000);
  const { reader } = piecewise(bytes, [100_000], "detaches");
  const hashes = hasher();
  const ahead = readAhead(reader, hashes, 300_000);
  for (let i = 0; i < 3; i++) await ahead.read(new Uint8Array(100_000));
  const expected = createHash("md5").update(bytes.subarray(0, 300_000)).digest("hex");
  assert.equal(hashes.digest(), expected);
  assert.equal((await ahead.read(new Uint8Array(100_000)))?.length, 100_000);
});

Deno.test("readAhead() reads ahead, but not without end", async () => {
  const { reader, state } = piecewise(seededBytes(1, 5_000_000), [100_000], "detaches");
  const ahead = readAhead(reader, hasher());
  await ahead.read(new Uint8Array(100_000));
  assert(state.reads > 2 && state.reads < 10, `${state.reads}`);
  await ahead.close();
  assert(state.closed);
});

Deno.test("readAhead() gives what was read before it fails, and fails again when asked again", async () => {
  const { reader, state } = piecewise(seededBytes(1, 1_000_000), [100_000], "detaches");
  const breaking: ChunkReader = {
    read: (into) => state.reads < 3 ? reader.read(into) : Promise.reject(new Error("cut")),
    close: (reason) => reader.close(reason),
  };
  const ahead = readAhead(breaking, hasher());
  for (let i = 0; i < 3; i++) {
    assert.equal((await ahead.read(new Uint8Array(100_000)))?.length, 100_000);
  }
  await assert.rejects(ahead.read(), /cut/);
  await assert.rejects(ahead.read(), /cut/);
});

Deno.test("readAhead() reads no more once it is closed, also while it was reading ahead", async () => {
  const { reader, state } = piecewise(seededBytes(1, 1_000_000), [100_000], "detaches");
  const ahead = readAhead(reader, hasher());
  const reading = ahead.read(new Uint8Array(100_000));
  await ahead.close();
  await reading;
  assert.equal(state.reads, 1);
});
