import { strict as assert } from "node:assert";
import { collect, readerOf, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { isVfsError, type VfsError } from "../../vfs/errors.ts";
import { guard } from "../../vfs/layers/guard.ts";
import { retry } from "../../vfs/layers/retry.ts";
import type { Location } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { Transport } from "../../vfs/transport.ts";
import {
  connectForTest,
  type FaultKind,
  faults,
  manualClock,
  memoryTransport,
  scripted,
  seededBytes,
} from "../../testing/mod.ts";

const signal = NEVER;
const CONTENT = seededBytes(3, 150_000);

async function world(): Promise<{ inner: Transport; root: Location }> {
  const connected = await connectForTest(memoryTransport(), "memory:///w");
  const { transport: inner, root } = connected;
  for (const name of ["a", "b", "c"]) {
    await inner.put!(root.child(name), sourceOfBytes(CONTENT), { signal });
  }
  return { inner, root };
}

async function errorOf(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => undefined, (error) => error);
  assert(isVfsError(error), `not rejected: ${error}`);
  return error;
}

const read = async (transport: Transport, at: Location) =>
  await collect((await transport.get(at, { signal })).body);

const auto = () => manualClock({ auto: true });

Deno.test("faults() injects the same for the same seed, in whatever order calls come", async () => {
  const run = async (seed: number, names: string[]) => {
    const { inner, root } = await world();
    const layer = faults({ seed, rate: 0.5, clock: auto() });
    const transport = layer(inner);
    for (const name of names) {
      for (let i = 0; i < 10; i++) {
        await read(transport, root.child(name)).catch(() => {});
        await transport.stat(root.child(name), { signal }).catch(() => {});
      }
    }
    return layer.log.map((fault) => JSON.stringify(fault)).sort();
  };
  const log = await run(1, ["a", "b", "c"]);
  assert(log.length > 5);
  assert.deepEqual(await run(1, ["a", "b", "c"]), log);
  assert.deepEqual(await run(1, ["c", "a", "b"]), log);
  assert.notDeepEqual(await run(2, ["a", "b", "c"]), log);
});

Deno.test("faults() injects at about its rate, and never too often in a row", async () => {
  const { inner, root } = await world();
  const layer = faults({ seed: 5, rate: 0.5, kinds: ["unavailable"] });
  const transport = layer(inner);
  let [inARow, longest] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const failed = await transport.stat(root, { signal })
      .then(() => false, () => true);
    inARow = failed ? inARow + 1 : 0;
    longest = Math.max(longest, inARow);
  }
  assert.equal(longest, 2);
  assert(layer.log.length > 120 && layer.log.length < 220);
});

Deno.test("faults() spares calls that may not be repeated, unless told", async () => {
  const put = async (unrepeatable: boolean) => {
    const { inner, root } = await world();
    const layer = faults({
      seed: 1,
      rate: 1,
      kinds: ["lost-response"],
      unrepeatable,
    });
    const options = { signal, mode: "append" } as const;
    const source = sourceOfBytes(new Uint8Array(1));
    const put = layer(inner).put!(root.child("a"), source, options);
    const failed = await put.then(() => false, () => true);
    const { size } = await inner.stat(root.child("a"), { signal });
    assert.equal(size, CONTENT.length + 1);
    return failed;
  };
  assert.equal(await put(false), false);
  assert.equal(await put(true), true);
});

Deno.test("scripted() breaks the second get at byte 100, and no other", async () => {
  const { inner, root } = await world();
  const transport = scripted(inner, [
    { op: "get", call: 2, kind: "cut-read", at: 100, error: "Incomplete" },
  ]);
  assert.deepEqual(await read(transport, root.child("a")), CONTENT);
  const reader = readerOf(
    (await transport.get(root.child("a"), { signal })).body,
  );
  assert.deepEqual(await reader.read(), CONTENT.slice(0, 100));
  assert.equal((await errorOf(reader.read())).kind, "Incomplete");
  await reader.close();
  assert.deepEqual(await read(transport, root.child("a")), CONTENT);
});

Deno.test("scripted() truncates a body without an error, which the guard finds", async () => {
  const { inner, root } = await world();
  const script = [
    { op: "get", call: 1, kind: "truncated-read", at: 100 },
  ] as const;
  const bare = await read(scripted(inner, script), root.child("a"));
  assert.equal(bare.length, 100);
  const guarded = guard("memory")(scripted(inner, script));
  const error = await errorOf(read(guarded, root.child("a")));
  assert.equal(error.kind, "Incomplete");
});

for (const way of ["abort", "close"] as const) {
  Deno.test(`scripted() stalls a body until ${way}`, async () => {
    const { inner, root } = await world();
    const transport = scripted(inner, [
      { op: "get", call: 1, kind: "stalled-read", at: 10 },
    ]);
    const abort = new AbortController();
    const got = await transport.get(root.child("a"), { signal: abort.signal });
    const reader = readerOf(got.body);
    assert.equal((await reader.read())?.length, 10);
    let isSettled = false;
    const stalled = errorOf(reader.read()).finally(() => isSettled = true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(isSettled, false);
    if (way === "abort") abort.abort();
    else await reader.close();
    assert.equal((await stalled).kind, "Aborted");
    await reader.close();
  });
}

Deno.test("scripted() fails, delays and limits before the operation", async () => {
  const { inner, root } = await world();
  const clock = auto();
  const transport = scripted(inner, [
    { op: "stat", call: 1, kind: "unavailable" },
    { op: "stat", call: 2, kind: "rate-limited", ms: 7000 },
    { op: "stat", call: 3, kind: "delay", ms: 300 },
  ], clock);
  const stat = () => transport.stat(root, { signal });
  assert.equal((await errorOf(stat())).kind, "Unavailable");
  const limited = await errorOf(stat());
  assert.deepEqual([limited.kind, limited.retryAfterMs], ["RateLimited", 7000]);
  assert.equal((await stat()).kind, "directory");
  assert.deepEqual(clock.waits, [300]);
});

Deno.test("scripted() loses the response of a put that was done", async () => {
  const { inner, root } = await world();
  const transport = scripted(inner, [
    { op: "put", call: 1, kind: "lost-response" },
  ]);
  const put = transport.put!(root.child("new"), sourceOfBytes(CONTENT), {
    signal,
  });
  assert.equal((await errorOf(put)).kind, "Unavailable");
  assert.deepEqual(await read(inner, root.child("new")), CONTENT);
});

Deno.test("scripted() breaks a put at a byte of its source, and nothing is stored", async () => {
  const { inner, root } = await world();
  const transport = scripted(inner, [
    { op: "put", call: 1, kind: "cut-write", at: 99 },
  ]);
  const put = transport.put!(root.child("new"), sourceOfBytes(CONTENT), {
    signal,
  });
  assert.equal((await errorOf(put)).kind, "Unavailable");
  const stat = inner.stat(root.child("new"), { signal });
  assert.equal((await errorOf(stat)).kind, "NotFound");
});

Deno.test("retry mends each fault that can be mended", async () => {
  const kinds: FaultKind[] = ["unavailable", "cut-read", "truncated-read"];
  for (const kind of kinds) {
    const { inner, root } = await world();
    const faulty = scripted(inner, [
      { op: "get", call: 1, kind, at: 70_000 },
      { op: "get", call: 2, kind, at: 10 },
    ]);
    const transport = retry({ clock: auto() })(guard("memory")(faulty));
    assert.deepEqual(await read(transport, root.child("a")), CONTENT, kind);
  }
});

Deno.test("retry ends a read that broke after its last byte", async () => {
  const { inner, root } = await world();
  const faulty = scripted(inner, [
    { op: "get", call: 1, kind: "cut-read", at: CONTENT.length },
  ]);
  const transport = retry({ clock: auto() })(guard("memory")(faulty));
  assert.deepEqual(await read(transport, root.child("a")), CONTENT);
});

Deno.test("retry resumes no read of another version", async () => {
  const { inner, root } = await world();
  const faulty = scripted(inner, [
    { op: "get", call: 1, kind: "cut-read", at: 70_000 },
    { op: "get", call: 2, kind: "changed-etag" },
  ]);
  const transport = retry({ clock: auto() })(guard("memory")(faulty));
  const error = await errorOf(read(transport, root.child("a")));
  assert.equal(error.kind, "ConditionFailed");
});

Deno.test("retry gives each entry of a cut listing once", async () => {
  const { inner, root } = await world();
  const many = root.child("many");
  for (let i = 0; i < 2500; i++) {
    const source = sourceOfBytes(new Uint8Array());
    await inner.put!(many.child(`${i}`), source, { signal });
  }
  const faulty = scripted(inner, [
    { op: "list", call: 1, kind: "cut-listing", at: 2 },
    { op: "list", call: 2, kind: "cut-listing", at: 1 },
  ]);
  const transport = retry({ clock: auto() })(faulty);
  const pages = await Array.fromAsync(transport.list(many, { signal }));
  const names = pages.flat().map((entry) => entry.name);
  assert.equal(names.length, 2500);
  assert.equal(new Set(names).size, 2500);
});

Deno.test("retry repeats no put that must not be repeated", async () => {
  const { inner, root } = await world();
  const faulty = scripted(inner, [
    { op: "put", call: 1, kind: "lost-response" },
  ]);
  const transport = retry({ clock: auto() })(faulty);
  const source = sourceOfBytes(CONTENT);
  const options = { signal, mode: "create" } as const;
  const put = transport.put!(root.child("new"), source, options);
  const error = await errorOf(put);
  assert.deepEqual([error.kind, error.status], ["Unavailable", "exhausted"]);
});

Deno.test("scripted() fails an import before, within and after it", async () => {
  const { inner, root } = await world();
  const imported: string[] = [];
  const importer: Transport = {
    ...inner,
    async importFiles(at, files) {
      for (const file of files) {
        await collect(await file.open());
        imported.push(file.name);
      }
      return [at];
    },
  };
  const transport = scripted(importer, [
    { op: "importFiles", call: 1, kind: "unavailable" },
    { op: "importFiles", call: 2, kind: "cut-write", at: 100 },
    { op: "importFiles", call: 3, kind: "lost-response" },
  ], auto());
  const files = ["1.1.dcm", "1.2.dcm"].map((name) => ({ ...sourceOfBytes(CONTENT), name }));
  const run = () => transport.importFiles!(root, files, { signal });
  const kinds = [await errorOf(run()), await errorOf(run())].map(({ kind }) => kind);
  assert.deepEqual([kinds, imported], [["Unavailable", "Unavailable"], []]);
  assert.equal((await errorOf(run())).kind, "Unavailable");
  assert.deepEqual(imported, ["1.1.dcm", "1.2.dcm"]);
  assert.deepEqual(await run(), [root]);
});
