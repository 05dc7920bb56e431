import { strict as assert } from "node:assert";
import { manualClock } from "../../../testing/manual_clock.ts";
import { scripted } from "../../../testing/faults.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { collect, type Source, sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { retry } from "../../../vfs/layers/retry.ts";
import type { ListedEntry, PutMode, Transport } from "../../../vfs/transport.ts";
import { at_, bytes, fake, rejects, settle } from "../_fakes.ts";
import { AT, failure, INFO, OPTIONS, retrying, times } from "./_retrying.ts";

/** An operation that fails with these errors in turn, and then gives `result`. */
function failing<T>(errors: readonly unknown[], result: T) {
  const op = Object.assign(() => {
    const error = errors[op.calls++];
    return error === undefined ? Promise.resolve(result) : Promise.reject(error);
  }, { calls: 0 });
  return op;
}

Deno.test("promise 5: retry tries a temporary failure again, as often as it is told", async () => {
  for (const [attempts, calls] of [[undefined, 4], [1, 1], [7, 7]] as const) {
    const stat = failing(times(20), INFO);
    const error = await rejects(retrying({ stat }, { attempts }).stat(AT, OPTIONS), "Unavailable");
    assert.equal(stat.calls, calls);
    assert.equal(error.status, "exhausted");
    assert.equal(error.attempts, calls);
    assert.equal(error.message.includes(`(after ${calls} attempts)`), calls > 1);
  }
  const stat = failing(times(3), INFO);
  assert.equal(await retrying({ stat }).stat(AT, OPTIONS), INFO);
  assert.equal(stat.calls, 4);
});

Deno.test("promise 5: retry lets permanent, exhausted and foreign errors pass at once", async () => {
  for (
    const error of [
      failure("NotFound"),
      failure("PermissionDenied"),
      failure("Corrupt"),
      failure("Unavailable", { status: "permanent" }),
      failure("Unavailable", { status: "exhausted" }),
      new Error("foreign"),
    ]
  ) {
    const stat = failing(times(5, error), INFO);
    await assert.rejects(retrying({ stat }).stat(AT, OPTIONS), (e) => e === error);
    assert.equal(stat.calls, 1);
  }
});

Deno.test("promise 5: retry waits with full jitter, doubled and bounded", async () => {
  const clock = manualClock({ auto: true });
  const stat = failing(times(20), INFO);
  const options = { clock, attempts: 7, baseMs: 100, maxMs: 1000, random: () => 0.5 };
  await rejects(retrying({ stat }, options).stat(AT, OPTIONS), "Unavailable");
  assert.deepEqual(clock.waits, [50, 100, 200, 400, 500, 500]);
  const none = manualClock({ auto: true });
  const again = failing(times(2), INFO);
  await retrying({ stat: again }, { clock: none, random: () => 0 }).stat(AT, OPTIONS);
  assert.deepEqual(none.waits, [0, 0]);
});

Deno.test("promise 5: retry waits at least what the peer asks for, and gives up when that is too much", async () => {
  const clock = manualClock({ auto: true });
  const stat = failing([failure("RateLimited", { retryAfterMs: 5000 })], INFO);
  await retrying({ stat }, { clock, random: () => 0.5 }).stat(AT, OPTIONS);
  assert.deepEqual(clock.waits, [5000]);
  const long = failing([failure("RateLimited", { retryAfterMs: 30_001 })], INFO);
  const error = await rejects(retrying({ stat: long }, { clock }).stat(AT, OPTIONS), "RateLimited");
  assert.equal(error.status, "exhausted");
  assert.equal(error.retryAfterMs, 30_001);
  assert.equal(long.calls, 1);
});

Deno.test("promise 5: retry repeats what can be repeated without harm", async () => {
  const ops = {
    stat: failing(times(1), INFO),
    findMissing: failing(times(1), new Set([AT])),
    describe: failing(times(1), "x"),
    get: failing(times(1), { info: INFO, offset: 0, body: bytes("a") }),
    put: failing(times(1), INFO),
    remove: failing(times(1), undefined),
    removeMany: failing(
      times(1),
      new Map([
        [AT, new VfsError("NotFound", { op: "remove", url: AT.href })],
        [AT.child("x"), new VfsError("NotEmpty", { op: "remove", url: AT.href })],
      ]),
    ),
    mkdir: failing(times(1), undefined),
    copy: failing(times(1), INFO),
  };
  const t = retrying(ops);
  await t.stat(AT, OPTIONS);
  await t.findMissing!([AT], OPTIONS);
  await t.describe!(AT, OPTIONS);
  await t.get(AT, OPTIONS);
  await t.put!(AT, sourceOfBytes(bytes("a")), OPTIONS);
  await t.remove!(AT, OPTIONS);
  // What is not there the first time may have removed.
  const left = await t.removeMany!([AT, AT.child("x")], OPTIONS);
  assert.deepEqual([...left.values()].map(({ kind }) => kind), ["NotEmpty"]);
  await t.mkdir!(AT, { ...OPTIONS, recursive: true });
  await t.copy!(AT, AT, { ...OPTIONS, overwrite: true });
  for (const [name, op] of Object.entries(ops)) assert.equal(op.calls, 2, name);
});

Deno.test("promise 5: retry never repeats what may have been done", async () => {
  const once: Source = { replayable: false, open: () => Promise.resolve(bytes("a")) };
  const put = (source: Source, mode?: PutMode) => (t: Transport) =>
    t.put!(AT, source, { ...OPTIONS, mode });
  const whole = sourceOfBytes(bytes("a"));
  const ops: Record<string, (t: Transport) => Promise<unknown>> = {
    "put once": put(once),
    "put create": put(whole, "create"),
    "put append": put(whole, "append"),
    mkdir: (t) => t.mkdir!(AT, OPTIONS),
    copy: (t) => t.copy!(AT, AT, OPTIONS),
    rename: (t) => t.rename!(AT, AT, { ...OPTIONS, overwrite: true }),
  };
  for (const [name, run] of Object.entries(ops)) {
    const op = failing(times(5), INFO as never);
    const stat = failing([], INFO);
    const t = retrying({ stat, put: op, mkdir: op, copy: op, rename: op });
    const { status } = await rejects(run(t), "Unavailable");
    assert.equal(status, name === "put create" ? "exhausted" : "temporary", name);
    assert.equal(op.calls, 1, name);
  }
});

Deno.test("retry: an exclusive put is tried again as long as nothing is there", async () => {
  const put = failing(times(2), INFO);
  const stat = failing([failure("NotFound"), failure("NotFound")], INFO);
  const create = { ...OPTIONS, mode: "create" } as const;
  await retrying({ put, stat }).put!(AT, sourceOfBytes(bytes("a")), create);
  assert.deepEqual([put.calls, stat.calls], [3, 2]);
});

Deno.test("retry: a put in the place of one version is tried again as long as that is there", async () => {
  const put = failing(times(5), INFO);
  const replace = { ...OPTIONS, ifMatch: "old" };
  const etags = ["old", "old", "another"];
  const stat = () => Promise.resolve({ ...INFO, etag: etags.shift() });
  const putting = retrying({ put, stat }).put!(AT, sourceOfBytes(bytes("a")), replace);
  const { status } = await rejects(putting, "Unavailable");
  assert.deepEqual([status, put.calls], ["exhausted", 3]);
});

Deno.test("retry: an import is tried again when nothing was begun, and its files can be read again", async () => {
  const file = { ...sourceOfBytes(bytes("a")), name: "1.dcm" };
  const importing = failing(times(1), [AT]);
  assert.deepEqual(await retrying({ importFiles: importing }).importFiles!(AT, [file], OPTIONS), [
    AT,
  ]);
  assert.equal(importing.calls, 2);
  const once = failing(times(1), [AT]);
  const files = [file, { ...file, replayable: false }];
  await rejects(retrying({ importFiles: once }).importFiles!(AT, files, OPTIONS), "Unavailable");
  assert.equal(once.calls, 1);
  const lost = failing(
    [new VfsError("TimedOut", { op: "import", url: AT.href, status: "permanent" })],
    [AT],
  );
  await rejects(retrying({ importFiles: lost }).importFiles!(AT, [file], OPTIONS), "TimedOut");
  assert.equal(lost.calls, 1);
});

Deno.test("retry: a removal whose first answer was lost is done, one of nothing is NotFound", async () => {
  const lost = failing([failure(), failure("NotFound")], undefined);
  await retrying({ remove: lost }).remove!(AT, OPTIONS);
  assert.equal(lost.calls, 2);
  const missing = failing([failure("NotFound")], undefined);
  await rejects(retrying({ remove: missing }).remove!(AT, OPTIONS), "NotFound");
});

Deno.test("retry: an abort during the back-off ends it at once, and leaves no timer", async () => {
  const clock = manualClock();
  const stat = failing(times(9), INFO);
  const abort = new AbortController();
  const t = retrying({ stat }, { clock, random: () => 0.99 });
  const running = t.stat(AT, { signal: abort.signal });
  running.catch(() => {});
  await settle();
  assert.equal(clock.pending, 1);
  abort.abort();
  const error = await rejects(running, "Aborted");
  assert.equal(error.url, AT.href);
  assert.equal(clock.pending, 0);
  assert.equal(stat.calls, 1);
});

/** A listing of pages that breaks after so many pages, each time it is begun. */
function listing(pages: readonly string[][], breaks: readonly (number | undefined)[]) {
  let calls = 0;
  const entry = (name: string): ListedEntry => ({ name, kind: "file" });
  const list: Transport["list"] = async function* () {
    const after = breaks[calls++];
    for (const [i, page] of pages.entries()) {
      if (i === after) throw failure();
      yield await Promise.resolve(page.map(entry));
    }
    if (after === pages.length) throw failure();
  };
  return { list, calls: () => calls };
}

Deno.test("promise 3: a listing that breaks is begun again, and gives each name once", async () => {
  const pages = [["a", "b"], ["c"], ["d", "e"]];
  for (const breaks of [[0], [1], [3], [2, 0, 1], [1, 2, 3]]) {
    const { list, calls } = listing(pages, breaks);
    const found = (await Array.fromAsync(retrying({ list }).list(AT, OPTIONS))).flat();
    assert.deepEqual(found.map((e) => e.name), ["a", "b", "c", "d", "e"], `${breaks}`);
    assert.equal(calls(), breaks.length + 1);
  }
  const { list } = listing(pages, [1, 1, 1, 1]);
  const error = await rejects(Array.fromAsync(retrying({ list }).list(AT, OPTIONS)), "Unavailable");
  assert.equal(error.status, "exhausted");
});

Deno.test("promise 9: a listing that gave more than 10,000 names is not begun again", async () => {
  const pages = Array.from(
    { length: 12 },
    (_, p) => Array.from({ length: 1000 }, (_, i) => `${p}-${i}`),
  );
  const { list, calls } = listing(pages, [11]);
  await rejects(Array.fromAsync(retrying({ list }).list(AT, OPTIONS)), "Unavailable");
  assert.equal(calls(), 1);
});

Deno.test("retry begins a tree again before its first step, and never after", async () => {
  for (const [after, calls] of [[0, 2], [1, 1]] as const) {
    let begun = 0;
    const t = retrying(
      {
        tree: async function* (location) {
          const fails = begun++ === 0;
          await Promise.resolve();
          if (fails && after === 0) throw failure();
          yield { location, entries: [] };
          if (fails) throw failure();
        },
      },
      {},
      true,
    );
    const walking = Array.fromAsync(t.tree!(AT, OPTIONS));
    if (after === 0) assert.equal((await walking).length, 1);
    else await rejects(walking, "Unavailable");
    assert.equal(begun, calls);
  }
});

// Resuming

/** Memory with one file of several chunks, and faults by script. */
async function broken(script: Parameters<typeof scripted>[1]) {
  const content = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  const location = at_("memory:///file");
  const memory = await memoryTransport().connect({
    origin: at_("memory:///"),
    credentials: () => Promise.resolve(undefined),
    fetch: () => Promise.reject(new Error("no network")),
    clock: systemClock,
  });
  await memory.put!(location, {
    replayable: false,
    open: () => {
      let at = 0;
      return Promise.resolve({
        read: () => {
          const chunk = content.slice(at, at += 10_000);
          return Promise.resolve(chunk.length > 0 ? chunk : undefined);
        },
        close: () => Promise.resolve(),
      });
    },
  }, OPTIONS);
  const asked: unknown[] = [];
  const faulty = scripted(memory, script);
  const watched: Transport = {
    ...faulty,
    get: (at, o) => {
      asked.push([o.range, o.ifMatch]);
      return faulty.get(at, o);
    },
  };
  const clock = manualClock({ auto: true });
  return { content, location, asked, memory, watched, transport: retry({ clock })(watched) };
}

Deno.test("promise 2: a cut body is resumed at the right byte under the same etag", async () => {
  const cut = (call: number, at: number) => ({ op: "get", call, kind: "cut-read", at } as const);
  const { content, location, asked, transport } = await broken([
    cut(1, 12_345),
    cut(2, 0),
    cut(3, 40_000),
  ]);
  const got = await transport.get(location, OPTIONS);
  assert.deepEqual(await collect(got.body), content);
  assert.deepEqual(asked, [
    [undefined, undefined],
    [{ start: 12_345, end: 100_000 }, got.info.etag],
    [{ start: 12_345, end: 100_000 }, got.info.etag],
    [{ start: 52_345, end: 100_000 }, got.info.etag],
  ]);
});

Deno.test("promise 2: a resumed range is the same bytes", async () => {
  const { content, location, asked, transport } = await broken([
    { op: "get", call: 1, kind: "cut-read", at: 15_000 },
  ]);
  const got = await transport.get(location, { ...OPTIONS, range: { suffix: 50_000 } });
  assert.deepEqual(await collect(got.body), content.slice(50_000));
  assert.deepEqual(asked[1], [{ start: 65_000, end: 100_000 }, got.info.etag]);
});

Deno.test("promise 2: a body is not resumed once the etag is another, with the change told", async () => {
  const { location, memory, transport } = await broken([
    { op: "get", call: 1, kind: "cut-read", at: 15_000 },
  ]);
  const got = await transport.get(location, OPTIONS);
  await memory.put!(location, sourceOfBytes(new Uint8Array(100_000)), OPTIONS);
  await rejects(collect(got.body), "ConditionFailed");
});

Deno.test("promise 2: not even from the first byte, since size and etag were told already", async () => {
  const { location, memory, transport } = await broken([{
    op: "get",
    call: 1,
    kind: "cut-read",
    at: 0,
  }]);
  const got = await transport.get(location, OPTIONS);
  await memory.put!(location, sourceOfBytes(new Uint8Array(5)), OPTIONS);
  await rejects(collect(got.body), "ConditionFailed");
});

Deno.test("promise 2: without etags a body is begun again only from its first byte", async () => {
  for (const at of [0, 15_000]) {
    const { content, location, asked, watched } = await broken([{
      op: "get",
      call: 1,
      kind: "cut-read",
      at,
    }]);
    const plain: Transport = { ...watched, capabilities: { ...watched.capabilities, etag: false } };
    const transport = retry({ clock: manualClock({ auto: true }) })(plain);
    const { body } = await transport.get(location, OPTIONS);
    if (at === 0) assert.deepEqual(await collect(body), content);
    else assert.equal((await rejects(collect(body), "Unavailable")).status, "temporary");
    assert.equal(asked.length, at === 0 ? 2 : 1);
  }
});

Deno.test("retry: a body cut after its last byte is whole", async () => {
  const { content, location, asked, transport } = await broken([
    { op: "get", call: 1, kind: "cut-read", at: 100_000 },
  ]);
  const { body } = await transport.get(location, OPTIONS);
  assert.deepEqual(await collect(body), content);
  assert.equal(asked.length, 1);
});

Deno.test("retry: a body that is cut again and again is exhausted", async () => {
  const always = Array.from(
    { length: 50 },
    (_, i) => ({ op: "get", call: i + 1, kind: "cut-read", at: 0 } as const),
  );
  const { location, asked, transport } = await broken(always);
  const { body } = await transport.get(location, OPTIONS);
  assert.equal((await rejects(collect(body), "Unavailable")).status, "exhausted");
  assert.equal(asked.length, 4);
  const little = always.map((fault) => ({ ...fault, at: 100 }));
  const slow = await broken(little);
  const got = await slow.transport.get(slow.location, OPTIONS);
  assert.equal((await rejects(collect(got.body), "Unavailable")).status, "exhausted");
  assert.equal(slow.asked.length, 21);
});

Deno.test("retry: closing a body that is being resumed leaves nothing open and no timer", async () => {
  const closed: number[] = [];
  let opened = 0;
  const clock = manualClock();
  const t = retry({ clock, random: () => 0.9 })(fake({
    get: () => {
      const nr = opened++;
      return Promise.resolve({
        info: { ...INFO, etag: "1" },
        offset: 0,
        body: {
          read: () => Promise.reject(failure()),
          close: () => Promise.resolve(void closed.push(nr)),
        },
      });
    },
  }));
  const { body } = await t.get(AT, OPTIONS);
  assert(!(body instanceof Uint8Array));
  const reading = body.read();
  reading.catch(() => {});
  await settle();
  assert.equal(clock.pending, 1);
  await body.close();
  await rejects(reading, "Aborted");
  assert.equal(clock.pending, 0);
  assert.equal(opened, 1);
  assert(closed.includes(0));
});

Deno.test("retry: a body reopened after it was closed is closed too", async () => {
  let closed = 0;
  let give = () => {};
  const body = (fails: boolean) => ({
    info: { ...INFO, etag: "1" },
    offset: 0,
    body: {
      read: () => fails ? Promise.reject(failure()) : Promise.resolve(bytes("late")),
      close: () => Promise.resolve(void closed++),
    },
  });
  let calls = 0;
  const t = retry({ clock: manualClock({ auto: true }) })(fake({
    get: () =>
      calls++ === 0
        ? Promise.resolve(body(true))
        : new Promise((resolve) => give = () => resolve(body(false))),
  }));
  const got = await t.get(AT, OPTIONS);
  assert(!(got.body instanceof Uint8Array));
  const reading = got.body.read();
  reading.catch(() => {});
  await settle();
  await got.body.close();
  const before = closed;
  give();
  await rejects(reading, "Aborted");
  assert.equal(closed, before + 1);
});

Deno.test("promise 2: a server that resumes elsewhere than asked is not believed", async () => {
  let calls = 0;
  const chunks = [bytes("abc")];
  const t = retry({ clock: manualClock({ auto: true }) })(fake({
    get: () =>
      Promise.resolve({
        info: { ...INFO, etag: "1", size: 6 },
        offset: 0,
        length: 6,
        body: {
          read: () => {
            const chunk = calls++ === 0 ? chunks[0] : undefined;
            return chunk ? Promise.resolve(chunk) : Promise.reject(failure());
          },
          close: () => Promise.resolve(),
        },
      }),
  }));
  const { body } = await t.get(AT, OPTIONS);
  await rejects(collect(body), "ConditionFailed");
});

Deno.test("promise 2: a broken body without etag starts over when it is wanted whole, and fails otherwise", async () => {
  let gets = 0;
  const get = () => {
    const chunks = gets++ < 2 ? [bytes("abc")] : [bytes("abc"), bytes("def")];
    const read = () => {
      const chunk = chunks.shift();
      const isCut = chunk === undefined && gets < 3;
      return isCut ? Promise.reject(failure("Incomplete")) : Promise.resolve(chunk);
    };
    const body = { read, close: () => Promise.resolve() };
    return Promise.resolve({ info: INFO, offset: 0, body });
  };
  const whole = await retrying({ get }).get(AT, { ...OPTIONS, whole: true });
  assert.deepEqual(whole.body, bytes("abcdef"));
  assert.equal(gets, 3);

  gets = 0;
  const { body } = await retrying({ get }).get(AT, OPTIONS);
  await rejects(collect(body), "Incomplete");
  assert.equal(gets, 1);
});

Deno.test("retry that is aborted while it waits tells what the try before came to", async () => {
  const abort = new AbortController();
  const transport = retrying({
    put(at) {
      queueMicrotask(() => abort.abort());
      const reason = "cut off; it is not known what is there now";
      const retryAfterMs = 1_000;
      return Promise.reject(
        new VfsError("Unavailable", { op: "write", url: at.href, reason, retryAfterMs }),
      );
    },
  });
  const putting = transport.put!(AT, sourceOfBytes(bytes("x")), { signal: abort.signal });
  const { message } = await rejects(putting, "Aborted");
  assert.match(message, /: aborted, after: .*it is not known what is there now$/);
});

Deno.test("retry that is aborted while it tries again tells what the try before came to", async () => {
  const abort = new AbortController();
  const { signal } = abort;
  let tries = 0;
  const transport = retrying({
    put(at) {
      if (++tries === 1) return Promise.reject(failure());
      abort.abort();
      return Promise.reject(new VfsError("Aborted", { op: "write", url: at.href }));
    },
  });
  const putting = transport.put!(AT, sourceOfBytes(bytes("x")), { signal });
  const error = await rejects(putting, "Aborted");
  assert.ok(error.message.endsWith(`, after: ${failure().message}`), error.message);
});
