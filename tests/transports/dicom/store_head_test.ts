import { strict as assert } from "node:assert";
import { StreamHead } from "../../../transports/dicom/store_head.ts";
import { type ChunkReader, collect } from "../../../vfs/bytes/bytes.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { file, Peer, vfsWith } from "./_store_kit.ts";

/** A stream of `length` bytes, all `value`, that fills what it is given and notes it. */
function filling(length: number, value: number, given: ArrayBufferLike[] = []): ChunkReader {
  let left = length;
  return {
    read(into = new Uint8Array(1000)) {
      given.push(into.buffer);
      const chunk = into.subarray(0, Math.min(left, into.length));
      left -= chunk.length;
      return Promise.resolve(chunk.length === 0 ? undefined : chunk.fill(value));
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("StreamHead reads a start and then all of it again, be it a stream or in memory", async () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
  let at = 0;
  const stream: ChunkReader = {
    read: () => Promise.resolve(at < bytes.length ? bytes.slice(at, at += 70_001) : undefined),
    close: () => Promise.resolve(),
  };
  for (const source of [bytes, stream]) {
    const head = new StreamHead(source, bytes.length);
    assert.deepEqual(await head.read(10, 20), bytes.subarray(10, 20));
    assert.deepEqual(await head.read(100_000, 100_010), bytes.subarray(100_000, 100_010));
    assert.deepEqual(await collect(head.from(5)), bytes.subarray(5));
  }
});

Deno.test("StreamHead keeps no more than 16 MiB of a start, and reads nothing beyond", async () => {
  const given: ArrayBufferLike[] = [];
  const head = new StreamHead(filling(2 ** 30, 1, given));
  await assert.rejects(head.read(0, 2 ** 24 + 1), /Header exceeds 16777216 bytes/);
  assert.equal(given.length, 0);
});

Deno.test("StreamHead uses memory again that was given back, and none that was not", async () => {
  const lent: Uint8Array<ArrayBuffer>[] = [];
  const given: ArrayBufferLike[] = [];
  const first = new StreamHead(filling(300_000, 1, given), undefined, lent);
  const start = await first.read(0, 100_000);
  const second = new StreamHead(filling(100, 2, given), undefined, lent);
  await second.read(0, 100);
  assert.equal(new Set(given).size, 3);
  assert(start.every((byte) => byte === 1));
  first.giveBack();
  first.giveBack();
  await new StreamHead(filling(100, 3, given), undefined, lent).read(0, 100);
  await new StreamHead(filling(100, 4, given), undefined, lent).read(0, 100);
  assert.equal(new Set(given).size, 4);
});

Deno.test("StreamHead gives back no memory of readers that give their own", async () => {
  const lent: Uint8Array<ArrayBuffer>[] = [];
  const own = new Uint8Array(10).fill(7);
  let reads = 0;
  const head = new StreamHead(
    {
      read: () => Promise.resolve(reads++ === 0 ? own : undefined),
      close: () => Promise.resolve(),
    },
    undefined,
    lent,
  );
  await head.read(0, 10);
  head.giveBack();
  assert.equal(lent.length, 0);
});

Deno.test("copy() of larger files at once: each arrives as it is, and is told to be where it belongs", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  const folder = await Deno.makeTempDir();
  try {
    for (let n = 1; n <= 40; n++) {
      const PixelData = new Uint8Array(300_000).fill(n);
      await Deno.writeFile(`${folder}/${n}.dcm`, file(n, { PixelData }));
    }
    const told = new Map<string, string>();
    await vfs.copy(folder, peer.url, {
      onOutcome: ({ from, to = "" }) => void told.set(from.match(/(\d+)\.dcm$/)![1]!, to),
    });
    assert.equal(told.size, 40);
    for (const [n, to] of told) assert(to.endsWith(`/2.25.1/2.25.2/2.25.3.${n}`), to);
    assert.equal(peer.received.length, 40);
    for (const { instance, dataset } of peer.received) {
      const n = Number(instance.sopInstanceUID.split(".").at(-1));
      assert.deepEqual(dataset.slice(-300_000), new Uint8Array(300_000).fill(n));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("store sends nothing of a cut dataset that is in memory, and keeps the association", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith({ poolSize: 1 });
  const begun: string[] = [];
  peer.onStore = ({ sopInstanceUID }) => void begun.push(sopInstanceUID);
  await vfs.writeFile(peer.url, file(1));
  const open = file(2, { "7FE11001": { vr: "SQ", value: [{}] } }, { undefinedLengths: true });
  for (const cut of [file(2).slice(0, -4), open.slice(0, -8)]) {
    const storing = vfs.writeFile(peer.url, cut);
    await assert.rejects(storing, (error) => isVfsError(error) && error.kind === "Corrupt");
  }
  await vfs.writeFile(peer.url, file(3));
  assert.deepEqual(begun, ["2.25.3.1", "2.25.3.3"]);
  assert.equal(peer.associations, 1);
});
