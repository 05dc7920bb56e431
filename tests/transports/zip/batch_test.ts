import { strict as assert } from "node:assert";
import { manualClock, memoryTransport } from "../../../testing/mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import type { Outcome } from "../../../vfs/copy/transfer.ts";
import { VfsError } from "../../../vfs/errors.ts";
import type { PutOptions, Stored } from "../../../vfs/transport.ts";
import { failed } from "../../vfs/copy/_copying.ts";
import { rejects, vfsOf, wrappedMemory } from "../../vfs/_fakes.ts";
import { inside } from "../archive/_inside.ts";
import { Kit, rejection } from "../archive/_kit.ts";
import { zipOf } from "./_build.ts";
import { counting } from "./_counting.ts";

const MIB = 2 ** 20;
const ZIP = `zip://${encodeURIComponent("fake:///a.zip")}`;
const bytes = (text: string) => new TextEncoder().encode(text);

/** `memory:` with files to copy, and `fake:`, which counts, for a zip to be in. */
async function copying(files: Readonly<Record<string, Uint8Array<ArrayBuffer> | string>>) {
  const { count, wrap } = counting();
  const vfs = vfsOf([memoryTransport(), wrappedMemory(wrap), zipTransport()]);
  for (const [name, content] of Object.entries(files)) {
    await vfs.writeFile(`memory:///in/${name}`, content);
  }
  return { vfs, count, [Symbol.asyncDispose]: () => vfs[Symbol.asyncDispose]() };
}

const large = () =>
  Object.fromEntries(
    Array.from({ length: 24 }, (_, i) => [`${i % 5}/${i}`, seededBytes(i, MIB + i)]),
  );

function newBatch() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { ended: promise, end: resolve };
}

/** A batch in an archive, put by put. */
async function batching(
  options: {
    readonly old?: Uint8Array<ArrayBuffer>;
    readonly clock?: ReturnType<typeof manualClock>;
    readonly limits?: { maxMembers: number };
  } = {},
) {
  const { count, wrap } = counting();
  const { limits, old, clock } = options;
  const at = await inside(zipTransport({ limits }), old, wrap, clock);
  const zip = new Kit(at.transport, at.root, at.dispose);
  const batch = newBatch();
  const put = (path: string, content = bytes(path), o: Partial<PutOptions> = {}) =>
    at.transport.put!(zip.at(path), sourceOfBytes(content), { signal: NEVER, batch, ...o });
  return {
    ...{ count, batch, zip, put, replace: at.replace, transport: at.transport },
    [Symbol.asyncDispose]: () => zip[Symbol.asyncDispose](),
  };
}

for (const op of ["copy", "move", "sync"] as const) {
  Deno.test(`${op}() into a zip stores each byte once, however many files there are`, async () => {
    await using s = await copying(large());
    const { done } = await s.vfs[op]("memory:///in", `${ZIP}/x`);
    assert.equal(done, 24);
    assert(s.count.bytes < 24 * 1.1 * MIB, `${s.count.bytes} bytes stored`);
    assert.equal(s.count.puts, 1);
    for (const [name, content] of Object.entries(large())) {
      assert.deepEqual(await s.vfs.readFile(`${ZIP}/x/${name}`), content);
    }
    assert.equal(await s.vfs.exists("memory:///in/0/0"), op !== "move");
  });
}

Deno.test("move() out of a zip stores it once more, without what is copied by then", async () => {
  await using s = await copying({});
  await s.vfs.writeFile("fake:///a.zip", zipOf({ "x/": "", "x/1": "1", "x/y/2": "22", z: "z" }));
  s.count.puts = 0;
  const told: string[] = [];
  const report = await s.vfs.move(`${ZIP}/x`, "memory:///out", {
    onOutcome: ({ from }) => {
      assert.equal(s.count.puts, 1);
      told.push(from);
    },
  });
  assert.deepEqual([report.done, report.bytes], [2, 3]);
  assert.deepEqual(told.sort(), [`${ZIP}/x/1`, `${ZIP}/x/y/2`]);
  // The folder's own member goes when it is empty.
  assert.equal(s.count.puts, 2);
  assert.equal(await s.vfs.readTextFile("memory:///out/y/2"), "22");
  const left = await Array.fromAsync(s.vfs.entries(ZIP));
  assert.deepEqual(left.map(({ name }) => name), ["z"]);
});

Deno.test("move() of all that a zip has leaves an empty one", async () => {
  await using s = await copying({});
  await s.vfs.writeFile("fake:///a.zip", zipOf({ "x/1": "1", z: "z" }));
  const { done, failed } = await s.vfs.move(ZIP, "memory:///out");
  assert.deepEqual([done, failed], [2, 0]);
  assert.equal(await s.vfs.readTextFile("memory:///out/x/1"), "1");
  assert.deepEqual(await Array.fromAsync(s.vfs.entries(ZIP)), []);
});

Deno.test("move() out of a zip keeps what changed meanwhile, and what it could not copy", async () => {
  const zip = `zip://${encodeURIComponent("memory:///a.zip")}`;
  const written = wrappedMemory((inner) => ({
    ...inner,
    async put(at, source, o) {
      if (at.name === "2") throw new VfsError("PermissionDenied", { op: "write", url: at.href });
      const stored = await inner.put!(at, source, o);
      if (at.name === "1") await vfs.writeFile(`${zip}/x/1`, "another");
      return stored;
    },
  }));
  await using vfs = vfsOf([memoryTransport(), written, zipTransport()]);
  await vfs.writeFile("memory:///a.zip", zipOf({ "x/": "", "x/1": "1", "x/2": "2", "x/3": "3" }));
  const { report } = await failed(vfs.move(`${zip}/x`, "fake:///out"));
  assert.deepEqual([report.done, report.failed], [1, 2]);
  assert.deepEqual(report.problems.map(({ error }) => error?.kind).sort(), [
    "ConditionFailed",
    "PermissionDenied",
  ]);
  assert.equal(await vfs.readTextFile(`${zip}/x/1`), "another");
  assert.equal(await vfs.readTextFile(`${zip}/x/2`), "2");
  assert.equal(await vfs.exists(`${zip}/x/3`), false);
});

Deno.test("move() out of a zip that cannot be stored any more keeps all in it, and tells so", async () => {
  await using s = await copying({});
  await s.vfs.writeFile("fake:///a.zip", zipOf({ "x/1": "1", "x/2": "2", z: "z" }));
  s.count.room = 0;
  const { report } = await failed(s.vfs.move(`${ZIP}/x`, "memory:///out"));
  assert.deepEqual([report.done, report.failed, report.bytes], [0, 2, 0]);
  assert(report.problems.every(({ error }) => error?.kind === "StorageFull"));
  assert.equal(await s.vfs.readTextFile(`${ZIP}/x/1`), "1");
});

Deno.test("move() out of a zip that is aborted once all is copied removes nothing", async () => {
  await using s = await copying({});
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x/${i}`, `${i}`]));
  const old = zipOf({ ...files, z: "z" });
  await s.vfs.writeFile("fake:///a.zip", old);
  const stop = new AbortController();
  s.count.onBytes = () => stop.abort();
  s.count.puts = 0;
  const told: string[] = [];
  const options = {
    signal: stop.signal,
    onOutcome: ({ from, result }: Outcome) => told.push(`${result} ${from}`),
  };
  await rejects(s.vfs.move(`${ZIP}/x`, "memory:///out", options), "Aborted");
  assert.equal(s.count.puts, 1);
  assert.deepEqual(told.sort(), Object.keys(files).map((path) => `failed ${ZIP}/${path}`).sort());
  assert.deepEqual(await s.vfs.readFile("fake:///a.zip"), old);
});

Deno.test("sync() with delete stores a zip once for what is new, and once without what is gone", async () => {
  await using s = await copying({ "1": "one", "d/2": "two" });
  const gone = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`gone/${i}`, "x"]));
  await s.vfs.writeFile("fake:///a.zip", zipOf({ ...gone, "1": "other" }));
  s.count.puts = 0;
  const report = await s.vfs.sync("memory:///in", ZIP, { delete: true });
  assert.deepEqual([report.actions.copy, report.actions.update, report.actions.delete], [1, 1, 30]);
  assert.equal(s.count.puts, 2);
  const names = (await Array.fromAsync(s.vfs.entries(ZIP))).map(({ name }) => name);
  assert.deepEqual(names.sort(), ["1", "2", "d"]);
  s.count.room = 0;
  await s.vfs.remove("memory:///in/d/2");
  const { report: told } = await failed(s.vfs.sync("memory:///in", ZIP, { delete: true }));
  assert.equal(told.done, 0);
  assert.equal(await s.vfs.readTextFile(`${ZIP}/d/2`), "two");
});

Deno.test("copy() into a zip that has some of the files stores it once more, with all it had", async () => {
  await using s = await copying({ a: "a", b: "b", c: "c" });
  await s.vfs.writeFile(`${ZIP}/b`, "theirs");
  const skipping = await s.vfs.copy("memory:///in", ZIP, { existing: "skip" });
  assert.deepEqual([skipping.done, skipping.skipped], [2, 1]);
  assert.equal(s.count.puts, 2);
  const { report } = await failed(s.vfs.copy("memory:///in", ZIP));
  assert.deepEqual([report.done, report.failed, s.count.puts], [0, 3, 2]);
  await s.vfs.copy("memory:///in", ZIP, { existing: "replace" });
  assert.equal(await s.vfs.readTextFile(`${ZIP}/b`), "b");
  assert.equal(s.count.puts, 3);
});

Deno.test("copy() into a zip tells of files when they are kept, not before", async () => {
  await using s = await copying({ a: "a", b: "b" });
  const told: string[] = [];
  const url = "fake:///a.zip";
  const copy = s.vfs.copy("memory:///in", ZIP, {
    onOutcome: ({ from }) => told.push(from),
    onProgress: async ({ files }) => {
      if (!await s.vfs.exists(url)) assert.equal(files, 0);
    },
  });
  await copy;
  assert.deepEqual(told.sort(), ["memory:///in/a", "memory:///in/b"]);
});

Deno.test("move() into a zip that cannot be kept removes nothing, and tells of every file", async () => {
  await using s = await copying(large());
  s.count.room = 10 * MIB;
  const { report } = await failed(s.vfs.move("memory:///in", `${ZIP}/x`, { existing: "replace" }));
  assert.deepEqual([report.done, report.failed, report.bytes], [0, 24, 0]);
  assert(report.problems.every(({ error }) => error?.kind === "StorageFull"));
  assert.equal(await s.vfs.exists("fake:///a.zip"), false);
  for (const name of Object.keys(large())) assert(await s.vfs.exists(`memory:///in/${name}`));
});

Deno.test("copy() into a zip goes on without a file that breaks off, large or small", async () => {
  await using s = await copying({ a: "a", z: "z", small: "small", large: seededBytes(1, 2 * MIB) });
  const broken = wrappedMemory((inner) => ({
    ...inner,
    async get(at, o) {
      const got = await inner.get(at, o);
      if (at.name !== "small" && at.name !== "large") return got;
      let count = 0;
      const read = () => {
        if (count++ === 0) return Promise.resolve(seededBytes(1, 3));
        return Promise.reject(new VfsError("Corrupt", { op: "read", url: at.href }));
      };
      return { ...got, body: { read, close: () => Promise.resolve() } };
    },
  }), "broken");
  s.vfs.registry.register(broken);
  for (const name of ["a", "z", "small"]) await s.vfs.writeFile(`broken:///in/${name}`, name);
  await s.vfs.writeFile("broken:///in/large", seededBytes(1, 2 * MIB));
  const { report } = await failed(s.vfs.copy("broken:///in", ZIP));
  assert.deepEqual([report.done, report.failed], [2, 2]);
  const names = await Array.fromAsync(s.vfs.readDir(ZIP), ({ name }) => name);
  assert.deepEqual(names, ["a", "z"]);
  assert.equal(await s.vfs.readTextFile(`${ZIP}/z`), "z");
});

Deno.test("copy() into a zip that is aborted keeps what was copied by then", async () => {
  await using s = await copying(large());
  const stop = new AbortController();
  const copied: string[] = [];
  const copy = s.vfs.copy("memory:///in", `${ZIP}/x`, {
    signal: stop.signal,
    onOutcome: ({ result, to }) => {
      if (result === "done") copied.push(to!);
    },
    onProgress: ({ bytes }) => {
      if (bytes > 12 * MIB) stop.abort();
    },
  });
  await rejects(copy, "Aborted");
  assert(copied.length > 5 && copied.length < 24, `${copied.length} copied`);
  const found: string[] = [];
  for await (const { url } of s.vfs.entries(ZIP, { includeDirs: false })) {
    assert.deepEqual(
      await s.vfs.readFile(url),
      await s.vfs.readFile(url.replace(`${ZIP}/x`, "memory:///in")),
    );
    found.push(url);
  }
  assert.deepEqual(found.sort(), copied.sort());
});

for (const isKept of [true, false]) {
  Deno.test(`move() into a zip that is aborted ${isKept ? "and" : "and not"} kept tells of every file that it had taken`, async () => {
    await using s = await copying(large());
    const stop = new AbortController();
    const told: Outcome[] = [];
    const moving = s.vfs.move("memory:///in", `${ZIP}/x`, {
      signal: stop.signal,
      onOutcome: (outcome) => told.push(outcome),
      onProgress({ bytes }) {
        if (bytes < 12 * MIB || stop.signal.aborted) return;
        if (!isKept) s.count.room = 0;
        stop.abort();
      },
    });
    await rejects(moving, isKept ? "Aborted" : "StorageFull");
    assert.equal(new Set(told.map(({ from }) => from)).size, told.length);
    assert(told.length > 11, `${told.length} told`);
    const there = isKept ? await Array.fromAsync(s.vfs.entries(ZIP, { includeDirs: false })) : [];
    assert.equal(await s.vfs.exists("fake:///a.zip"), isKept);
    for (const { from, to, error } of told) {
      const isThere = there.some(({ url }) => url === to);
      assert(await s.vfs.exists(from), from);
      assert.equal(/it is stored/.test(error!.message), isThere, error!.message);
    }
    assert(!isKept || there.length > 5, `${there.length} there`);
  });
}

Deno.test("copy() into a large zip that is aborted at once leaves it, and does not read it to its end", async () => {
  await using s = await copying({ a: "a" });
  const chunks = Array.from({ length: 30 }, (_, i) => seededBytes(i, MIB));
  await s.vfs.writeFile(`${ZIP}/old`, ReadableStream.from(chunks));
  const stop = new AbortController();
  s.count.bytes = 0;
  s.count.onBytes = () => stop.abort();
  await rejects(s.vfs.copy("memory:///in", ZIP, { signal: stop.signal }), "Aborted");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(s.count.bytes < 10 * MIB, `${s.count.bytes} bytes stored`);
  assert.deepEqual(await Array.fromAsync(s.vfs.readDir(ZIP), ({ name }) => name), ["old"]);
});

Deno.test("zip put() of a batch that takes long is kept now and then, all archives no longer than thrice the last", async () => {
  const clock = manualClock();
  await using s = await batching({ clock });
  const kept: Promise<void>[] = [];
  let isKept = 0;
  for (let i = 0; i < 60; i++) {
    const stored = await s.put(`${i}`, seededBytes(i, 50_000));
    stored.kept?.then(() => isKept++);
    kept.push(stored.kept!);
    await clock.advance(31_000);
  }
  assert(isKept > 30, `${isKept} kept before the end`);
  s.batch.end();
  await Promise.all(kept);
  assert(s.count.puts > 4, `${s.count.puts} archives`);
  assert(s.count.bytes < 3 * 60 * 50_000, `${s.count.bytes} bytes stored`);
  assert.equal((await s.zip.names()).length, 60);
});

Deno.test("copy() into a zip that somebody else changes meanwhile copies what it had not kept again", async () => {
  await using s = await copying(large());
  let changes = 0;
  s.count.onBytes = async () => {
    if (s.count.bytes < (10 + 30 * changes) * MIB || changes === 3) return;
    await s.vfs.writeFile("fake:///b.zip", zipOf({ [`theirs ${++changes}`]: "theirs" }));
    await s.vfs.move("fake:///b.zip", "fake:///a.zip", { existing: "replace" });
  };
  const { done, bytes: copied } = await s.vfs.copy("memory:///in", ZIP);
  const sizes = Object.values(large()).map(({ length }) => length);
  assert.deepEqual([done, copied], [24, sizes.reduce((sum, size) => sum + size, 0)]);
  const names = await Array.fromAsync(
    s.vfs.entries(ZIP, { includeDirs: false }),
    ({ name }) => name,
  );
  assert.equal(names.length, 25);
  assert(names.includes("theirs 3"));
});

Deno.test("copy() into a zip that somebody else changes seven times comes to its end", async () => {
  await using s = await copying({ a: seededBytes(1, 3.2 * MIB), b: "b" });
  let changes = 0;
  s.count.onBytes = async () => {
    if (changes === 7 || s.count.bytes < (1 + 3 * changes) * MIB) return;
    await s.vfs.writeFile("fake:///b.zip", zipOf({ [`theirs ${++changes}`]: "theirs" }));
    await s.vfs.move("fake:///b.zip", "fake:///a.zip", { existing: "replace" });
  };
  assert.equal((await s.vfs.copy("memory:///in", ZIP)).done, 2);
  const names = await Array.fromAsync(s.vfs.readDir(ZIP), ({ name }) => name);
  assert.deepEqual(names.toSorted(), ["a", "b", "theirs 7"]);
});

Deno.test("copy() into a zip that somebody else never ceases to change gives up, and tells of every file", async () => {
  await using s = await copying({ a: "a", b: "b" });
  let changes = 0;
  s.count.onBytes = async () => {
    await s.vfs.writeFile("fake:///b.zip", zipOf({ [`theirs ${++changes}`]: "theirs" }));
    await s.vfs.move("fake:///b.zip", "fake:///a.zip", { existing: "replace" });
  };
  const { report } = await failed(s.vfs.copy("memory:///in", ZIP));
  assert.deepEqual([report.done, report.failed, report.bytes], [0, 2, 0]);
  for (const { error } of report.problems) {
    assert.equal(error?.kind, "ConditionFailed");
    assert.match(error.message, /somebody else changed it meanwhile/);
  }
});

Deno.test("zip put() of a batch is refused where there is a file above it, a folder, or no room", async () => {
  await using s = await batching({
    old: zipOf({ "old/x": "x", f: "f" }),
    limits: { maxMembers: 6 },
  });
  const stored = [await s.put("a"), await s.put("d/e")];
  await rejection(s.put("a/b"), "NotADirectory");
  await rejection(s.put("f/g"), "NotADirectory");
  await rejection(s.put("d"), "IsADirectory");
  await rejection(s.put("old"), "IsADirectory");
  await rejection(s.put("one/more"), "NotSupported");
  stored.push(await s.put("old/x", bytes("new")), await s.put("a", bytes("again")));
  s.batch.end();
  await Promise.all(stored.map(({ kept }) => kept));
  assert.deepEqual(await s.zip.paths(), ["a", "d/e", "f", "old/x"]);
  assert.deepEqual([await s.zip.text("a"), await s.zip.text("old/x")], ["again", "new"]);
});

Deno.test("zip put() of several batches at once is stored as one, kept when the first has ended", async () => {
  await using s = await batching();
  const other = newBatch();
  const puts: Promise<Stored>[] = [];
  for (let i = 0; i < 10; i++) {
    puts.push(s.put(`a${i}`), s.put(`b${i}`, bytes("b"), { batch: other }));
  }
  const stored = await Promise.all(puts);
  s.batch.end();
  await Promise.all(stored.map(({ kept }) => kept));
  assert.equal(s.count.puts, 1);
  const { kept } = await s.put("b late", bytes("b"), { batch: other });
  other.end();
  await kept;
  assert.equal((await s.zip.names()).length, 21);
});

Deno.test("zip remove() in the middle of a batch keeps what came before, and what comes after", async () => {
  await using s = await batching({ old: zipOf({ old: "old" }) });
  const { kept } = await s.put("a");
  await s.transport.remove!(s.zip.at("old"), { signal: NEVER });
  await kept;
  const after = await s.put("b");
  s.batch.end();
  await after.kept;
  assert.deepEqual(await s.zip.names(), ["a", "b"]);
});

Deno.test("zip put() of a batch into what is no zip fails, and leaves it", async () => {
  await using s = await batching({ old: bytes("no zip at all") });
  const outcomes = await Promise.allSettled([s.put("a"), s.put("b")]);
  for (const { status } of outcomes) assert.equal(status, "rejected");
  s.batch.end();
  assert.equal(s.count.puts, 0);
});
