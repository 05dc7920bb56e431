import { strict as assert } from "node:assert";
import fc from "fast-check";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { writeDicomDataset } from "../../../testing/dicom_writer.ts";
import { connectForTest } from "../../../testing/mod.ts";
import {
  type Query,
  type Retrieval,
  serveDicom,
  ServiceFailed,
  TRANSFER_SYNTAX,
} from "../../../transports/dicom/dimse/mod.ts";
import { dicomTransport } from "../../../transports/dicom/mod.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { MR, type Sample, seriesOf } from "./_archive.ts";
import { before } from "./_liar.ts";

/** What archives make of a list of SOP instance UIDs. */
const MANNERS = ["sends all", "refuses", "sends nothing", "sends the first", "aborts"] as const;
const ODD = ["sends the series", "sends one more", "sends the first half", ...MANNERS] as const;
type Manner = typeof ODD[number];
/** How long an archive that is slow waits before an instance. */
const WAIT_MS = 30;

/** An archive that lists `samples` of one series, and treats lists in its own way. */
class Archive implements AsyncDisposable {
  /** UIDs as they are asked for: one, several, or none for the series. */
  readonly asked: (readonly string[])[] = [];
  /** How often each was sent. */
  readonly sent = new Map<string, number>();
  /** C-GETs that have been served at the same time, at most. */
  most = 0;
  /** Aborts once so many more have been sent. */
  left = Infinity;
  /** Waits before each of so many instances. */
  slowFor = 0;
  /** Nothing else takes time, on whatever machine: a driver that has to wait is told an archive that is slow. */
  #waitedMs = 0;
  #now = 0;
  readonly #peer;

  constructor(samples: readonly Sample[], manner: Manner, order = samples) {
    const headerOf = ({ identifier, transferSyntaxUID }: Query) =>
      parseDicomHeader(identifier, { transferSyntaxUID });
    const server = serveDicom({
      aeTitle: "LIAR",
      hostname: "127.0.0.1",
      port: 0,
      async *find(query: Query) {
        const isImplicit = query.transferSyntaxUID === TRANSFER_SYNTAX.implicit;
        const options = { transferSyntaxUID: isImplicit ? "1.2.840.10008.1.2" : undefined };
        const wanted = headerOf(query).string("SOPInstanceUID") ?? "";
        for (const { PixelData: _, ...row } of samples) {
          if (wanted && wanted !== row.SOPInstanceUID) continue;
          yield writeDicomDataset(row, options);
        }
      },
      get: (query: Query) => {
        const list = headerOf(query).strings("SOPInstanceUID").filter((uid) => uid !== "");
        this.asked.push(list);
        const sending = order.filter(({ SOPInstanceUID: uid }) =>
          list.length === 0 || list.includes(uid)
        );
        if (list.length < 2) return Promise.resolve(this.#retrieval(query, sending));
        if (manner === "aborts") query.association.abort();
        if (manner === "refuses" || manner === "aborts") {
          const at = { op: "get", url: "dicom://h/A" };
          throw new ServiceFailed("Unavailable", at, { code: 0xA900, meaning: "no lists" });
        }
        const others = order.filter((each) => !sending.includes(each));
        const half = sending.slice(0, Math.ceil(sending.length / 2));
        const chosen = {
          "sends all": sending,
          "sends nothing": [],
          "sends the first": sending.slice(0, 1),
          "sends the series": order,
          "sends one more": [...others.slice(0, 1), ...sending],
          "sends the first half": half,
        }[manner];
        return Promise.resolve(this.#retrieval(query, chosen));
      },
    });
    const timeouts = { responseMs: 5_000, subOperationMs: 5_000 };
    this.#peer = before(server, { timeouts }, { ...systemClock, elapsed: () => this.#waitedMs });
  }

  get url(): string {
    return this.#peer.url;
  }

  get vfs() {
    return this.#peer.vfs;
  }

  get lists(): number {
    return this.asked.filter(({ length }) => length > 1).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]();
  }

  #retrieval(query: Query, samples: readonly Sample[]): Retrieval {
    return { total: samples.length, instances: this.#instances(query, samples) };
  }

  async *#instances(query: Query, samples: readonly Sample[]): Retrieval["instances"] {
    this.most = Math.max(this.most, ++this.#now);
    try {
      for (const sample of samples) {
        if (this.left-- <= 0) query.association.abort();
        if (this.slowFor-- > 0) {
          await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
          this.#waitedMs += WAIT_MS;
        }
        const { SOPInstanceUID: uid } = sample;
        this.sent.set(uid, (this.sent.get(uid) ?? 0) + 1);
        yield {
          sopClassUID: MR,
          sopInstanceUID: uid,
          transferSyntaxUID: "1.2.840.10008.1.2.1",
          dataset: writeDicomDataset(sample),
        };
      }
    } finally {
      this.#now--;
    }
  }
}

const numbered = (count: number, bytes = 200): Sample[] =>
  seriesOf({ count, bytes }).map((sample, i) => ({
    ...sample,
    PixelData: new Uint8Array(bytes).fill(i % 251),
  }));

/** Copies the series, and checks that all of it has come. */
async function isCopied({ vfs, url }: Archive, count: number, to: string): Promise<void> {
  const report = await vfs.copy(url, to);
  assert.deepEqual([report.done, report.failed], [count, 0]);
  for await (const { name } of vfs.readDir(to)) {
    const file = await vfs.readFile(`${to}/${name}`);
    assert.equal(file.at(-1), (Number(name.split(".").at(-1)) - 1) % 251, name);
  }
}

for (const manner of ODD) {
  Deno.test(`copy() of a large series is complete where an archive that gets a list ${manner}`, async () => {
    await using archive = new Archive(numbered(300), manner);
    archive.slowFor = 12;
    await isCopied(archive, 300, "memory:///first");
    const isTaken = manner === "sends all" || manner === "sends the first half";
    if (isTaken) assert(archive.lists >= 10, `${archive.lists} lists`);
    else assert.equal(archive.lists, 1);
    const twice = [...archive.sent.values()].filter((count) => count > 1).length;
    // What had come of the series before it was clear that the archive is slow, and then of the list, what it makes of that.
    const most = { "sends the first": 1, "sends one more": 33 } as Partial<Record<Manner, number>>;
    const begun = isTaken ? 5 : 15;
    assert(twice <= begun + (most[manner] ?? 0), `${twice} were sent twice`);
    if (isTaken) return;
    // It is remembered: the second copy is one C-GET.
    const { length } = archive.asked;
    await isCopied(archive, 300, "memory:///second");
    assert.deepEqual(archive.asked.slice(length), [[]]);
  });
}

Deno.test("copy() of a large series takes several associations, and leaves one for queries", async () => {
  await using archive = new Archive(numbered(300), "sends all");
  archive.slowFor = 100;
  await isCopied(archive, 300, "memory:///out");
  assert.equal(archive.most, 3);
  const [first, ...lists] = archive.asked;
  assert.deepEqual(first, []);
  assert(lists.every(({ length }) => length > 1 && length <= 32));
  // It is remembered that the archive is slow.
  archive.asked.length = 0;
  await isCopied(archive, 300, "memory:///again");
  assert(archive.asked.every(({ length }) => length > 1));
});

Deno.test("copy() of a large series out of an archive that lets nobody wait is one C-GET", async () => {
  await using archive = new Archive(numbered(300), "sends all");
  await isCopied(archive, 300, "memory:///out");
  assert.deepEqual(archive.asked, [[]]);
});

Deno.test("copy() of a series takes no more lists, but longer ones, the larger it is: an archive may look through all of it for each", async () => {
  await using archive = new Archive(numbered(2_400, 10), "sends all");
  archive.slowFor = 12;
  await isCopied(archive, 2_400, "memory:///out");
  assert.equal(archive.lists, 24);
});

Deno.test("copy() that leaves alone what is there fetches what is not by lists, and nothing in vain", async () => {
  const samples = numbered(600);
  const parts: [isThere: (i: number) => boolean, lists: number[]][] = [
    [(i) => i % 2 === 0, [300]],
    [(i) => i < 594, [6]],
    [(i) => i !== 77, [1]],
    [(i) => i >= 10, [10]],
    [(i) => i < 10, [295, 295]],
    [() => true, []],
  ];
  for (const [isThere, lists] of parts) {
    await using archive = new Archive(samples, "sends all");
    for (const { SOPInstanceUID: uid } of samples.filter((_, i) => isThere(i))) {
      await archive.vfs.writeFile(`memory:///out/${uid}`, "there");
    }
    const report = await archive.vfs.copy(archive.url, "memory:///out", { existing: "skip" });
    const done = lists.reduce((a, b) => a + b, 0);
    assert.deepEqual([report.done, report.skipped], [done, 600 - done]);
    assert.deepEqual(archive.asked.map(({ length }) => length), lists);
    assert.deepEqual([archive.sent.size, [...archive.sent.values()].every((n) => n === 1)], [
      done,
      true,
    ]);
  }
});

Deno.test("copy() of much of a series out of an archive that lets us wait goes on by short lists", async () => {
  await using archive = new Archive(numbered(600), "sends all");
  archive.slowFor = 12;
  for (let i = 1; i <= 300; i++) {
    await archive.vfs.writeFile(`memory:///out/1.2.3.1.1.${2 * i}`, "there");
  }
  const { done, skipped } = await archive.vfs.copy(archive.url, "memory:///out", {
    existing: "skip",
  });
  assert.deepEqual([done, skipped], [300, 300]);
  const [first, ...lists] = archive.asked.map(({ length }) => length);
  assert.equal(first, 300);
  assert(lists.length >= 9 && lists.every((length) => length <= 32), `${lists}`);
});

Deno.test("dicom getMany() of few instances of a series leaves them to be got alone where lists are not taken", async () => {
  const samples = numbered(30);
  for (const manner of MANNERS.slice(1)) {
    await using archive = new Archive(samples, manner);
    const { transport } = await connectForTest(dicomTransport(), archive.url);
    await using _ = transport;
    const { location } = parseLocation(archive.url);
    await Array.fromAsync(transport.list(location, { signal: NEVER }));
    const few = samples.slice(3, 6).map(({ SOPInstanceUID }) => location.join(SOPInstanceUID));
    const given = await Array.fromAsync(transport.getMany!(few, { signal: NEVER }));
    assert.equal(given.flat().length, manner === "sends the first" ? 1 : 0);
    for (const each of few) await collect((await transport.get(each, { signal: NEVER })).body);
    assert(archive.asked.every(({ length }) => length > 0), `${manner}: the series was asked for`);
    assert.equal(archive.lists, 1);
  }
});

Deno.test("dicom getMany() gives each of some instances once or leaves it, whatever an archive does to lists and when it ends", async () => {
  const samples = numbered(150);
  const some: fc.Arbitrary<readonly number[]> = fc.uniqueArray(
    fc.integer({ min: 0, max: samples.length - 1 }),
    { minLength: 2 },
  );
  const run = fc.record({
    wanted: fc.oneof(some, fc.constant<readonly number[]>([...samples.keys()])),
    order: fc.shuffledSubarray([...samples.keys()], { minLength: samples.length }),
    manner: fc.constantFrom(...ODD),
    left: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 200 })),
  });
  await fc.assert(
    fc.asyncProperty(run, async ({ wanted, order, manner, left }) => {
      await using archive = new Archive(samples, manner, order.map((i) => samples[i]!));
      const { transport } = await connectForTest(dicomTransport(), archive.url);
      await using _ = transport;
      const { location } = parseLocation(archive.url);
      await Array.fromAsync(transport.list(location, { signal: NEVER }));
      archive.left = left;
      const asked = wanted.map((i) => location.join(samples[i]!.SOPInstanceUID));
      const given = new Map<string, number>();
      for await (const page of transport.getMany!(asked, { signal: NEVER })) {
        for (const { location: { name }, got } of page) {
          assert(!given.has(name), "it is given once");
          given.set(name, got.body.at(-1)!);
        }
      }
      archive.left = Infinity;
      for (const at of asked.filter(({ name }) => !given.has(name)).slice(0, 5)) {
        const { body } = await transport.get(at, { signal: NEVER });
        given.set(at.name, (await collect(body)).at(-1)!);
      }
      for (const [name, last] of given) {
        assert.equal(last, (Number(name.split(".").at(-1)) - 1) % 251);
      }
      // What was not given had a reason.
      const isWhole = left === Infinity && (manner === "sends all" || wanted.length > 40);
      if (isWhole && manner !== "sends the first half") assert.equal(given.size, wanted.length);
    }),
    { numRuns: 40 },
  );
});
