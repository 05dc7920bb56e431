import { strict as assert } from "node:assert";
import fc from "fast-check";
import { concat } from "../../../../vfs/bytes/bytes.ts";
import type { ChunkReader } from "../../../../vfs/bytes/bytes.ts";
import { decodePdu } from "./_decode_pdu.ts";
import { encodePdu } from "../../../../transports/dicom/dimse/pdu_encode.ts";
import {
  type DataTf,
  MAX_ASSOCIATE_LENGTH,
  type Pdu,
  PduError,
} from "../../../../transports/dicom/dimse/pdu.ts";
import { type ByteInput, PduReader } from "../../../../transports/dicom/dimse/pdu_reader.ts";
import {
  type ByteOutput,
  type OutgoingMessage,
  PduWriter,
} from "../../../../transports/dicom/dimse/pdu_writer.ts";
import { pdus } from "./_arbitrary.ts";

/** Gives `bytes` in pieces that end at the positions of `cuts`. */
function input(bytes: Uint8Array, cuts: readonly number[] = []): ByteInput {
  const ends = [...cuts, bytes.length];
  let at = 0;
  return {
    read(buffer) {
      while (ends.length > 0 && ends[0]! <= at) ends.shift();
      if (at >= bytes.length) return Promise.resolve(null);
      const length = Math.min(buffer.length, ends[0]! - at);
      buffer.set(bytes.subarray(at, at + length));
      at += length;
      return Promise.resolve(length);
    },
  };
}

/** What a reader hands on, with neighbouring pieces of a PDV joined. */
async function readAll(reader: PduReader): Promise<unknown[]> {
  const all: unknown[] = [];
  let data: number[] = [];
  for (let next = await reader.next(); next; next = await reader.next()) {
    if (next.type !== "fragment") all.push(structuredClone(next));
    else {
      data.push(...next.pieces.flatMap((piece) => [...piece]));
      if (!next.isLast) continue;
      all.push([next.contextId, next.isCommand, data]);
      data = [];
    }
  }
  return all;
}

const MESSAGES: Pdu[] = [
  { type: "A-RELEASE-RQ" },
  {
    type: "P-DATA-TF",
    pdvs: [
      { contextId: 1, isCommand: true, isLast: false, data: Uint8Array.of(1, 2) },
      { contextId: 1, isCommand: true, isLast: true, data: Uint8Array.of(3, 4) },
      { contextId: 1, isCommand: false, isLast: false, data: Uint8Array.of() },
      { contextId: 1, isCommand: false, isLast: true, data: Uint8Array.of(5, 6, 7, 8) },
    ],
  },
  { type: "A-ABORT", source: 0, reason: 0 },
];
const READ = [
  { type: "A-RELEASE-RQ" },
  [1, true, [1, 2, 3, 4]],
  [1, false, [5, 6, 7, 8]],
  { type: "A-ABORT", source: 0, reason: 0 },
];

Deno.test("PduReader reads PDUs that are split at every byte", async () => {
  const parts = MESSAGES.map(encodePdu);
  const bytes = concat(parts, parts.reduce((sum, part) => sum + part.length, 0));
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.deepEqual(await readAll(new PduReader(input(bytes, [cut]), 100)), READ, `at ${cut}`);
  }
  const every = Array.from(bytes, (_, i) => i);
  assert.deepEqual(await readAll(new PduReader(input(bytes, every), 100)), READ);
});

Deno.test("PduReader hands on pieces of a PDV that is longer than its buffer", async () => {
  const data = crypto.getRandomValues(new Uint8Array(60_000));
  const pdv = {
    contextId: 3,
    isCommand: false,
    isLast: true,
    data: concat(Array(50).fill(data), 3_000_000),
  };
  const reader = new PduReader(input(encodePdu({ type: "P-DATA-TF", pdvs: [pdv] })), 1 << 22);
  const sizes: number[] = [];
  let last = false;
  for (let next = await reader.next(); next; next = await reader.next()) {
    assert(next.type === "fragment" && !last);
    for (const piece of next.pieces) {
      assert.equal(piece[0], pdv.data[sizes.reduce((a, b) => a + b, 0)]);
      sizes.push(piece.length);
    }
    last = next.isLast;
  }
  assert.equal(sizes.reduce((a, b) => a + b, 0), 3_000_000);
  assert(last && sizes.length > 1);
});

Deno.test("PduReader hands on together what one read brought of a message, and no more", async () => {
  const pdu = encodePdu(MESSAGES[1]!);
  const bytes = concat([pdu, pdu], 2 * pdu.length);
  const reader = new PduReader(input(bytes), 100);
  const seen: unknown[] = [];
  for (let next = await reader.next(); next; next = await reader.next()) {
    assert(next.type === "fragment");
    seen.push([next.isCommand, next.isLast, next.pieces.map((piece) => [...piece])]);
  }
  const one = [[true, true, [[1, 2], [3, 4]]], [false, true, [[5, 6, 7, 8]]]];
  assert.deepEqual(seen, [...one, ...one]);
});

/** What a reader hands on: all that comes, however it is cut, and how many pieces of it at once. */
async function gathered(
  pdus: readonly Pdu[],
  cuts: readonly number[],
  isGathered: (read: number) => boolean = () => true,
): Promise<unknown[]> {
  const parts = pdus.map(encodePdu);
  const bytes = concat(parts, parts.reduce((sum, part) => sum + part.length, 0));
  let reads = 0;
  const from = input(bytes, cuts.filter((cut) => cut < bytes.length));
  const reader = new PduReader({
    read(buffer) {
      reads++;
      return from.read(buffer);
    },
    isGathered: () => isGathered(reads),
  }, 1 << 20);
  const seen: unknown[] = [];
  for (let next = await reader.next(); next; next = await reader.next()) {
    if (next.type !== "fragment") seen.push(next.type);
    else {
      const length = next.pieces.reduce((sum, piece) => sum + piece.length, 0);
      seen.push([next.contextId, next.isCommand, next.isLast, length]);
    }
  }
  return seen;
}

/** A P-DATA-TF with `length` bytes of a dataset. */
const dataPdu = (length: number, isLast: boolean, contextId = 1): Pdu => ({
  type: "P-DATA-TF",
  pdvs: [{ contextId, isCommand: false, isLast, data: new Uint8Array(length) }],
});

Deno.test("PduReader gathers a dataset up to its end, wherever reads end", async () => {
  const pdus = [dataPdu(40, false), dataPdu(0, false), dataPdu(30, true), dataPdu(8, true)];
  for (let cut = 1; cut < 125; cut++) {
    assert.deepEqual(
      await gathered(pdus, [cut]),
      [[1, false, true, 70], [1, false, true, 8]],
      `at ${cut}`,
    );
  }
  const every = Array.from({ length: 200 }, (_, i) => i);
  assert.deepEqual(await gathered(pdus, every), [[1, false, true, 70], [1, false, true, 8]]);
});

Deno.test("PduReader hands on what it has gathered when that is no longer asked for", async () => {
  const pdus = [dataPdu(40, false), dataPdu(30, true)];
  assert.deepEqual(await gathered(pdus, [20, 30, 40], (read) => read !== 2), [
    [1, false, false, 18],
    [1, false, true, 52],
  ]);
});

Deno.test("PduReader gathers no more than its buffer holds", async () => {
  const pdus = [...Array(40).fill(dataPdu(60_000, false)), dataPdu(60_000, true)];
  const cuts = Array.from({ length: 2500 }, (_, i) => 1000 * i);
  const seen = await gathered(pdus, cuts) as [number, boolean, boolean, number][];
  const sizes = seen.map(([, , , length]) => length);
  assert.equal(sizes.reduce((a, b) => a + b, 0), 41 * 60_000);
  assert(sizes.length === 3 && sizes[0]! > 900_000 && sizes[1]! > 900_000, `${sizes}`);
  assert.deepEqual(seen.map(([, , isLast]) => isLast), [false, false, true]);
});

Deno.test("PduReader drops a dataset without an end, and mixes it with no other", async () => {
  for (let cut = 1; cut < 112; cut++) {
    const pdus = [dataPdu(40, false), { type: "A-ABORT", source: 0, reason: 0 }] as const;
    assert.equal((await gathered(pdus, [cut])).at(-1), "A-ABORT");
    assert.deepEqual(
      (await gathered([dataPdu(40, false), dataPdu(30, true, 3)], [cut])).at(-1),
      [3, false, true, 30],
    );
  }
  const [command] = (MESSAGES[1] as DataTf).pdvs;
  const within: Pdu = { type: "P-DATA-TF", pdvs: [{ ...command!, isLast: true }] };
  assert.deepEqual(await gathered([dataPdu(40, false), within], [52]), [
    [1, false, false, 40],
    [1, true, true, 2],
  ]);
});

Deno.test("PduReader reads an A-ASSOCIATE-RQ nearly as long as one may be", async () => {
  const contexts = Array.from({ length: 128 }, (_, i) => ({
    id: 2 * i + 1,
    abstractSyntax: "1.2.3",
    transferSyntaxes: Array(127).fill("1".repeat(60)),
  }));
  const user = {
    maxLength: 0,
    implementationClassUID: "1",
    roles: [],
    extended: [],
    commonExtended: [],
  };
  const pdu: Pdu = {
    type: "A-ASSOCIATE-RQ",
    protocolVersion: 1,
    calledAET: "A",
    callingAET: "B",
    applicationContext: "1",
    contexts,
    user,
  };
  const bytes = encodePdu(pdu);
  assert(bytes.length > 0.99 * MAX_ASSOCIATE_LENGTH);
  assert.deepEqual(await readAll(new PduReader(input(bytes, [1, 7, 300]), 100)), [pdu]);
});

Deno.test("PduReader refuses at the header what is longer than announced", async () => {
  const headers = [
    [4, 0, 0, 0, 0, 101],
    [4, 0, 0xFF, 0xFF, 0xFF, 0xFF],
    [1, 0, 0xFF, 0xFF, 0xFF, 0xFF],
    [7, 0, 0, 0, 1, 0],
    [4, 0, 0, 0, 0, 2],
    [9, 0, 0, 0, 0, 4],
    [0x47, 0x45, 0x54, 0x20, 0x2F, 0x20],
  ];
  for (const header of headers) {
    const reader = new PduReader(input(Uint8Array.from(header)), 100);
    await assert.rejects(async () => await reader.next(), PduError, String(header));
  }
});

Deno.test("PduReader refuses PDVs that leave their P-DATA-TF", async () => {
  for (const pdv of [[0, 0, 0, 1, 1, 0], [0, 0, 0, 200, 1, 0], [0, 0, 0, 2, 1, 3, 9]]) {
    const reader = new PduReader(input(Uint8Array.from([4, 0, 0, 0, 0, pdv.length, ...pdv])), 100);
    await assert.rejects(readAll(reader), PduError);
  }
});

Deno.test("PduReader throws UnexpectedEof when the peer closes within a PDU", async () => {
  const bytes = encodePdu({ type: "A-RELEASE-RQ" });
  for (let length = 1; length < bytes.length; length++) {
    const reader = new PduReader(input(bytes.subarray(0, length)), 100);
    await assert.rejects(async () => await reader.next(), Deno.errors.UnexpectedEof);
  }
});

Deno.test("PduReader of mutated bytes ends, with a PduError at most", async () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 });
  const property = fc.asyncProperty(
    fc.array(pdus, { maxLength: 3 }),
    changes,
    async (list, edits) => {
      const parts = list.map(encodePdu);
      const bytes = concat(parts, parts.reduce((sum, part) => sum + part.length, 0));
      if (bytes.length > 0) { for (const [at, value] of edits) bytes[at % bytes.length] = value; }
      try {
        await readAll(new PduReader(input(bytes), 1000));
      } catch (error) {
        assert(
          error instanceof PduError || error instanceof Deno.errors.UnexpectedEof,
          String(error),
        );
      }
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

/** Records what is written; takes at most `limit` bytes at once. */
class Output implements ByteOutput {
  writes: Uint8Array<ArrayBuffer>[] = [];
  constructor(readonly limit = Infinity) {}
  async write(bytes: Uint8Array): Promise<number> {
    await Promise.resolve();
    const taken = bytes.slice(0, this.limit) as Uint8Array<ArrayBuffer>;
    this.writes.push(taken);
    return taken.length;
  }
  get pdus(): DataTf[] {
    const all = concat(this.writes, this.writes.reduce((sum, part) => sum + part.length, 0));
    const list: DataTf[] = [];
    for (let at = 0; at < all.length;) {
      const length = 6 + new DataView(all.buffer).getUint32(at + 2);
      list.push(decodePdu(all.subarray(at, at + length)) as DataTf);
      at += length;
    }
    return list;
  }
}

/** Reads `bytes` by chunks of the given sizes, the last of which repeats. */
function chunks(bytes: Uint8Array, sizes: readonly number[]): ChunkReader & { closed: boolean } {
  let at = 0;
  let turn = 0;
  return {
    closed: false,
    read() {
      const length = sizes[Math.min(turn++, sizes.length - 1)]!;
      const chunk = bytes.slice(at, at + length) as Uint8Array<ArrayBuffer>;
      at += length;
      return Promise.resolve(chunk.length > 0 ? chunk : undefined);
    },
    close() {
      this.closed = true;
      return Promise.resolve();
    },
  };
}

const COMMAND = Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0);

Deno.test("behaviour 10: PduWriter keeps to the peer's maximum length with even fragments", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(8, 9, 15, 64, 4096, 16384, 131072),
    fc.integer({ min: 0, max: 2000 }).map((n) => 2 * n),
    fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 1 }),
    fc.integer({ min: 1, max: 700 }),
    async (maxLength, length, sizes, limit) => {
      const output = new Output(limit);
      const writer = new PduWriter(output);
      writer.setMaxLength(maxLength);
      const data = crypto.getRandomValues(new Uint8Array(length));
      const dataset = chunks(data, sizes);
      await writer.message({ contextId: 5, command: COMMAND, dataset });
      assert(dataset.closed);
      const pdvs = output.pdus.flatMap((pdu) => pdu.pdvs);
      for (const pdu of output.pdus) {
        assert(pdu.pdvs.reduce((sum, pdv) => sum + 6 + pdv.data.length, 0) <= maxLength);
      }
      for (const [isCommand, expected] of [[true, COMMAND], [false, data]] as const) {
        const part = pdvs.filter((pdv) => pdv.isCommand === isCommand);
        assert(part.every((pdv) => pdv.data.length % 2 === 0 && pdv.contextId === 5));
        assert.deepEqual(part.map((pdv) => pdv.isLast), part.map((_, i) => i === part.length - 1));
        const all = concat(part.map((pdv) => pdv.data), expected.length);
        assert.deepEqual(all, expected);
      }
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

Deno.test("behaviour 9: PduWriter sends PDUs of at most 1 MB to a peer without a limit", async () => {
  const output = new Output();
  const data = new Uint8Array(3_000_000).fill(7);
  await new PduWriter(output).message({ contextId: 1, command: COMMAND, dataset: data });
  const sizes = output.pdus.map((pdu) => pdu.pdvs[0]!.data.length + 6);
  assert(Math.max(...sizes) <= 1 << 20);
  assert(output.writes[0]!.length > 200_000, "command and data go in one write");
});

Deno.test("PduWriter writes command and short dataset at once", async () => {
  const output = new Output();
  const writer = new PduWriter(output);
  await writer.message({
    contextId: 1,
    command: COMMAND,
    dataset: chunks(new Uint8Array(900), [100]),
  });
  await writer.message({ contextId: 1, command: COMMAND });
  assert.equal(output.writes.length, 2);
});

Deno.test("PduWriter pads an odd dataset when told to, and fails otherwise", async () => {
  for (const dataset of [() => new Uint8Array(9), () => chunks(new Uint8Array(9), [4])]) {
    const output = new Output();
    const writer = new PduWriter(output);
    await writer.message({ contextId: 1, command: COMMAND, dataset: dataset(), padOdd: true });
    assert.equal(output.pdus.at(-1)!.pdvs[0]!.data.length, 10);
    const odd = writer.message({ contextId: 1, command: COMMAND, dataset: dataset() });
    await assert.rejects(odd, /odd length/);
  }
});

Deno.test("PduWriter has the next chunk read while one is being sent", async () => {
  const done: string[] = [];
  const output: ByteOutput = {
    async write(bytes) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push("sent");
      return bytes.length;
    },
  };
  let reads = 0;
  const dataset: ChunkReader = {
    read() {
      done.push(`read ${++reads}`);
      return Promise.resolve(reads <= 3 ? new Uint8Array(300_000) : undefined);
    },
    close: () => Promise.resolve(),
  };
  await new PduWriter(output).message({ contextId: 1, command: COMMAND, dataset });
  assert(done.indexOf("read 2") < done.indexOf("sent"), done.join(", "));
  assert.equal(done.filter((each) => each === "sent").length, 4);
});

Deno.test("PduWriter has a dataset read into buffers of its own, and sends what was in them", async () => {
  const data = new Uint8Array(3_000_001).map((_, at) => at * 7 + (at >> 8));
  let at = 0;
  const buffers = new Set<ArrayBufferLike>();
  const dataset: ChunkReader = {
    async read(into) {
      assert(into);
      await Promise.resolve();
      buffers.add(into.buffer);
      const part = data.subarray(at, at + Math.min(into.length, 99_999));
      into.set(part);
      at += part.length;
      return part.length > 0 ? into.subarray(0, part.length) : undefined;
    },
    close: () => Promise.resolve(),
  };
  const output = new Output();
  await new PduWriter(output).message({ contextId: 1, command: COMMAND, dataset, padOdd: true });
  const pdvs = output.pdus.flatMap((pdu) => pdu.pdvs).filter(({ isCommand }) => !isCommand);
  const sent = concat(pdvs.map((pdv) => pdv.data), data.length + 1);
  assert.deepEqual(sent.subarray(0, data.length), data);
  assert.equal(sent[data.length], 0);
  assert(buffers.size <= 3);
});

Deno.test("behaviour 8: PduWriter refuses a maximum length without room for data", () => {
  const writer = new PduWriter(new Output());
  for (const length of [1, 6, 7]) assert.throws(() => writer.setMaxLength(length), RangeError);
  writer.setMaxLength(8);
});

Deno.test("PduWriter hands a failing socket's error to the message, and to all after it", async () => {
  const broken = { write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) };
  const writer = new PduWriter(broken);
  for (let i = 0; i < 2; i++) {
    const sent = writer.message({
      contextId: 1,
      command: COMMAND,
      dataset: new Uint8Array(1_000_000),
    });
    await assert.rejects(sent, Deno.errors.BrokenPipe);
  }
});

Deno.test("PduWriter.stop() ends a message at a PDU, and a short PDU can follow", async () => {
  const output = new Output();
  const writer = new PduWriter(output);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const endless: ChunkReader = {
    read: () => new Promise((resolve) => timer = setTimeout(resolve, 0, new Uint8Array(100_000))),
    close: () => Promise.resolve(clearTimeout(timer)),
  };
  const sent = writer.message({ contextId: 1, command: COMMAND, dataset: endless });
  setTimeout(() => writer.stop(new Error("enough")), 5);
  await assert.rejects(sent, /enough/);
  await writer.control({ type: "A-ABORT", source: 0, reason: 0 });
  assert.deepEqual(output.pdus.at(-1), { type: "A-ABORT", source: 0, reason: 0 });
});

/** Fills what it is given with `data`, as far as there is something left. */
function filling(data: Uint8Array, seen = new Set<ArrayBufferLike>()): ChunkReader {
  let at = 0;
  return {
    read(into) {
      seen.add(into!.buffer);
      const part = data.subarray(at, at + into!.length);
      into!.set(part);
      at += part.length;
      return Promise.resolve(part.length > 0 ? into!.subarray(0, part.length) : undefined);
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("PduWriter marks the last fragment as such, wherever in a batch a dataset ends", async () => {
  for (const maxLength of [16_384, 131_072, 0]) {
    const payload = (maxLength || 262_144) - 6;
    for (const length of [0, 2, payload - 2, payload, payload + 2, 2 * payload, 35 * payload]) {
      const data = new Uint8Array(length).map((_, at) => at * 7 + (at >> 8));
      const output = new Output();
      const writer = new PduWriter(output);
      writer.setMaxLength(maxLength);
      const seen = new Set<ArrayBufferLike>();
      await writer.message({ contextId: 1, command: COMMAND, dataset: filling(data, seen) });
      const pdvs = output.pdus.flatMap((pdu) => pdu.pdvs).slice(1);
      const what = `${length} of ${maxLength}`;
      assert.deepEqual(concat(pdvs.map((pdv) => pdv.data), length), data, what);
      assert.deepEqual(pdvs.map((pdv) => pdv.isLast), pdvs.map((_, i) => i === pdvs.length - 1));
      assert.equal(pdvs.length, Math.max(1, Math.ceil(length / payload)), what);
      assert(seen.size <= 3, what);
    }
  }
});

Deno.test("PduWriter.prepare() changes nothing of what is written, whatever comes before its turn", async () => {
  const size = 16_378 * 3;
  const odd = { contextId: 1, command: COMMAND, dataset: new Uint8Array(3) };
  const messages: OutgoingMessage[] = [
    { contextId: 1, command: COMMAND, dataset: new Uint8Array(size).fill(1) },
    { contextId: 1, command: COMMAND },
    { contextId: 1, command: COMMAND, dataset: new Uint8Array(2_000_000).fill(2) },
    { contextId: 1, command: COMMAND, dataset: new Uint8Array(2).fill(3) },
    { ...odd, padOdd: true },
  ];
  const written = async (prepared: (writer: PduWriter, next: OutgoingMessage) => void) => {
    const output = new Output();
    const writer = new PduWriter(output);
    writer.setMaxLength(16_384);
    for (const message of messages) {
      prepared(writer, message);
      await writer.message(message);
    }
    return output.pdus;
  };
  const plain = await written(() => {});
  assert.deepEqual(await written((writer, next) => writer.prepare(next)), plain);
  // Another takes its place, and is not sent.
  assert.deepEqual(
    await written((writer, next) => {
      writer.prepare(next);
      writer.prepare(messages[0]!);
    }),
    plain,
  );
  const writer = new PduWriter(new Output());
  writer.prepare(odd);
  await assert.rejects(writer.message(odd), RangeError);
});

Deno.test("PduWriter.prepare() has a message of one batch copied before its turn", async () => {
  const output = new Output();
  const writer = new PduWriter(output);
  const dataset = new Uint8Array(525_000);
  const message = { contextId: 1, command: COMMAND, dataset };
  writer.prepare(message);
  dataset.fill(1);
  await writer.message(message);
  assert(output.pdus.flatMap((pdu) => pdu.pdvs).slice(1).every(({ data }) => data[0] === 0));
});

Deno.test("PduWriter makes a buffer anew where a dataset has detached what it was given", async () => {
  const data = new Uint8Array(3_000_000).map((_, at) => at * 7 + (at >> 8));
  let at = 0;
  const dataset: ChunkReader = {
    read(into) {
      assert(into && into.length > 0);
      const filled = new Uint8Array(into.buffer.transfer());
      const part = data.subarray(at, at + filled.length);
      filled.set(part);
      at += part.length;
      return Promise.resolve(part.length > 0 ? filled.subarray(0, part.length) : undefined);
    },
    close: () => Promise.resolve(),
  };
  const output = new Output();
  await new PduWriter(output).message({ contextId: 1, command: COMMAND, dataset });
  const pdvs = output.pdus.flatMap((pdu) => pdu.pdvs).filter(({ isCommand }) => !isCommand);
  assert.deepEqual(concat(pdvs.map((pdv) => pdv.data), data.length), data);
});

Deno.test("PduWriter sends what a dataset gives, where it has detached what it was given besides", async () => {
  let at = 0;
  const dataset: ChunkReader = {
    read(into) {
      into!.buffer.transfer();
      return Promise.resolve(at++ < 4 ? new Uint8Array(262_138).fill(at) : undefined);
    },
    close: () => Promise.resolve(),
  };
  const output = new Output();
  await new PduWriter(output).message({ contextId: 1, command: COMMAND, dataset });
  const pdvs = output.pdus.flatMap((pdu) => pdu.pdvs).filter(({ isCommand }) => !isCommand);
  const sent = concat(pdvs.map((pdv) => pdv.data), 4 * 262_138);
  assert(sent.every((byte, i) => byte === 1 + Math.floor(i / 262_138)));
});
