import { strict as assert } from "node:assert";
import { collect, type Source, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { FunctionNotSupported, VfsError } from "../../../vfs/errors.ts";
import { guard } from "../../../vfs/layers/guard.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Capabilities, Got, ListedEntry, Transport } from "../../../vfs/transport.ts";
import { at_, bytes, fake, readerOfChunks, rejects, texts } from "../_fakes.ts";

const AT = at_("fake://h/a/b");
const OPTIONS = { signal: NEVER };

const guarded = (operations: Partial<Transport>, capabilities: Partial<Capabilities> = {}) =>
  guard("fake")(fake(operations, capabilities));

const giving = (got: Partial<Got>, capabilities: Partial<Capabilities> = {}) =>
  guarded({
    get: () =>
      Promise.resolve({ info: { kind: "file" }, offset: 0, body: bytes("0123456789"), ...got }),
  }, capabilities);

Deno.test("guard hides operations that the capability record does not name", () => {
  const every = () => Promise.reject(new Error("called"));
  const operations = {
    put: every,
    remove: every,
    mkdir: every,
    rename: every,
    copy: every,
    describe: every,
  };
  const none = {
    put: "none",
    remove: false,
    mkdir: false,
    rename: false,
    copy: false,
    tree: false,
  } as const;
  const hidden = guarded({ ...operations, tree: async function* () {} }, none);
  for (const name of ["put", "remove", "mkdir", "rename", "copy", "tree"] as const) {
    assert.equal(hidden[name], undefined, name);
  }
  const all = guarded({ ...operations, tree: async function* () {} }, { tree: true });
  for (const name of ["put", "remove", "mkdir", "rename", "copy", "tree", "describe"] as const) {
    assert.equal(typeof all[name], "function", name);
  }
});

Deno.test("guard refuses options that the capability record does not name, and says which", async () => {
  const put = () => Promise.resolve({ kind: "file" } as const);
  const can = guarded({ put }, { exclusive: false, append: false, etag: false, maxPutSize: 3 });
  const source = sourceOfBytes(bytes("abcd"));
  for (
    const [action, what] of [
      [() => can.put!(AT, source, { ...OPTIONS, mode: "create" }), /mode "create"/],
      [() => can.put!(AT, source, { ...OPTIONS, mode: "append" }), /mode "append"/],
      [() => can.put!(AT, source, OPTIONS), /over 3 bytes/],
      [() => can.put!(AT, source, { ...OPTIONS, ifMatch: "x" }), /in the place of one version/],
      [() => can.get(AT, { ...OPTIONS, ifMatch: "x" }), /ifMatch/],
      [() => can.stat(at_("fake://h/a?b"), OPTIONS), /a query/],
    ] as const
  ) {
    const error = await rejects(action, "NotSupported");
    assert(error instanceof FunctionNotSupported);
    assert.match(error.message, what);
    assert.match(error.message, /the fake transport/);
  }
});

Deno.test("guard lets a query pass where the driver takes one", async () => {
  const can = guarded({ stat: () => Promise.resolve({ kind: "file" }) }, { query: true });
  assert.equal((await can.stat(at_("fake://h/a?b"), OPTIONS)).kind, "file");
});

Deno.test("promise 8: guard fails listings whose names are no names, flat and of trees", async () => {
  for (const name of ["..", ".", "", "a\0b", "\ud800"]) {
    const page: ListedEntry[] = [{ name: "fine", kind: "file" }, { name, kind: "file" }];
    const lying = guarded({
      list: async function* () {
        yield await Promise.resolve(page);
      },
      tree: async function* (location) {
        yield await Promise.resolve({ location, entries: page });
      },
    }, { tree: true });
    await rejects(Array.fromAsync(lying.list(AT, OPTIONS)), "Protocol");
    await rejects(Array.fromAsync(lying.tree!(AT, OPTIONS)), "Protocol");
  }
});

Deno.test("promise 2: guard fails a body that is shorter or longer than announced", async () => {
  for (const [length, kind] of [[11, "Incomplete"], [9, "Protocol"]] as const) {
    await rejects(giving({ length }).get(AT, OPTIONS), kind);
    const reader = readerOfChunks([bytes("01234"), bytes("56789")]);
    const got = await giving({ length, body: reader }).get(AT, OPTIONS);
    assert.equal(
      (await rejects(collect(got.body), kind)).status === "temporary",
      kind === "Incomplete",
    );
    assert(reader.closed > 0);
  }
  const exact = await giving({ length: 10, body: readerOfChunks([bytes("0123456789")]) }).get(
    AT,
    OPTIONS,
  );
  assert.equal((await collect(exact.body)).length, 10);
});

Deno.test("promise 2: guard takes the object's size for the length that a driver does not announce", async () => {
  const short = giving({
    info: { kind: "file", size: 11 },
    body: readerOfChunks([bytes("0123456789")]),
  });
  const got = await short.get(AT, OPTIONS);
  assert.equal(got.length, 11);
  await rejects(collect(got.body), "Incomplete");
});

Deno.test("guard refuses an answer that is another part than the one asked for", async () => {
  const info = { kind: "file", size: 10 } as const;
  const range = { start: 4, end: 8 };
  const liars: Partial<Got>[] = [
    { info },
    { info, length: 10 },
    { info: { kind: "file" } },
    { info, offset: 4, length: 6 },
    { info, offset: 3, length: 4 },
  ];
  for (const got of liars) {
    let closed = 0;
    const body = { ...readerOfChunks([bytes("01")]), close: () => Promise.resolve(void closed++) };
    await rejects(giving({ ...got, body }).get(AT, { ...OPTIONS, range }), "Protocol");
    assert(closed > 0);
  }
  await rejects(
    giving({ info, offset: 0 }).get(AT, { ...OPTIONS, range: { suffix: 3 } }),
    "Protocol",
  );
  await rejects(giving({ info, offset: 2 }).get(AT, OPTIONS), "Protocol");
  const right = giving({ info, offset: 4, body: bytes("4567") });
  assert.deepEqual(await texts((await right.get(AT, { ...OPTIONS, range })).body), ["4567"]);
});

Deno.test("guard cuts ranges from the whole where the driver has none", async () => {
  const asked: unknown[] = [];
  const chunks = ["012", "345", "678", "9"].map(bytes);
  for (const asReader of [false, true]) {
    const whole = guarded({
      get: (_, { range }) => {
        asked.push(range);
        const body = asReader ? readerOfChunks(chunks) : bytes("0123456789");
        return Promise.resolve({ info: { kind: "file" }, offset: 0, length: 10, body });
      },
    }, { range: false });
    for (
      const [range, expected] of [
        [{ start: 0 }, "0123456789"],
        [{ start: 3 }, "3456789"],
        [{ start: 2, end: 4 }, "23"],
        [{ start: 2, end: 99 }, "23456789"],
        [{ start: 5, end: 5 }, ""],
        [{ suffix: 4 }, "6789"],
        [{ suffix: 40 }, "0123456789"],
      ] as const
    ) {
      const got = await whole.get(AT, { ...OPTIONS, range });
      assert.equal((await texts(got.body)).join(""), expected);
      assert.equal(got.length, expected.length);
    }
    await rejects(whole.get(AT, { ...OPTIONS, range: { start: 10 } }), "RangeNotSatisfiable");
    await rejects(whole.get(AT, { ...OPTIONS, range: { start: -1 } }), "InvalidArgument");
  }
  assert(asked.every((range) => range === undefined));
});

Deno.test("guard tells a driver that has no ranges all else that is asked", async () => {
  let asked: unknown;
  const inner = guarded({
    get: (_, options) => {
      asked = options;
      return Promise.resolve({ info: { kind: "file" }, offset: 0, body: bytes("abc") });
    },
  }, { range: false, etag: true });
  const { signal } = new AbortController();
  await inner.get(AT, { signal, range: { start: 1 }, ifMatch: "1", whole: true });
  assert.deepEqual(asked, { signal, range: undefined, ifMatch: "1", whole: true });
});

Deno.test("guard cuts ranges from the whole of what has no size, by reading it", async () => {
  for (
    const [range, expected, offset] of [
      [{ start: 0 }, "0123456789", 0],
      [{ start: 3 }, "3456789", 3],
      [{ start: 2, end: 4 }, "23", 2],
      [{ start: 2, end: 99 }, "23456789", 2],
      [{ start: 5, end: 5 }, "", 5],
      [{ start: 9 }, "9", 9],
      [{ suffix: 4 }, "6789", 6],
      [{ suffix: 40 }, "0123456789", 0],
      [{ suffix: 0 }, "", 10],
    ] as const
  ) {
    const body = readerOfChunks(["012", "345", "678", "9"].map(bytes));
    const got = await giving({ body }, { range: false }).get(AT, { ...OPTIONS, range });
    assert.equal((await texts(got.body)).join(""), expected);
    assert.equal(got.offset, offset);
  }
});

Deno.test("guard finds that a range is beyond the end of what has no size, and closes it", async () => {
  for (const start of [1, 2]) {
    const body = readerOfChunks([bytes("x")]);
    const unknown = giving({ body }, { range: false });
    await rejects(unknown.get(AT, { ...OPTIONS, range: { start } }), "RangeNotSatisfiable");
    assert.equal(body.closed, 1);
  }
});

/** Reads its source as drivers do, and tells what it stored. */
const storing = (stored: string[]): Partial<Transport> => ({
  async put(_, source) {
    stored.push(new TextDecoder().decode(await collect(await source.open())));
    return { kind: "file" };
  },
});

Deno.test("promise 1: guard fails a put whose source gives another number of bytes than it announced", async () => {
  for (const size of [2, 4]) {
    for (const open of [() => bytes("abc"), () => readerOfChunks([bytes("ab"), bytes("c")])]) {
      const stored: string[] = [];
      const source: Source = { size, replayable: true, open: () => Promise.resolve(open()) };
      await rejects(guarded(storing(stored)).put!(AT, source, OPTIONS), "InvalidArgument");
      assert.deepEqual(stored, []);
    }
  }
});

Deno.test("promise 1: guard fails a put that resolves before it read its source", async () => {
  const info = { kind: "file" } as const;
  const source = (size?: number): Source => ({
    size,
    replayable: false,
    open: () => Promise.resolve(readerOfChunks([bytes("ab"), bytes("c")])),
  });
  const first = async (s: Source, chunks: number) => {
    const reader = await s.open();
    for (let i = 0; i < chunks && !(reader instanceof Uint8Array); i++) await reader.read();
    return info;
  };
  await rejects(
    guarded({ put: () => Promise.resolve(info) }).put!(AT, source(), OPTIONS),
    "Protocol",
  );
  await rejects(guarded({ put: (_, s) => first(s, 1) }).put!(AT, source(3), OPTIONS), "Protocol");
  await rejects(guarded({ put: (_, s) => first(s, 2) }).put!(AT, source(), OPTIONS), "Protocol");
  // With a size known it need not be told of the end.
  assert.equal(await guarded({ put: (_, s) => first(s, 2) }).put!(AT, source(3), OPTIONS), info);
  assert.equal(await guarded({ put: (_, s) => first(s, 3) }).put!(AT, source(), OPTIONS), info);
  assert.equal(
    await guarded({ put: (_, s) => first(s, 0) }).put!(AT, sourceOfBytes(bytes("abc")), OPTIONS),
    info,
  );
});

Deno.test("promise 8: guard refuses all that lies outside the root, from and to", async () => {
  const ok = () => Promise.resolve();
  const inner = fake({
    stat: () => Promise.resolve({ kind: "file" }),
    findMissing: (all) => Promise.resolve(new Set(all)),
    put: () => Promise.resolve({ kind: "file" }),
    remove: ok,
    removeMany: () => Promise.resolve(new Map()),
    mkdir: ok,
    rename: ok,
    copy: () => Promise.resolve({ kind: "file" }),
    describe: () => Promise.resolve("x"),
    tree: async function* () {},
    getMany: async function* () {},
    putMany: async function* () {},
  }, { tree: true, removeMany: true, getMany: 1, putMany: { size: 1, files: 1, bytes: 1 } });
  const source = { ...sourceOfBytes(bytes("a")), size: 1 };
  const root = at_("fake://h/a");
  const inside = guard("fake", root)(inner);
  const within = at_("fake://h/a/x");
  for (
    const url of ["fake://h/", "fake://h/ab", "fake://other/a/x", "fake://h/b/a", "other://h/a/x"]
  ) {
    const out = at_(url);
    for (
      const action of [
        () => inside.stat(out, OPTIONS),
        () => inside.findMissing!([within, out], OPTIONS),
        () => inside.get(out, OPTIONS),
        () => Array.fromAsync(inside.list(out, OPTIONS)),
        () => Array.fromAsync(inside.tree!(out, OPTIONS)),
        () => inside.put!(out, sourceOfBytes(bytes("")), OPTIONS),
        () => inside.remove!(out, OPTIONS),
        () => inside.removeMany!([within, out], OPTIONS),
        () => Array.fromAsync(inside.getMany!([within, out], OPTIONS)),
        () =>
          Array.fromAsync(
            inside.putMany!([within, out].map((location) => ({ location, source })), OPTIONS),
          ),
        () => inside.mkdir!(out, OPTIONS),
        () => inside.describe!(out, OPTIONS),
        () => inside.rename!(within, out, OPTIONS),
        () => inside.rename!(out, within, OPTIONS),
        () => inside.copy!(within, out, OPTIONS),
        () => inside.copy!(out, within, OPTIONS),
      ]
    ) await rejects(action, "PermissionDenied");
  }
  assert.equal((await inside.stat(root, OPTIONS)).kind, "file");
  assert.equal((await inside.stat(within, OPTIONS)).kind, "file");
  assert.deepEqual([...await inside.findMissing!([root, within], OPTIONS)], [root, within]);
  assert.deepEqual([...await inside.findMissing!([], OPTIONS)], []);
});

Deno.test("guard makes VfsErrors of all errors, in every place", async () => {
  const cases = [
    [new TypeError("oops"), "Unexpected"],
    ["text", "Unexpected"],
    [undefined, "Unexpected"],
    [new DOMException("a", "AbortError"), "Aborted"],
    [new DOMException("t", "TimeoutError"), "TimedOut"],
    [new VfsError("StorageFull", { op: "write", url: "a:" }), "StorageFull"],
  ] as const;
  for (const [thrown, kind] of cases) {
    const fail = () => Promise.reject(thrown);
    const bad = guarded({
      stat: fail,
      put: fail,
      describe: () => {
        throw thrown;
      },
      // deno-lint-ignore require-yield
      list: async function* () {
        await fail();
      },
      get: () =>
        Promise.resolve({
          info: { kind: "file" },
          offset: 0,
          body: { read: fail, close: () => Promise.reject(new Error("and closing")) },
        }),
    });
    const error = await rejects(bad.stat(AT, OPTIONS), kind);
    if (kind !== "StorageFull") assert.equal(error.cause, thrown);
    await rejects(bad.put!(AT, sourceOfBytes(bytes("")), OPTIONS), kind);
    await rejects(() => bad.describe!(AT, OPTIONS), kind);
    await rejects(Array.fromAsync(bad.list(AT, OPTIONS)), kind);
    const { body } = await bad.get(AT, OPTIONS);
    assert(!(body instanceof Uint8Array));
    await rejects(body.read(), kind);
  }
});

Deno.test("guard begins nothing when aborted, and takes a driver's foreign error then for the abort", async () => {
  let called = 0;
  const abort = new AbortController();
  const inner = guarded({
    stat: () => {
      called++;
      abort.abort();
      return Promise.reject(new Error("socket closed"));
    },
  });
  const options = { signal: abort.signal };
  await rejects(inner.stat(AT, options), "Aborted");
  await rejects(inner.stat(AT, options), "Aborted");
  await rejects(Array.fromAsync(inner.list(AT, options)), "Aborted");
  await rejects(inner.get(AT, options), "Aborted");
  assert.equal(called, 1);
});

Deno.test("guard disposes of the driver once, and refuses all that is asked afterwards", async () => {
  let disposed = 0;
  const inner = guarded({
    stat: () => assert.fail(),
    list: () => assert.fail(),
    get: () => assert.fail(),
    [Symbol.asyncDispose]: () => Promise.resolve(void disposed++),
  });
  await Promise.all([inner[Symbol.asyncDispose](), inner[Symbol.asyncDispose]()]);
  assert.equal(disposed, 1);
  const asked = [
    inner.stat(AT, OPTIONS),
    inner.get(AT, OPTIONS),
    Array.fromAsync(inner.list(AT, OPTIONS)),
  ];
  for (const one of asked) assert.equal((await rejects(one, "Unavailable")).status, "permanent");
});

Deno.test("guard: an abort between pages ends what a driver gives that does not look", async () => {
  let ended = 0;
  async function* endless<T>(page: T): AsyncGenerator<T> {
    try {
      while (true) yield await Promise.resolve(page);
    } finally {
      ended++;
    }
  }
  const entries = [{ name: "a", kind: "file" }] as const;
  const careless = guarded({
    list: () => endless(entries),
    tree: (location) => endless({ location, entries }),
    getMany: () => endless([]),
  }, { tree: true, getMany: Infinity });
  const ways = [
    (signal: AbortSignal) => careless.list(AT, { signal }),
    (signal: AbortSignal) => careless.tree!(AT, { signal }),
    (signal: AbortSignal) => careless.getMany!([AT], { signal }),
  ];
  for (const [i, way] of ways.entries()) {
    const abort = new AbortController();
    let pages = 0;
    await rejects(async () => {
      for await (const _ of way(abort.signal)) {
        if (++pages === 3) abort.abort();
        assert(pages <= 3);
      }
    }, "Aborted");
    assert.deepEqual([pages, ended], [3, i + 1]);
  }
});

Deno.test("guard fails reading together that gives what nobody asked for, twice, or a part of a file", async () => {
  const got = {
    info: { kind: "file", size: 3 },
    offset: 0,
    length: 3,
    body: bytes("abc"),
  } as const;
  const one = { location: AT, got };
  const withGot = (more: object) => [{ location: AT, got: { ...got, ...more } }];
  for (
    const page of [
      [{ location: at_("fake://h/other"), got }],
      [one, one],
      withGot({ offset: 1 }),
      withGot({ length: 4 }),
      withGot({ info: { kind: "file", size: 4 } }),
      withGot({ body: bytes("ab") }),
      withGot({
        body: readerOfChunks([bytes("abc")]),
        info: { kind: "file" },
        length: undefined,
      }),
    ]
  ) {
    const transport = guarded({
      async *getMany() {
        yield await Promise.resolve(page);
      },
    }, { getMany: Infinity });
    await rejects(Array.fromAsync(transport.getMany!([AT], OPTIONS)), "Protocol");
  }
});

Deno.test("guard refuses storing together with mode create where that is not exclusive", async () => {
  const source = { ...sourceOfBytes(bytes("x")), size: 1 };
  const putMany = { size: 1, files: 2, bytes: 2 };
  const fail = (): AsyncIterable<never> => assert.fail();
  const transport = guarded({ putMany: fail }, { putMany, exclusive: false, looksFirst: false });
  const files = [{ location: AT, source, mode: "create" as const }];
  await rejects(Array.fromAsync(transport.putMany!(files, OPTIONS)), "NotSupported");
});

Deno.test("guard fails storing together that tells of what it was not given, twice, or before it has read it", async () => {
  const file = { location: AT, source: { ...sourceOfBytes(bytes("x")), size: 1 } };
  const outcome = { location: AT, stored: { kind: "file" } } as const;
  const putMany = { size: 1, files: 2, bytes: 2 };
  for (
    const [told, reads] of [
      [[{ ...outcome, location: at_("fake://h/other") }], true],
      [[outcome, outcome], true],
      [[outcome], false],
    ] as const
  ) {
    const transport = guarded({
      async *putMany(files) {
        if (reads) { for (const { source } of files) await source.open(); }
        yield told;
      },
    }, { putMany });
    await rejects(Array.fromAsync(transport.putMany!([file], OPTIONS)), "Protocol");
  }
});

Deno.test("guard tells what was stored together by an abort, and lets nothing more be stored", async () => {
  const source = { ...sourceOfBytes(bytes("x")), size: 1 };
  const files = ["a", "b", "c"].map((name) => ({ location: AT.child(name), source }));
  const abort = new AbortController();
  const transport = guarded({
    async *putMany(given) {
      const [a, b, c] = given;
      for (const { source } of [a!, b!]) await source.open();
      abort.abort();
      yield [a!, b!].map(({ location }) => ({ location, stored: { kind: "file" as const } }));
      await c!.source.open();
    },
  }, { putMany: { size: 1, files: 3, bytes: 3 } });
  const told: string[] = [];
  await rejects(async () => {
    for await (const page of transport.putMany!(files, { signal: abort.signal })) {
      for (const outcome of page) {
        assert("stored" in outcome);
        told.push(outcome.location.name);
      }
    }
  }, "Aborted");
  assert.deepEqual(told, ["a", "b"]);
});
