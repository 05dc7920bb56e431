import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { type ChunkReader, collect, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { guard } from "../../../vfs/layers/guard.ts";
import { timeout } from "../../../vfs/layers/timeout.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { CallOptions, Transport } from "../../../vfs/transport.ts";
import { at_, bytes, fake, hang, readerOfChunks, rejects, settle } from "../_fakes.ts";

const AT = at_("fake://h/a");
const INFO = { kind: "file" } as const;

function timed(
  operations: Partial<Transport>,
  { idleMs = 1000, batches }: { readonly idleMs?: number; readonly batches?: number } = {},
) {
  const clock = manualClock();
  const inner = guard("fake")(
    fake(operations, {
      tree: true,
      importFiles: true,
      removeMany: true,
      getMany: Infinity,
      putMany: { size: 1, files: 1, bytes: 1 },
      batches,
    }),
  );
  return { clock, transport: timeout({ idleMs, clock })(inner) };
}

/** Settles, or tells after how much time by the clock it did not. */
async function within<T>(
  clock: ReturnType<typeof manualClock>,
  ms: number,
  action: Promise<T>,
): Promise<T> {
  let done = false;
  const watched = action.finally(() => done = true);
  watched.catch(() => {});
  await settle();
  for (let passed = 0; passed < ms && !done; passed += 50) await clock.advance(50);
  await settle();
  assert(done, `not settled after ${ms} ms`);
  return await watched;
}

const body = (reader: Partial<ChunkReader>) => ({
  get: () =>
    Promise.resolve({
      info: INFO,
      offset: 0,
      body: { read: () => hang(), close: () => Promise.resolve(), ...reader },
    }),
});

/** Every operation on a driver that never answers and ignores its signal. */
const HUNG: Record<
  string,
  [Partial<Transport>, (t: Transport, signal: AbortSignal) => Promise<unknown>]
> = {
  stat: [{ stat: () => hang() }, (t, signal) => t.stat(AT, { signal })],
  findMissing: [{ findMissing: () => hang() }, (t, signal) => t.findMissing!([AT], { signal })],
  get: [{ get: () => hang() }, (t, signal) => t.get(AT, { signal })],
  put: [{ put: () => hang() }, (t, signal) => t.put!(AT, sourceOfBytes(bytes("a")), { signal })],
  remove: [{ remove: () => hang() }, (t, signal) => t.remove!(AT, { signal })],
  mkdir: [{ mkdir: () => hang() }, (t, signal) => t.mkdir!(AT, { signal })],
  describe: [{ describe: () => hang() }, (t, signal) => t.describe!(AT, { signal })],
  list: [{
    list: async function* () {
      yield [{ name: "a", kind: "file" }];
      await hang();
    },
  }, (t, signal) => Array.fromAsync(t.list(AT, { signal }))],
  tree: [{
    // deno-lint-ignore require-yield
    tree: async function* () {
      await hang();
    },
  }, (t, signal) => Array.fromAsync(t.tree!(AT, { signal }))],
  getMany: [{
    // deno-lint-ignore require-yield
    getMany: async function* () {
      await hang();
    },
  }, (t, signal) => Array.fromAsync(t.getMany!([AT], { signal }))],
  putMany: [{
    // deno-lint-ignore require-yield
    putMany: async function* () {
      await hang();
    },
  }, (t, signal) => {
    const source = { ...sourceOfBytes(bytes("a")), size: 1 };
    return Array.fromAsync(t.putMany!([{ location: AT, source }], { signal }));
  }],
  body: [body({}), async (t, signal) => await collect((await t.get(AT, { signal })).body)],
  "body and its close": [
    body({ close: () => hang() }),
    async (t, signal) => await collect((await t.get(AT, { signal })).body),
  ],
};

/** The same operations, which tell the signal that they get. */
function spied(operations: Partial<Transport>, tell: (signal: AbortSignal) => void) {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, (...args: unknown[]) => {
      tell((args.at(-1) as CallOptions).signal);
      return (operation as (...args: unknown[]) => unknown)(...args);
    }]),
  ) as Partial<Transport>;
}

for (const [name, [operations, run]] of Object.entries(HUNG)) {
  Deno.test(`timeout: a ${name} that never answers is TimedOut, which is temporary`, async () => {
    let given: AbortSignal | undefined;
    const { clock, transport } = timed(spied(operations, (signal) => given = signal));
    const error = await rejects(within(clock, 2000, run(transport, NEVER)), "TimedOut");
    assert.equal(error.status, "temporary");
    assert.match(error.message, /no progress for 1 s$/);
    assert.equal(clock.pending, 0);
    assert(given!.aborted, "the driver is to end it");
  });

  Deno.test(`promise 6: an abort of a ${name} that never answers settles within 1 s, and leaves no timer`, async () => {
    const { clock, transport } = timed(operations, { idleMs: 60_000 });
    const abort = new AbortController();
    const running = run(transport, abort.signal);
    running.catch(() => {});
    await settle();
    abort.abort();
    await rejects(within(clock, 1000, running), "Aborted");
    await settle();
    assert.equal(clock.pending, 0);
  });
}

Deno.test("timeout: a driver has time to clean up after an abort, and its caller waits for that", async () => {
  let cleaned = false;
  const { clock, transport } = timed({
    stat: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () =>
          clock.schedule(() => {
            cleaned = true;
            reject(new Error("my own words for it"));
          }, 500))
      ),
  });
  const abort = new AbortController();
  const running = transport.stat(AT, { signal: abort.signal });
  running.catch(() => {});
  abort.abort();
  await rejects(within(clock, 600, running), "Aborted");
  assert(cleaned);
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: what a driver knows of an abort besides is told", async () => {
  const { transport } = timed({
    put: (at, _, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          const reason = "aborted; the old file is still there";
          reject(new VfsError("Aborted", { op: "write", url: at.href, reason }));
        })
      ),
  });
  const abort = new AbortController();
  const source = sourceOfBytes(new Uint8Array(1));
  const putting = transport.put!(AT, source, { signal: abort.signal });
  abort.abort();
  assert.match((await rejects(putting, "Aborted")).message, /the old file is still there$/);
});

Deno.test("timeout: whatever a driver makes of the end of its time or of an abort, it is told as that", async () => {
  const gone = new VfsError("Unavailable", { op: "stat", url: AT.href, reason: "socket closed" });
  for (const made of [new DOMException("x", "AbortError"), gone]) {
    const { clock, transport } = timed({
      stat: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(made))),
    });
    const stat = transport.stat(AT, { signal: NEVER });
    const error = await rejects(within(clock, 1100, stat), "TimedOut");
    assert.equal(error.status, "temporary");
    const abort = new AbortController();
    const aborted = transport.stat(AT, { signal: abort.signal });
    abort.abort();
    await rejects(aborted, "Aborted");
  }
});

Deno.test("timeout lets all reach the driver that is asked of it", async () => {
  const asked: unknown[] = [];
  const note = <T>(answer: T) => (...args: unknown[]) => {
    const { signal: _, ...options } = args.at(-1) as CallOptions;
    asked.push(options);
    return Promise.resolve(answer);
  };
  const put = note(INFO);
  const { transport } = timed({
    stat: note(INFO),
    get: note({ info: INFO, offset: 1, body: bytes("a") }),
    put: async (_, source, options) => {
      await source.open();
      return await put(options);
    },
    async *putMany(files) {
      for (const { location, source, ...options } of files) {
        await source.open();
        asked.push(options);
        yield [{ location, stored: INFO }];
      }
    },
    remove: note(undefined),
    mkdir: note(undefined),
    rename: note(undefined),
    copy: note(INFO),
  });
  const signal = NEVER;
  const source = { ...sourceOfBytes(bytes("a")), size: 1 };
  const mtime = new Date(0);
  await transport.stat(AT, { signal, refresh: true });
  await transport.get(AT, { signal, range: { start: 1 } });
  await transport.put!(AT, source, { signal, mode: "create", mtime });
  const files = [{ location: AT, source, mode: "create", mtime } as const];
  await Array.fromAsync(transport.putMany!(files, { signal }));
  await transport.remove!(AT, { signal, recursive: true });
  await transport.mkdir!(AT, { signal, recursive: true });
  await transport.rename!(AT, AT, { signal, overwrite: true });
  await transport.copy!(AT, AT, { signal, overwrite: true });
  assert.deepEqual(asked, [
    { refresh: true },
    { range: { start: 1 } },
    { mode: "create", mtime },
    { mode: "create", mtime },
    { recursive: true },
    { recursive: true },
    { overwrite: true },
    { overwrite: true },
  ]);
});

Deno.test("timeout: a slow consumer of a listing, of a tree or of a body is not timed out", async () => {
  const three = async function* <T>(item: T) {
    for (let i = 0; i < 3; i++) yield await Promise.resolve(item);
  };
  const reader = readerOfChunks([bytes("a"), bytes("b"), bytes("c")]);
  const { clock, transport } = timed({
    list: () => three([{ name: "a", kind: "file" } as const]),
    tree: (location) => three({ location, entries: [] }),
    get: () => Promise.resolve({ info: INFO, offset: 0, body: reader }),
  });
  let pages = 0;
  for await (const _ of transport.list(AT, { signal: NEVER })) {
    pages++;
    await clock.advance(100_000);
  }
  for await (const _ of transport.tree!(AT, { signal: NEVER })) {
    pages++;
    await clock.advance(100_000);
  }
  assert.equal(pages, 6);
  const got = await transport.get(AT, { signal: NEVER });
  assert(!(got.body instanceof Uint8Array));
  await clock.advance(100_000);
  for (let i = 0; i < 3; i++) {
    assert(await got.body.read());
    await clock.advance(100_000);
  }
  assert.equal(await got.body.read(), undefined);
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: a put lives as long as its source or its driver makes progress", async () => {
  const { clock, transport } = timed({
    async put(_, source) {
      const reader = await source.open();
      assert(!(reader instanceof Uint8Array));
      while (await reader.read()) await new Promise<void>((r) => void clock.schedule(r, 900));
      return INFO;
    },
  });
  const inner = readerOfChunks([bytes("a"), bytes("b"), bytes("c")]);
  const slow = () => new Promise<void>((resolve) => void clock.schedule(resolve, 5000));
  const source = {
    replayable: true,
    open: async () => {
      await slow();
      return {
        read: async () => {
          await slow();
          return await inner.read();
        },
        close: () => Promise.resolve(),
      };
    },
  };
  assert.equal(await within(clock, 60_000, transport.put!(AT, source, { signal: NEVER })), INFO);
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: an importer has ten times as long since the last chunk that it pulled, and no longer", async () => {
  const source = { replayable: true, name: "1.2.dcm" } as const;
  const { clock, transport } = timed({
    async importFiles(_, files) {
      for (const file of files) await collect(await file.open());
      return await hang();
    },
  });
  // The time in which its source is waited for is not the importer's.
  const slow = {
    ...source,
    open: async () => {
      await new Promise<void>((resolve) => clock.schedule(resolve, 30_000));
      return bytes("a");
    },
  };
  let error: unknown;
  const importing = transport.importFiles!(AT, [slow], { signal: NEVER });
  importing.catch((cause) => error = cause);
  await settle();
  await clock.advance(30_000);
  await settle();
  await clock.advance(9_900);
  await settle();
  assert.equal(error, undefined);
  const { status } = await rejects(within(clock, 2_000, importing), "TimedOut");
  assert.equal(status, "permanent", "the importer may still come to its end");
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: a put of many bytes at once has the time that a slow line needs", async () => {
  const { clock, transport } = timed({
    async put(_, source) {
      await source.open();
      return await hang();
    },
  });
  const megabyte = sourceOfBytes(new Uint8Array(1_000_000));
  const put = transport.put!(AT, megabyte, { signal: NEVER });
  put.catch(() => {});
  await settle();
  await clock.advance(20_900);
  assert.equal(clock.pending, 1);
  await rejects(within(clock, 2000, put), "TimedOut");
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: a put that fails while its source is waited for leaves no timer when that answers", async () => {
  let answer = (_: undefined) => {};
  const { clock, transport } = timed({
    async put(_, source) {
      const reader = await source.open();
      assert(!(reader instanceof Uint8Array));
      reader.read().catch(() => {});
      await settle(1);
      throw new VfsError("StorageFull", { op: "write", url: AT.href });
    },
  });
  const source = {
    replayable: true,
    open: () =>
      Promise.resolve({
        read: () => new Promise<undefined>((resolve) => answer = resolve),
        close: () => Promise.resolve(),
      }),
  };
  await rejects(transport.put!(AT, source, { signal: NEVER }), "StorageFull");
  answer(undefined);
  await settle();
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: a body that comes after the abort is closed", async () => {
  let give = () => {};
  const reader = readerOfChunks([bytes("a")]);
  const { clock, transport } = timed({
    get: () =>
      new Promise((resolve) => give = () => resolve({ info: INFO, offset: 0, body: reader })),
  });
  const abort = new AbortController();
  const getting = transport.get(AT, { signal: abort.signal });
  getting.catch(() => {});
  abort.abort();
  await rejects(within(clock, 1000, getting), "Aborted");
  assert.equal(reader.closed, 0);
  give();
  await settle();
  assert(reader.closed > 0);
});

Deno.test("timeout: an abort while nobody waits for the body leaves no timer", async () => {
  const { clock, transport } = timed(body({ read: () => Promise.resolve(bytes("a")) }));
  const abort = new AbortController();
  const got = await transport.get(AT, { signal: abort.signal });
  assert(!(got.body instanceof Uint8Array));
  await got.body.read();
  abort.abort();
  assert.equal(clock.pending, 0);
  await got.body.close();
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: breaking out of a listing ends the driver's and frees everything", async () => {
  let ended = false;
  const { clock, transport } = timed({
    list: async function* () {
      try {
        while (true) yield await Promise.resolve([{ name: "a", kind: "file" }]);
      } finally {
        ended = true;
      }
    },
  });
  for await (const _ of transport.list(AT, { signal: NEVER })) break;
  assert(ended);
  assert.equal(clock.pending, 0);
});

Deno.test("timeout: copy, rename and removeMany have no time limit, but an abort ends them", async () => {
  for (const op of ["copy", "rename", "removeMany"] as const) {
    const { clock, transport } = timed({
      copy: () => hang(),
      rename: () => hang(),
      removeMany: () => hang(),
    });
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const running: Promise<unknown> = op === "removeMany"
      ? transport[op]!([AT], options)
      : transport[op]!(AT, at_("fake://h/b"), options);
    running.catch(() => {});
    await clock.advance(10_000_000);
    abort.abort();
    await rejects(within(clock, 1000, running), "Aborted");
    assert.equal(clock.pending, 0);
  }
});

Deno.test("timeout: put and remove have no time limit where each stores all that is there", async () => {
  for (const op of ["put", "remove"] as const) {
    const { clock, transport } = timed({ put: () => hang(), remove: () => hang() }, { batches: 1 });
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const running: Promise<unknown> = op === "put"
      ? transport.put!(AT, sourceOfBytes(bytes("a")), options)
      : transport.remove!(AT, options);
    running.catch(() => {});
    await clock.advance(10_000_000);
    abort.abort();
    await rejects(within(clock, 1000, running), "Aborted");
    assert.equal(clock.pending, 0);
  }
});

Deno.test("timeout: the caller's signal is not held after the operation", async () => {
  const added: string[] = [];
  const abort = new AbortController();
  const { signal } = abort;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added.push("+");
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    added.push("-");
    remove(...args);
  };
  const { transport } = timed({
    stat: () => Promise.resolve(INFO),
    get: () => Promise.resolve({ info: INFO, offset: 0, body: readerOfChunks([bytes("a")]) }),
  });
  await transport.stat(AT, { signal });
  const { body } = await transport.get(AT, { signal });
  assert(!(body instanceof Uint8Array));
  while (await body.read());
  assert.equal(added.filter((x) => x === "+").length, 2);
  assert(added.filter((x) => x === "-").length >= 2);
});
