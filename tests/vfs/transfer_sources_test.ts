import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import type { Outcome, TransferFailed } from "../../vfs/copy/transfer.ts";
import { VfsError } from "../../vfs/errors.ts";
import { override } from "../../vfs/layers/layer.ts";
import type { Transport } from "../../vfs/transport.ts";
import { zipTransport } from "../../transports/zip/mod.ts";
import { harvest, plant, rejects, vfsOf, wrappedMemory } from "./_fakes.ts";
import { failed } from "./copy/_copying.ts";

const ZIP = "zip://fake%3A%2F%2F%2Fa.zip";

/** `memory:`, zips, and `fake:`, whose calls are told. */
function counting(change: (inner: Transport) => Partial<Transport> = () => ({})) {
  const calls: string[] = [];
  const store = wrappedMemory((inner) => {
    const changed = { ...inner, ...change(inner) };
    return override({ ...changed, findMissing: undefined }, {
      ...changed,
      put: (at, source, o) => {
        calls.push(`put ${at.name}`);
        return changed.put!(at, source, o);
      },
    });
  });
  return { vfs: vfsOf([memoryTransport(), store, zipTransport()]), calls };
}

Deno.test("copy() of several counts what was kept before their destination went away, and tells of each that is not over", async () => {
  const isKept = Promise.withResolvers<void>();
  const archive = wrappedMemory((memory) =>
    override(memory, {
      capabilities: { ...memory.capabilities, batches: 100 },
      async put(at, source, o) {
        const stored = await memory.put!(at, source, o);
        if (at.name === "1") return { ...stored, kept: Promise.resolve() };
        const gone = new VfsError("NotFound", { op: "write", url: at.href });
        return { ...stored, kept: isKept.promise.then(() => Promise.reject(gone)) };
      },
    })
  );
  await using vfs = vfsOf([memoryTransport(), archive]);
  await plant(vfs, "memory://from", { a: { "1": "one", "2": "second" }, b: { "1": "last" } });
  const told: string[] = [];
  const onOutcome = ({ from, result }: Outcome) => {
    told.push(`${result} ${from.slice(14)}`);
    isKept.resolve();
  };
  const from = ["memory://from/a", "memory://from/b"];
  const run = vfs.copy(from, "fake://to", { onOutcome });
  const { report } = await rejects(run, "PartialFailure") as TransferFailed;
  const { done, failed, bytes, problems } = report;
  assert.deepEqual(told, ["done a/1", "failed a", "failed b"]);
  assert.deepEqual([done, failed, bytes, problems.length], [1, 2, 3, 2]);
});

Deno.test("copy() and move() of several into a zip store it once, and move() out of it takes them away at one go", async () => {
  for (const op of ["copy", "move"] as const) {
    const { vfs, calls } = counting();
    await using _ = vfs;
    await plant(vfs, "memory://from", { a: "1", b: "2", d: { c: "3", e: { f: "4" } }, g: {} });
    const places = ["a", "b", "d"].map((name) => `memory://from/${name}`);
    const { done, bytes } = await vfs[op](places, `${ZIP}/in`);
    assert.deepEqual([done, bytes], [4, 4]);
    assert.deepEqual(calls, ["put a.zip"]);
    const all = { a: "1", b: "2", "d/": "", "d/c": "3", "d/e/": "", "d/e/f": "4" };
    assert.deepEqual(await harvest(vfs, `${ZIP}/in`), all);
    assert.deepEqual(
      await harvest(vfs, "memory://from"),
      op === "copy" ? { ...all, "g/": "" } : { "g/": "" },
    );
    calls.length = 0;
    await vfs[op](["a", "b", "d"].map((name) => `${ZIP}/in/${name}`), "memory://back");
    assert.deepEqual(calls, op === "copy" ? [] : ["put a.zip"]);
    assert.deepEqual(await harvest(vfs, "memory://back"), all);
  }
});

Deno.test("copy() of several stores small files of all of them together", async () => {
  const together: string[][] = [];
  const { vfs } = counting((inner) => ({
    capabilities: { ...inner.capabilities, putMany: { size: 100, files: 10, bytes: 1000 } },
    async *putMany(files, o) {
      together.push(files.map(({ location }) => location.name));
      for (const { location, source, ...rest } of files) {
        yield [{ location, stored: await inner.put!(location, source, { ...rest, ...o }) }];
      }
    },
  }));
  await using _ = vfs;
  await plant(vfs, "memory://from", { a: "1", x: { b: "2" }, y: { c: "3" } });
  await vfs.mkdir("fake://to/in", { recursive: true });
  const from = ["memory://from/a", "memory://from/x/b", "memory://from/y/c"];
  assert.equal((await vfs.copy(from, "fake://to/in")).done, 3);
  assert.deepEqual(together, [["a", "b", "c"]]);
});

Deno.test("move() of several: what one does not do keeps none of the others back, and each is told once", async () => {
  for (const to of ["memory://from/to", "fake://to"]) {
    const { vfs } = counting();
    await using _ = vfs;
    await plant(vfs, "memory://from", { a: "1", d: { x: "2" }, e: { y: "3" }, f: "4" });
    await plant(vfs, to, { d: { old: "5" }, f: "6" });
    const outcomes: string[] = [];
    const onOutcome = ({ from, result, error }: Outcome) =>
      void outcomes.push(`${from.slice(14)} ${error?.kind ?? result}`);
    let last: { listed: boolean; files: number; totalFiles: number } | undefined;
    const onProgress = (now: NonNullable<typeof last>) => void (last = now);
    const from = ["d", "a", "f", "e"].map((name) => `memory://from/${name}`);
    const { report } = await failed(vfs.move(from, to, { onOutcome, onProgress }));
    assert.deepEqual([report.done, report.failed], [2, 2]);
    const e = to === "fake://to" ? "e/y done" : "e done";
    assert.deepEqual(outcomes.sort(), ["a done", "d AlreadyExists", e, "f AlreadyExists"]);
    assert.deepEqual(await harvest(vfs, to), {
      a: "1",
      "d/": "",
      "d/old": "5",
      "e/": "",
      "e/y": "3",
      f: "6",
    });
    assert.equal(await vfs.readTextFile("memory://from/d/x"), "2");
    assert.equal(last?.listed, true);
  }
});

Deno.test("promise 6: copy() of several that is aborted tells each file once, and as it is", async () => {
  const abort = new AbortController();
  let count = 0;
  const { vfs } = counting((inner) => ({
    put: async (at, source, o) => {
      const stored = await inner.put!(at, source, o);
      if (++count === 5) abort.abort();
      return stored;
    },
  }));
  await using _ = vfs;
  const names = Array.from({ length: 40 }, (_, i) => `${i}`);
  await plant(vfs, "memory://from", Object.fromEntries(names.map((name) => [name, name])));
  const done = new Set<string>();
  const onOutcome = ({ from, result }: Outcome) => {
    if (result !== "done") return;
    assert(!done.has(from));
    done.add(from);
  };
  const options = { signal: abort.signal, concurrency: 2, onOutcome };
  const from = names.map((name) => `memory://from/${name}`);
  await rejects(vfs.copy(from, "fake://to", options), "Aborted");
  const there = Object.keys(await harvest(vfs, "fake://to"));
  assert.deepEqual([...done].map((url) => url.slice(14)).sort(), there.sort());
  assert(there.length >= 4 && there.length < 10, `${there.length} are there`);
});

Deno.test("copy(), move(), remove(), sync(), check() and series() refuse a concurrency by which nothing would begin or end", async () => {
  await using vfs = vfsOf([memoryTransport()]);
  await plant(vfs, "memory:///from", { a: "a", b: "b" });
  const [from, to] = ["memory:///from", "memory:///to"];
  for (const concurrency of [0, -1, 1.5, NaN]) {
    const options = { concurrency };
    await rejects(vfs.copy(from, to, options), "InvalidArgument");
    await rejects(vfs.move([from], to, options), "InvalidArgument");
    await rejects(vfs.remove([from], options), "InvalidArgument");
    await rejects(vfs.sync(from, to, options), "InvalidArgument");
    await rejects(vfs.check(from, to, options), "InvalidArgument");
    await rejects(vfs.series(from, options), "InvalidArgument");
  }
  await vfs.sync(from, to, { concurrency: Infinity });
  assert.deepEqual(await harvest(vfs, to), { a: "a", b: "b" });
});
