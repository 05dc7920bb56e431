import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { storedZip } from "../../../transports/xnat/stored_zip.ts";
import { membersOf } from "../../../transports/xnat/zip_members.ts";
import { type ChunkReader, collect, concat, readerOfStream } from "../../../vfs/bytes/bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

async function zipOf(sizes: readonly number[]): Promise<{ contents: Bytes[]; zip: Bytes }> {
  const contents = sizes.map((size, n) => new Uint8Array(size).map((_, i) => i * (n + 1) + n));
  const members = contents.map((bytes, n) => ({
    path: `${n}`,
    size: bytes.length,
    open: () => Promise.resolve(bytes),
  }));
  return { contents, zip: await collect(readerOfStream(ReadableStream.from(storedZip(members)))) };
}

/** Sizes of chunks in which `zip` comes, by turns. */
type Chunks = readonly number[];

function* chunksOf(zip: Bytes, sizes: Chunks): Generator<Bytes> {
  for (let at = 0, turn = 0; at < zip.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield zip.slice(at, at + size);
    at += size;
  }
}

/** Readers that give memory of their own, that fill what they are given, and that fill it and take it away meanwhile. */
const READERS: Record<string, (zip: Bytes, sizes: Chunks) => ChunkReader> = {
  own: (zip, sizes) => readerOfStream(ReadableStream.from(chunksOf(zip, sizes))),
  filling(zip, sizes) {
    let at = 0;
    let turn = 0;
    return {
      read(into) {
        const room = into ?? new Uint8Array(100);
        const part = zip.subarray(at, at + Math.min(room.length, sizes[turn++ % sizes.length]!));
        room.set(part);
        at += part.length;
        return Promise.resolve(part.length === 0 ? undefined : room.subarray(0, part.length));
      },
      close: () => Promise.resolve(),
    };
  },
  network(zip, sizes) {
    const chunks = chunksOf(zip, sizes);
    return readerOfStream(
      new ReadableStream({
        type: "bytes",
        pull(controller) {
          const { value, done } = chunks.next();
          if (!done) return controller.enqueue(value);
          controller.close();
          controller.byobRequest?.respond(0);
        },
      }),
    );
  },
};

/** What comes of the members with an even number, and how it ended; contents are looked at when all is over. */
async function read(reader: ChunkReader, wants = (n: number) => n % 2 === 0) {
  const got: [number, Bytes][] = [];
  const members = membersOf(reader, {
    want: (path) => wants(Number(path)) ? Number(path) : undefined,
    cut: () => new Error("cut"),
    unreadable: (reason) => new Error(reason),
  });
  let error: unknown;
  try {
    for await (const { memory, members: some } of members) {
      for (const { wanted, start, end } of some) {
        got.push([wanted, new Uint8Array(memory, start, end - start)]);
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  return { got, error };
}

const SIZES = fc.array(
  fc.oneof(fc.nat(40), fc.nat(40_000), fc.integer({ min: 1_000_000, max: 1_200_000 })),
  {
    maxLength: 9,
  },
);
const CHUNKS = fc.array(fc.integer({ min: 500, max: 300_000 }), { minLength: 1, maxLength: 5 });

for (const [kind, readerOf] of Object.entries(READERS)) {
  Deno.test(`membersOf() gives what is wanted of any zip in any chunks, from a reader with ${kind} memory`, async () => {
    await fc.assert(
      fc.asyncProperty(SIZES, CHUNKS, async (sizes, chunks) => {
        const { contents, zip } = await zipOf(sizes);
        const { got, error } = await read(readerOf(zip, chunks));
        assert.equal(error, undefined);
        const wanted = [...contents.entries()].filter(([n]) => n % 2 === 0);
        assert.deepEqual(got.map(([n]) => n), wanted.map(([n]) => n));
        for (const [i, [, bytes]] of wanted.entries()) {
          assert(Buffer.from(bytes).equals(got[i]![1]), `member ${got[i]![0]}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  Deno.test(`membersOf() gives what came whole of a zip that is cut, from a reader with ${kind} memory`, async () => {
    const { contents, zip } = await zipOf(Array.from({ length: 200 }, (_, n) => 30 * n));
    for (const length of [0, 3, 29, 5_000, 400_000, 590_000]) {
      const { got, error } = await read(readerOf(zip.slice(0, length), [1000]), () => true);
      assert.match(`${error}`, /cut/);
      for (const [i, [n, bytes]] of got.entries()) {
        assert.equal(n, i);
        assert.deepEqual(bytes, contents[n]);
      }
      const whole = contents.findIndex((_, n) =>
        concat(contents.slice(0, n + 1), 15 * n * (n + 1)).length > length
      );
      // Memory that is away when the network breaks is lost, with some of them.
      assert(got.length > whole - 70, `${got.length} of ${whole} at ${length}`);
    }
  });
}

Deno.test("membersOf() reads into memory that was released, and into no other that it gave", async () => {
  const { contents, zip } = await zipOf(Array.from({ length: 60 }, (_, n) => 230_000 + n));
  const members = membersOf(READERS.filling!(zip, [70_000]), {
    want: (path) => Number(path),
    cut: () => new Error("cut"),
    unreadable: (reason) => new Error(reason),
  });
  const kept: [number, Bytes][] = [];
  const memories = new Set<ArrayBuffer>();
  let count = 0;
  for await (const { memory, members: some, release } of members) {
    const isKept = memories.size === 2 && kept.length === 0;
    memories.add(memory);
    for (const { wanted, start, end } of some) {
      const bytes = new Uint8Array(memory, start, end - start);
      assert(Buffer.from(contents[wanted]!).equals(bytes), `member ${wanted}`);
      if (isKept) kept.push([wanted, bytes]);
      count++;
    }
    if (!isKept) release(memory);
  }
  assert.equal(count, 60);
  assert.equal(memories.size, 3);
  assert(kept.length > 0);
  for (const [n, bytes] of kept) assert(Buffer.from(contents[n]!).equals(bytes), `member ${n}`);
});

Deno.test("membersOf() gives four CT slices at once, as many as are hashed at once", async () => {
  const { zip } = await zipOf(new Array(8).fill(2 * 512 ** 2 + 4000));
  const counts: number[] = [];
  const members = membersOf(READERS.network!(zip, [300_000]), {
    want: (path) => path,
    cut: () => new Error("cut"),
    unreadable: (reason) => new Error(reason),
  });
  for await (const { members: some } of members) counts.push(some.length);
  assert.deepEqual(counts, [4, 4]);
});

Deno.test("membersOf() refuses a stored member whose two sizes differ", async () => {
  const { zip } = await zipOf([40]);
  const wrong = zip.slice();
  // The packed size of the local header (APPNOTE 4.3.7).
  new DataView(wrong.buffer).setUint32(18, 41, true);
  const { got, error } = await read(READERS.own!(wrong, [1000]));
  assert.match(`${error}`, /sizes of its members elsewhere/);
  assert.deepEqual(got, []);
});
