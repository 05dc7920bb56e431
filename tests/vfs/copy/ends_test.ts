import { strict as assert } from "node:assert";
import { toFileUrl } from "@std/path";
import { seededBytes, seededRandom } from "../../../testing/random.ts";
import { fileTransport, isTemporaryName } from "../../../transports/file/mod.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import type { Source } from "../../../vfs/bytes/bytes.ts";
import { readerOf } from "../../../vfs/bytes/bytes.ts";
import type { Outcome } from "../../../vfs/copy/transfer.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { FileToPut, TransportDriver } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { until } from "../../until.ts";
import { rejects, vfsOf } from "../_fakes.ts";

/** Seeds for each pair of an operation and a destination. */
const SEEDS = Number(Deno.env.get("MEDVFS_ENDS_RUNS") ?? 4);
const FROM = "memory://from/t";

/** Tells of each step of a driver: of every call, when it begins and ends, and of every chunk that is stored. */
function stepping(driver: TransportDriver, step: () => void): TransportDriver {
  const around = async <T>(action: () => T | Promise<T>): Promise<T> => {
    step();
    const result = await action();
    step();
    return result;
  };
  const stepped = <S extends Source>(source: S): S => ({
    ...source,
    async open() {
      const bytes = await around(() => source.open());
      if (bytes instanceof Uint8Array) return bytes;
      const reader = readerOf(bytes);
      const read = () => around(() => reader.read());
      return { read, close: (reason) => reader.close(reason) };
    },
  });
  return {
    ...driver,
    connect: async (options) => {
      const inner = await driver.connect(options);
      return override(inner, {
        get: (at, o) => around(() => inner.get(at, o)),
        put: (at, source, o) => around(() => inner.put!(at, stepped(source), o)),
        async *putMany(files: readonly FileToPut[], o) {
          const given = files.map((file) => ({ ...file, source: stepped(file.source) }));
          for await (const outcome of inner.putMany!(given, o)) {
            step();
            yield outcome;
          }
        },
        remove: (at, o) => around(() => inner.remove!(at, o)),
      });
    },
  };
}

/** Texts of what lies below a place, by path. */
async function contentOf(vfs: Vfs, top: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (!await vfs.exists(top)) return found;
  for await (const { url } of vfs.entries(top, { includeDirs: false })) {
    found.set(url.slice(top.length + 1), (await vfs.readFile(url)).toBase64());
  }
  return found;
}

for (const op of ["copy", "move", "sync"] as const) {
  for (const scheme of ["memory", "file", "zip"] as const) {
    Deno.test(`${op}() to ${scheme}: that is aborted anywhere tells each file once, and as it is`, async () => {
      for (let seed = 1; seed <= SEEDS; seed++) await run(op, scheme, seed);
    });
  }
}

/** Temporary files that stay; of an archive to which nothing was added it goes a moment after the abort. */
async function temporariesIn(folder: string): Promise<string[]> {
  let found: string[] = [];
  await until(async () => {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    found = names.filter(isTemporaryName);
    return found.length === 0;
  });
  return found;
}

/** One transfer that is aborted after a number of steps, or has a callback that throws, and a look at both ends. */
async function run(op: "copy" | "move" | "sync", scheme: string, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const some = (most: number) => Math.floor(random() * most);
  const folder = await Deno.makeTempDir({ prefix: "medvfs-ends-" });
  const to = scheme === "memory"
    ? "memory://to/t"
    : scheme === "file"
    ? `${toFileUrl(folder)}/t`
    : `zip://${encodeURIComponent(`${toFileUrl(folder)}/t.zip`)}/t`;
  const abort = new AbortController();
  let left = Infinity;
  const step = () => {
    if (--left === 0) abort.abort();
  };
  const drivers = [memoryTransport(), fileTransport(), zipTransport()];
  await using vfs = vfsOf(drivers.map((driver) => stepping(driver, step)));
  try {
    const count = 10 + some(30);
    for (let i = 0; i < count; i++) {
      const size = random() < 0.9 ? some(5_000) : 1_100_000;
      await vfs.writeFile(`${FROM}/${i % 3}/f${i}`, seededBytes(seed * 100 + i, size));
    }
    for (let i = 0; i < 3; i++) await vfs.writeFile(`${to}/old/${i}`, "old");
    const before = await contentOf(vfs, FROM);
    const told: Outcome[] = [];
    const thrown = new Error("of the caller");
    const throwsAt = seed % 4 === 0 ? 1 + some(count) : Infinity;
    if (throwsAt === Infinity) left = 1 + some(count * 4);
    const onOutcome = (outcome: Outcome) => {
      told.push(outcome);
      if (told.length === throwsAt) throw thrown;
    };
    const options = { signal: abort.signal, onOutcome, existing: "replace" } as const;
    // Of several places the same goes to the same.
    const isList = op !== "sync" && seed % 2 === 0;
    const from = isList ? [0, 1, 2].map((name) => `${FROM}/${name}`) : FROM;
    const running = vfs[op](from, to, options);
    if (throwsAt < Infinity) await assert.rejects(running, (error) => error === thrown);
    else await running.then(() => {}, (error) => rejects(Promise.reject(error), "Aborted"));
    left = Infinity;
    const [source, target] = [await contentOf(vfs, FROM), await contentOf(vfs, to)];
    const byPath = Map.groupBy(told, ({ from }) => from.slice(FROM.length + 1));
    for (const [path, content] of before) {
      const [outcome, ...more] = byPath.get(path) ?? [];
      const which = `seed ${seed}, ${path}, ${outcome?.result}, ${outcome?.error?.message}`;
      assert.equal(more.length, 0, which);
      const isThere = target.get(path) === content;
      assert(isThere || !target.has(path), `${which}: not whole`);
      const isStored = outcome?.result === "done" || /it is stored/.test(`${outcome?.error}`);
      assert.equal(isThere, isStored, which);
      assert.equal(
        source.get(path) === content,
        op !== "move" || outcome?.result !== "done",
        which,
      );
    }
    for (let i = 0; i < 3; i++) assert.equal(atob(target.get(`old/${i}`)!), "old");
    assert.deepEqual(await temporariesIn(folder), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
