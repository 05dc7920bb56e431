import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type ChunkReader, collect } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { isVfsError, VfsError } from "../../../vfs/errors.ts";
import {
  cGet,
  cStore,
  QUERY_RETRIEVE,
  requestAssociation,
  serveDicom,
} from "../../../transports/dicom/dimse/mod.ts";
import { Landing, type LandingOptions } from "../../../transports/dicom/landing.ts";
import { Spool } from "../../../transports/dicom/spool.ts";
import type { SpoolFile } from "../../../transports/dicom/spool_file.ts";
import { MR } from "./_archive.ts";

const landing = (options: Partial<LandingOptions> = {}) =>
  new Landing({ spool: new Spool(), clock: systemClock, url: "dicom://h/A", ...options });

/** A disk on which nothing fits. */
class FullDisk extends Spool {
  override open(url: string): Promise<SpoolFile> {
    return Promise.reject(new VfsError("StorageFull", { op: "read", url }));
  }
}

Deno.test("a landing gives what was written, whatever the chunks, in memory and on disk", async () => {
  const chunk = fc.tuple(fc.nat(400_000), fc.nat(255))
    .map(([length, first]) => new Uint8Array(length + 1).map((_, at) => first + at * 7));
  const chunks = fc.array(chunk, { minLength: 3, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.boolean(), fc.nat(12), async (list, isAhead, claimAt) => {
      const one = landing({ isAhead });
      const writing = (async () => {
        for (const [i, chunk] of list.entries()) {
          if (i === claimAt) one.claim();
          await one.sink.write(chunk.slice());
        }
        await one.sink.close();
      })();
      const actual = await collect(one.reader);
      await writing;
      assert.deepEqual(
        actual,
        new Uint8Array(await new Blob(list as Uint8Array<ArrayBuffer>[]).arrayBuffer()),
      );
      assert.equal(one.length, actual.length);
    }),
    { numRuns: 40 },
  );
});

Deno.test("a landing gives the last byte on disk, when all before it was read by itself", async () => {
  const one = landing({ isAhead: true });
  for (const length of [100_000, 1]) await one.sink.write(new Uint8Array(length).fill(7));
  await one.sink.close();
  let left = 100_000;
  while (left > 0) left -= (await one.reader.read(new Uint8Array(left)))!.length;
  assert.deepEqual(await one.reader.read(), Uint8Array.of(7));
  assert.equal(await one.reader.read(), undefined);
});

Deno.test("a landing has grown once so much has come, before its writer has to wait, or once all has", async () => {
  const window = 1_048_576;
  const one = landing();
  const grown = one.grown(window);
  await one.sink.write(new Uint8Array(window - 1));
  assert.equal(await Promise.race([grown, Promise.resolve("not yet")]), "not yet");
  await one.sink.write(new Uint8Array(1));
  await grown;
  await one.sink.close();
  await one.grown(Infinity);
  assert.equal((await collect(one.reader)).length, window);
});

Deno.test("a landing fills memory that is given, and uses its own again for other chunks", async () => {
  const spool = new Spool();
  const length = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300_000 }));
  const chunk = fc.tuple(fc.integer({ min: 1, max: 140_000 }), fc.nat(255))
    .map(([length, first]) => new Uint8Array(length).map((_, at) => first + at * 7));
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 10 }),
      fc.array(length, { minLength: 1, maxLength: 10 }),
      fc.boolean(),
      async (chunks, lengths, isAhead) => {
        const one = landing({ spool, isAhead });
        const writing = (async () => {
          for (const chunk of chunks) {
            const lent = chunk.slice();
            await one.sink.write(lent);
            lent.fill(0);
          }
          await one.sink.close();
          one.claim();
        })();
        const read: Uint8Array<ArrayBuffer>[] = [];
        for (let n = 0;; n++) {
          const into = new Uint8Array(lengths[n % lengths.length]!);
          const given = await one.reader.read(into);
          if (!given) break;
          if (into.length > 0) assert.equal(given.buffer, into.buffer);
          read.push(given);
        }
        await writing;
        const bytes = async (parts: Uint8Array<ArrayBuffer>[]) =>
          new Uint8Array(await new Blob(parts).arrayBuffer());
        assert.deepEqual(await bytes(read), await bytes(chunks));
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("promise 2: a landing that ends while it is read from gives its last bytes", async () => {
  const one = landing();
  const reading = one.reader.read();
  one.sink.write(Uint8Array.of(1, 2, 3));
  one.sink.close();
  assert.deepEqual(await reading, Uint8Array.of(1, 2, 3));
  assert.equal(await one.reader.read(), undefined);
});

Deno.test("a landing holds the writer up when its reader is slow, and then goes on to disk", async () => {
  const one = landing();
  const chunk = new Uint8Array(1_048_576);
  for (let i = 0; i < 5; i++) await one.sink.write(chunk.fill(i));
  one.sink.close();
  const bytes = await collect(one.reader);
  assert.equal(bytes.length, 5 * chunk.length);
  assert.deepEqual([0, 1, 2, 3, 4].map((i) => bytes[i * chunk.length + 7]), [0, 1, 2, 3, 4]);
});

Deno.test("without room on disk a landing waits for its reader, in bounded memory", async () => {
  const one = landing({ spool: new Spool({ maxBytes: 0 }) });
  let written = 0;
  const writing = (async () => {
    for (let i = 0; i < 8; i++) {
      await one.sink.write(new Uint8Array(1_048_576));
      written++;
    }
    await one.sink.close();
  })();
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  assert(written <= 2, `${written} MiB without a reader`);
  assert.equal((await collect(one.reader)).length, 8 * 1_048_576);
  await writing;
});

Deno.test("a landing whose reader has left takes the rest, and tells how much it was", async () => {
  const told: number[] = [];
  const one = landing({ onLeft: (bytes) => told.push(bytes) });
  await one.sink.write(new Uint8Array(10));
  await one.reader.close();
  await one.sink.write(new Uint8Array(20));
  await one.sink.close();
  assert.deepEqual(told, [0, 20]);
  assert.equal(await one.reader.read(), undefined);
});

Deno.test("promise 2: a landing that is aborted fails its reader, again and again", async () => {
  const one = landing();
  await one.sink.write(new Uint8Array(10));
  one.sink.abort(new VfsError("Unavailable", { op: "read", url: "" }));
  assert.equal((await one.reader.read())?.length, 10);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(one.reader.read(), (e) => isVfsError(e) && e.kind === "Unavailable");
  }
  await one.reader.close();
});

Deno.test("dimse 52: a disk that is full tells the peer A700, cancels and fails the reader", async () => {
  const transferSyntaxUID = "1.2.840.10008.1.2.1";
  const statuses: unknown[] = [];
  let isCancelled = false;
  await using server = serveDicom({
    aeTitle: "A",
    hostname: "127.0.0.1",
    port: 0,
    async get({ association, signal }) {
      signal.addEventListener("abort", () => isCancelled = true);
      // More than one read: what has come whole is answered before it is written.
      const dataset = new Uint8Array(4 << 20);
      for (let n = 1; n <= 20 && !isCancelled; n++) {
        const instance = {
          sopClassUID: MR,
          sopInstanceUID: `1.2.${n}`,
          transferSyntaxUID,
          dataset,
        };
        await cStore(association, instance).catch((error) => statuses.push(error.code));
      }
      return { total: 0, instances: (async function* () {})() };
    },
  });
  await using association = await requestAssociation({
    hostname: "127.0.0.1",
    port: server.port,
    calledAET: "A",
    contexts: [QUERY_RETRIEVE.study.get, MR].map((sopClassUID) => ({
      sopClassUID,
      transferSyntaxUIDs: [transferSyntaxUID],
    })),
    roles: [{ sopClassUID: MR, scu: false, scp: true }],
  });
  const readers: ChunkReader[] = [];
  const getting = cGet(association, {
    identifier: { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2" },
    onInstance() {
      const one = landing({ spool: new FullDisk(), isAhead: true });
      readers.push(one.reader);
      return one.sink;
    },
  });
  const isFull = (error: unknown) => isVfsError(error) && error.kind === "StorageFull";
  await assert.rejects(getting, isFull);
  assert.equal(statuses[0], 0xA700);
  assert(isCancelled);
  await assert.rejects(collect(readers[0]!), isFull);
});

/** A disk that nothing may be written to. */
class NoDisk extends Spool {
  override open(): Promise<SpoolFile> {
    throw new Error("no file is to be made");
  }
}

Deno.test("a small instance that nobody reads yet waits in memory, as long as there is room for it", async () => {
  const spool = new NoDisk();
  const small = () => new Uint8Array(65_536).fill(1);
  const waiting: Landing[] = [];
  const add = async () => {
    const one = landing({ spool, isAhead: true });
    await one.sink.write(small());
    await one.sink.close();
    waiting.push(one);
  };
  for (let n = 0; n < 64; n++) await add();
  await assert.rejects(add(), /no file is to be made/);
  waiting[0]!.claim();
  assert.deepEqual(await collect(waiting[0]!.reader), small());
  await add();
  await assert.rejects(add(), /no file is to be made/);
  // Room comes back once, also from those that leave.
  for (const one of waiting) {
    await one.reader.close();
    await one.reader.close();
  }
  for (let n = 0; n < 64; n++) await add();
  await assert.rejects(add(), /no file is to be made/);
});

Deno.test("what waits in memory counts as spooled, and lets in who waits for room when it is gone", async () => {
  const spool = new Spool({ maxBytes: 100_000 });
  const one = landing({ spool, isAhead: true });
  await one.sink.write(new Uint8Array(60_000));
  let isFull = false;
  const other = landing({ spool, isAhead: true, onFull: () => isFull = true });
  const writing = other.sink.write(new Uint8Array(60_000));
  assert(isFull);
  await one.reader.close();
  await writing;
  assert.equal(other.length, 60_000);
  await other.sink.close();
  await other.reader.close();
  await one.sink.close();
});

Deno.test("a landing whose reader comes while no file can be made for it gives it from memory", async () => {
  const opened = Promise.withResolvers<SpoolFile>();
  const asked = Promise.withResolvers<void>();
  class SlowDisk extends Spool {
    override open(): Promise<SpoolFile> {
      asked.resolve();
      return opened.promise;
    }
  }
  const one = landing({ spool: new SlowDisk(), isAhead: true });
  const writing = one.sink.write(new Uint8Array(100_000));
  await asked.promise;
  one.claim();
  opened.reject(new VfsError("StorageFull", { op: "read", url: "dicom://h/A" }));
  await writing;
  await one.sink.close();
  assert.equal((await collect(one.reader)).length, 100_000);
});

Deno.test("a landing whose temporary file is cut short fails its reader", async () => {
  class CutDisk extends Spool {
    override async open(url: string): Promise<SpoolFile> {
      return { ...await super.open(url), read: () => Promise.resolve(undefined) };
    }
  }
  const one = landing({ spool: new CutDisk({ directory: false }), isAhead: true });
  await one.sink.write(new Uint8Array(100_000));
  await one.sink.close();
  await assert.rejects(collect(one.reader), { kind: "Incomplete" });
});

Deno.test("a temporary file that cannot be opened is not left behind", async () => {
  const directory = await Deno.makeTempDir();
  const { openSync } = Deno;
  try {
    const full = new Deno.errors.Busy("too many open files");
    Deno.openSync = (path, options) => {
      if (!options) throw full;
      return openSync(path, options);
    };
    const opening = new Spool({ directory }).open("dicom://h/A");
    await assert.rejects(opening, (error) => error === full);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  } finally {
    Deno.openSync = openSync;
    await Deno.remove(directory, { recursive: true });
  }
});
