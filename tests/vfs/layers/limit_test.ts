import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { collect, type Source, sourceOfBytes, sourceOfStream } from "../../../vfs/bytes/bytes.ts";
import { limit } from "../../../vfs/layers/limit.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { ListedEntry, Transport } from "../../../vfs/transport.ts";
import {
  at_,
  bytes,
  driverOf,
  fake,
  memoryVfs,
  readerOfChunks,
  rejects,
  settle,
  vfsOf,
} from "../_fakes.ts";

const OPTIONS = { signal: NEVER };
const INFO = { kind: "file" } as const;

/** A transport that counts how many of its operations are at work. */
function counting() {
  const counts = { now: 0, most: 0, calls: 0 };
  const work = async <T>(result: T): Promise<T> => {
    counts.calls++;
    counts.most = Math.max(counts.most, ++counts.now);
    await settle(1);
    counts.now--;
    return result;
  };
  const page: ListedEntry[] = [{ name: "a", kind: "file" }];
  const transport = fake({
    stat: () => work(INFO),
    findMissing: () => work(new Set()),
    describe: () => work("x"),
    get: () =>
      work({
        info: INFO,
        offset: 0,
        body: { read: readTwice(), close: () => Promise.resolve() },
      }),
    list: async function* () {
      yield await work(page);
      yield await work(page);
    },
    tree: async function* (location) {
      yield await work({ location, entries: page });
    },
    getMany: async function* ([location]) {
      const got = { info: INFO, offset: 0, body: bytes("a") };
      yield await work([{ location: location!, got }]);
    },
    putMany: async function* ([file]) {
      yield await work([{ location: file!.location, stored: INFO }]);
    },
    put: async (_, source) => {
      await collect(await source.open());
      return await work(INFO);
    },
    importFiles: (at) => work([at]),
    remove: () => work(undefined),
    removeMany: () => work(new Map()),
    mkdir: () => work(undefined),
    rename: () => work(undefined),
    copy: () => work(INFO),
  }, { tree: true, maxConcurrency: 3 });
  function readTwice() {
    let left = 2;
    return async () => await work(left-- > 0 ? bytes("a") : undefined);
  }
  return { counts, transport };
}

const everything = (t: Transport, i: number): Promise<unknown>[] => [
  t.stat(at_(`fake://h/${i}`), OPTIONS),
  t.findMissing!([at_(`fake://h/${i}`)], OPTIONS),
  t.describe!(at_(`fake://h/${i}`), OPTIONS),
  t.get(at_(`fake://h/${i}`), OPTIONS).then(({ body }) => collect(body)),
  Array.fromAsync(t.list(at_(`fake://h/${i}`), OPTIONS)),
  Array.fromAsync(t.tree!(at_(`fake://h/${i}`), OPTIONS)),
  Array.fromAsync(t.getMany!([at_(`fake://h/${i}`)], OPTIONS)),
];

const everyWrite = (t: Transport, i: number): Promise<unknown>[] => {
  const at = at_(`fake://h/${i}`);
  return [
    t.put!(at, sourceOfBytes(bytes("x")), OPTIONS),
    t.put!(at, sourceOfStream(new Blob(["x"]).stream()), OPTIONS),
    Array.fromAsync(
      t.putMany!([{ location: at, source: { ...sourceOfBytes(bytes("x")), size: 1 } }], OPTIONS),
    ),
    t.importFiles!(at, [{ ...sourceOfBytes(bytes("x")), name: "1.2.dcm" }], OPTIONS),
    t.remove!(at, OPTIONS),
    t.removeMany!([at], OPTIONS),
    t.mkdir!(at, OPTIONS),
    t.rename!(at, at, OPTIONS),
    t.copy!(at, at, OPTIONS),
  ];
};

Deno.test("limit lets no more operations of reading at work than there are permits", async () => {
  for (const concurrency of [1, 2, undefined]) {
    const { counts, transport } = counting();
    const limited = limit({ concurrency })(transport);
    await Promise.all(Array.from({ length: 8 }, (_, i) => everything(limited, i)).flat());
    assert.equal(counts.most, concurrency ?? 3);
    assert(counts.calls >= 8 * 10);
    assert.equal(counts.now, 0);
  }
});

Deno.test("limit lets no more operations of writing at work than there are permits", async () => {
  const { counts, transport } = counting();
  const limited = limit({ concurrency: 2 })(transport);
  await Promise.all(Array.from({ length: 8 }, (_, i) => everyWrite(limited, i)).flat());
  assert.equal(counts.most, 2);
  assert.equal(counts.calls, 8 * 9);
});

Deno.test("limit: many copies that read and write one transport finish with one permit", async () => {
  await using vfs = memoryVfs(undefined, {
    layers: { limit: { concurrency: 1 }, random: () => 0 },
  });
  // Two chunks each, so that bodies are readers and not arrays.
  const content = () => new Blob([new Uint8Array(70_000), new Uint8Array(70_000)]).stream();
  for (let i = 0; i < 12; i++) await vfs.writeFile(`memory://a/from/${i}`, content());
  const copies = Array.from(
    { length: 3 },
    (_, i) => vfs.copy("memory://a/from", `memory://b/to/${i}`, { concurrency: 12 }),
  );
  for (const report of await Promise.all(copies)) assert.equal(report.bytes, 12 * 140_000);
  const bodies = await Promise.all(
    Array.from({ length: 12 }, (_, i) => vfs.open(`memory://a/from/${i}`)),
  );
  await Promise.all(bodies.map((file, i) => vfs.writeFile(`memory://a/copy/${i}`, file.readable)));
  assert.equal((await vfs.stat("memory://a/copy/11")).size, 140_000);
});

Deno.test("limit: a task may hold more handles open to read than there are permits", async () => {
  await using vfs = memoryVfs(undefined, { layers: { limit: { concurrency: 1 } } });
  const blob = new Blob([new Uint8Array(70_000), new Uint8Array(70_000)]);
  await vfs.writeFile("memory:///a", blob);
  const files = await Promise.all(Array.from({ length: 5 }, () => vfs.open("memory:///a")));
  for await (const _ of vfs.readDir("memory:///")) {
    assert.equal((await vfs.stat("memory:///a")).size, 140_000);
  }
  for (const file of files.reverse()) assert.equal((await file.bytes()).length, 140_000);
});

Deno.test("limit: a task may write to more open handles in turn than there are permits", async () => {
  await using vfs = memoryVfs(undefined, { layers: { limit: { concurrency: 1 } } });
  const files = await Promise.all([0, 1, 2].map((i) => vfs.create(`memory:///${i}`)));
  for (let round = 0; round < 3; round++) {
    for (const file of files) await file.write(bytes(`${round}`));
  }
  await vfs.writeFile("memory:///between", "x");
  for (const file of files.reverse()) await file.commit();
  for (let i = 0; i < 3; i++) assert.equal(await vfs.readTextFile(`memory:///${i}`), "012");
});

Deno.test("limit: a write that ends while its source is waited for gives its permit back", async () => {
  let answer = (_: undefined) => {};
  const transport = limit({ concurrency: 1 })(fake({
    async put(_, source) {
      const reader = await source.open();
      if (!(reader instanceof Uint8Array)) reader.read().catch(() => {});
      await settle(1);
      throw new Error("full");
    },
    remove: () => Promise.resolve(),
  }));
  const source: Source = {
    replayable: false,
    open: () =>
      Promise.resolve({
        read: () => new Promise<undefined>((resolve) => answer = resolve),
        close: () => Promise.resolve(),
      }),
  };
  const at = at_("fake://h/a");
  await assert.rejects(transport.put!(at, source, OPTIONS), /full/);
  await transport.remove!(at, OPTIONS);
  answer(undefined);
  await settle();
  await transport.remove!(at, OPTIONS);
  await transport.remove!(at, OPTIONS);
});

Deno.test("limit: an abort while waiting for a permit is told, and takes none with it", async () => {
  let finish = () => {};
  const transport = limit({ concurrency: 1 })(fake({
    stat: () => new Promise((resolve) => finish = () => resolve(INFO)),
    get: () => Promise.resolve({ info: INFO, offset: 0, body: readerOfChunks([bytes("a")]) }),
  }));
  const at = at_("fake://h/a");
  const first = transport.stat(at, OPTIONS);
  const abort = new AbortController();
  const waiting = [
    transport.stat(at, { signal: abort.signal }),
    transport.get(at, { signal: abort.signal }),
    Array.fromAsync(transport.list(at, { signal: abort.signal })),
  ];
  for (const one of waiting) one.catch(() => {});
  abort.abort();
  for (const one of waiting) {
    const error = await rejects(one, "Aborted");
    assert.equal(error.url, "fake://h/a");
  }
  finish();
  await first;
  const got = await transport.get(at, OPTIONS);
  assert.equal((await collect(got.body)).length, 1);
});

Deno.test("limit: an abort ends storing together that waits for a permit", async () => {
  let finish = () => {};
  const transport = limit({ concurrency: 1 })(fake({
    remove: () => new Promise((resolve) => finish = resolve),
    putMany: () => assert.fail(),
  }));
  const location = at_("fake://h/a");
  const first = transport.remove!(location, OPTIONS);
  const abort = new AbortController();
  const source = { ...sourceOfBytes(bytes("x")), size: 1 };
  const files = [{ location, source }];
  const storing = Array.fromAsync(transport.putMany!(files, { signal: abort.signal }));
  storing.catch(() => {});
  await settle();
  abort.abort();
  await rejects(storing, "Aborted");
  finish();
  await first;
});

Deno.test("limit is one for all operations of a connection, and another for another", async () => {
  const { counts, transport } = counting();
  await using vfs = vfsOf([driverOf(transport)], { layers: { limit: { concurrency: 1 } } });
  await Promise.all([
    ...Array.from({ length: 4 }, () => vfs.stat("fake://a/x")),
    ...Array.from({ length: 4 }, () => vfs.stat("fake://b/x")),
  ]);
  assert.equal(counts.most, 2);
});

Deno.test("limit takes the driver's own bound", async () => {
  const { maxConcurrency } = memoryTransport().capabilities;
  const { counts, transport } = counting();
  const limited = limit()({
    ...transport,
    capabilities: { ...transport.capabilities, maxConcurrency },
  });
  await Promise.all(
    Array.from(
      { length: maxConcurrency + 20 },
      (_, i) => limited.stat(at_(`fake://h/${i}`), OPTIONS),
    ),
  );
  assert.equal(counts.most, maxConcurrency);
});
