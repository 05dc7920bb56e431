import { strict as assert } from "node:assert";
import { seededRandom } from "../../../testing/random.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { inside } from "../archive/_inside.ts";
import { Kit } from "../archive/_kit.ts";
import { harvest, vfsOf, wrappedMemory } from "../../vfs/_fakes.ts";
import { failed } from "../../vfs/copy/_copying.ts";
import { zipOf } from "./_build.ts";
import { counting } from "./_counting.ts";

const AROUND = "fake:///a.zip";
const ZIP = `zip://${encodeURIComponent(AROUND)}`;

/** A zip of `files` on a transport that counts. */
async function counted(files: Record<string, string>) {
  const { count, wrap } = counting();
  const vfs = vfsOf([memoryTransport(), wrappedMemory(wrap), zipTransport()]);
  await vfs.writeFile(AROUND, zipOf(files));
  count.puts = count.bytes = 0;
  return { vfs, count, [Symbol.asyncDispose]: () => vfs[Symbol.asyncDispose]() };
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`d/${i}`, `${i}`]));

Deno.test("move() of many members within a zip stores it once", async () => {
  await using f = await counted({ ...many(200), "e/0": "there", kept: "kept" });
  const from = Array.from({ length: 200 }, (_, i) => `${ZIP}/d/${i}`);
  const told: string[] = [];
  const { report } = await failed(
    f.vfs.move(from, `${ZIP}/e`, {
      onOutcome: ({ from, result }) => told.push(`${from} ${result}`),
    }),
  );
  assert.deepEqual([report.done, report.failed], [199, 1]);
  assert.equal(report.problems[0]!.error!.kind, "AlreadyExists");
  assert.equal(report.problems[0]!.from, from[0]);
  assert.equal(new Set(told).size, 200);
  assert.equal(f.count.puts, 1);
  const now = await harvest(f.vfs, `${ZIP}/`);
  const { "d/0": first, ...others } = many(200);
  const moved = Object.entries(others).map(([path, text]) => [path.replace("d", "e"), text]);
  const folders = { "d/": "", "e/": "" };
  const there = { "d/0": first, "e/0": "there", kept: "kept" };
  assert.deepEqual(now, { ...folders, ...there, ...Object.fromEntries(moved) });
});

Deno.test("move() of many members within a zip that cannot be stored moves none, and tells each", async () => {
  await using f = await counted(many(20));
  const from = Array.from({ length: 20 }, (_, i) => `${ZIP}/d/${i}`);
  f.count.room = 10;
  const { report } = await failed(f.vfs.move(from, `${ZIP}/e`));
  assert.deepEqual([report.done, report.failed, f.count.puts], [0, 20, 1]);
  assert.deepEqual(report.problems.map(({ from }) => from), from);
  assert(report.problems.every(({ error }) => error!.kind === "StorageFull"));
  f.count.room = Infinity;
  assert.deepEqual(await harvest(f.vfs, `${ZIP}/`), { "d/": "", ...many(20) });
});

Deno.test("move() of many members within a zip that is aborted moves all or none", async () => {
  for (const isOnBytes of [true, false]) {
    await using f = await counted(many(20));
    const from = Array.from({ length: 20 }, (_, i) => `${ZIP}/d/${i}`);
    const stop = new AbortController();
    if (isOnBytes) f.count.onBytes = () => stop.abort();
    const onOutcome = () => stop.abort();
    const move = f.vfs.move(from, `${ZIP}/e`, { signal: stop.signal, onOutcome });
    const error = await move.then(() => undefined, (error) => error);
    const moved = { "e/": "", ...Object.fromEntries(from.map((_, i) => [`e/${i}`, `${i}`])) };
    assert.equal(error?.kind, isOnBytes ? "Aborted" : undefined);
    f.count.onBytes = () => {};
    assert.deepEqual(
      await harvest(f.vfs, `${ZIP}/`),
      isOnBytes ? { "d/": "", ...many(20) } : moved,
    );
  }
});

const FIRST = { a: "1", b: "2", "d/a": "3", "d/b": "4", "d/e/a": "5", "e/a": "6" };
const NAMES = ["a", "b", "d", "e"];

async function round(seed: number) {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const path = () => Array.from({ length: 1 + below(3) }, () => NAMES[below(4)]!).join("/");
  const changes = Array.from({ length: 2 + below(8) }, () => {
    const [from, to, overwrite] = [path(), path(), random() < 0.5];
    const kind = below(12);
    return async ({ transport, zip }: Awaited<ReturnType<typeof open>>) => {
      const o = { signal: NEVER, overwrite, recursive: true };
      const change = kind === 0
        ? transport.remove!(zip.at(to), o)
        : transport.rename!(zip.at(from), zip.at(to), o);
      return await change.then(() => "done", (error) => {
        assert(isVfsError(error));
        return `${error.kind} ${error.url}`;
      });
    };
  });
  const open = async () => {
    const at = await inside(zipTransport(), zipOf(FIRST));
    const zip = new Kit(at.transport, at.root, at.dispose);
    return { ...at, zip };
  };
  const texts = async ({ zip }: Awaited<ReturnType<typeof open>>) => {
    const all: Record<string, string> = {};
    for (const path of await zip.paths()) all[path] = await zip.text(path);
    return all;
  };
  const [one, all] = [await open(), await open()];
  await using _one = one.zip;
  await using _all = all.zip;
  const expected: string[] = [];
  for (const change of changes) expected.push(await change(one));
  assert.deepEqual(await Promise.all(changes.map((change) => change(all))), expected, `${seed}`);
  assert.deepEqual(await texts(all), await texts(one), `${seed}`);
}

Deno.test("renames within a zip that come at once are as if they came one after the other", async () => {
  for (let seed = 0; seed < 300; seed++) await round(seed);
});

Deno.test("rename() within a zip is told done when one that is stored with it is aborted at the last moment", async () => {
  const stop = new AbortController();
  const at = await inside(zipTransport(), zipOf({ a: "1", b: "2" }), (inner) => ({
    ...inner,
    async put(location, source, o) {
      const stored = await inner.put!(location, source, o);
      stop.abort();
      // As one does that waits for the answer of a server.
      o.signal.throwIfAborted();
      return stored;
    },
  }));
  await using zip = new Kit(at.transport, at.root, at.dispose);
  const rename = (from: string, to: string, { signal }: AbortController) =>
    at.transport.rename!(zip.at(from), zip.at(to), { signal });
  const others = rename("b", "d", stop).catch(() => {});
  await Promise.all([rename("a", "c", new AbortController()), others]);
  assert.deepEqual(await zip.names("", { refresh: true }), ["c", "d"]);
});
