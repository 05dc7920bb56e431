import { strict as assert } from "node:assert";
import { masked, memoryTransport } from "../../../testing/mod.ts";
import { seededBytes } from "../../../testing/random.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { collect, readerOf, type Source } from "../../../vfs/bytes/bytes.ts";
import type { Outcome } from "../../../vfs/copy/transfer.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { PutOptions, Transport } from "../../../vfs/transport.ts";
import { failed } from "../../vfs/copy/_copying.ts";
import { rejects, settle, vfsOf, wrappedMemory } from "../../vfs/_fakes.ts";

const zipIn = (url: string) => `zip://${encodeURIComponent(url)}`;
const ZIP = zipIn("fake:///a.zip");

/** `memory:` with files to copy, and `fake:` for a zip to be in. */
async function copying(
  count: number,
  wrap: (inner: Transport) => Transport = (inner) => inner,
  options: Parameters<typeof vfsOf>[1] = {},
) {
  const few = (inner: Transport) => masked(wrap(inner), { maxConcurrency: 8 });
  const vfs = vfsOf([memoryTransport(), wrappedMemory(few), zipTransport()], options);
  for (let i = 0; i < count; i++) await vfs.writeFile(`memory:///in/${i}`, seededBytes(i, 50_000));
  return vfs;
}

/** `inner` with another way of storing. */
function storing(
  put: (
    source: Source,
    store: (source: Source) => ReturnType<NonNullable<Transport["put"]>>,
  ) => ReturnType<NonNullable<Transport["put"]>>,
) {
  return (inner: Transport) =>
    override(inner, {
      put: (at, source, o: PutOptions) => put(source, (each) => inner.put!(at, each, o)),
    });
}

Deno.test("copy() into a zip waits for what is being written into it, not that for the copy", async () => {
  await using vfs = await copying(20);
  await vfs.writeFile(`${ZIP}/in/first`, "first");
  const file = await vfs.create(`${ZIP}/written`);
  for (let i = 0; i < 5; i++) await file.write(seededBytes(i, 100_000));
  const copy = vfs.copy("memory:///in", `${ZIP}/in`);
  await settle(50);
  for (let i = 0; i < 5; i++) await file.write(seededBytes(i, 100_000));
  await file.commit();
  assert.equal((await copy).done, 20);
  assert.equal((await vfs.stat(`${ZIP}/written`)).size, 1_000_000);
});

Deno.test("copy() into a zip, and into another one in it, at the same time", async () => {
  await using vfs = await copying(40);
  const inner = zipIn(`${ZIP}/inner.zip`);
  const copies = [inner, ZIP].map((zip) => vfs.copy("memory:///in", `${zip}/in`));
  for (const { done } of await Promise.all(copies)) assert.equal(done, 40);
});

Deno.test("copy() into a zip in a zip, in which another connection removes something meanwhile", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const source = wrappedMemory((inner) =>
    override(inner, {
      get: async (at, o) => {
        if (at.name === "late") {
          begun.resolve();
          await gate.promise;
        }
        return await inner.get(at, o);
      },
    }), "source");
  const drivers = [source, wrappedMemory((inner) => inner), zipTransport()];
  await using one = vfsOf(drivers);
  await using other = vfsOf(drivers);
  for (const name of ["a", "late"]) await one.writeFile(`source:///in/${name}`, name);
  const inner = zipIn(`${ZIP}/inner.zip`);
  await one.writeFile(`${inner}/in/there`, "there");
  const copy = one.copy("source:///in", `${inner}/in`);
  await begun.promise;
  const removal = other.remove(`${inner}/in/there`);
  await settle(50);
  gate.resolve();
  assert.equal((await copy).done, 2);
  await removal;
  const left = Array.fromAsync(
    other.entries(`${inner}/in`, { includeDirs: false }),
    ({ name }) => name,
  );
  assert.deepEqual(await left, ["a", "late"]);
});

Deno.test("copy() into a zip of which another copy never lets go for a moment is kept at its end", async () => {
  const slowly = storing((source, store) =>
    store({
      ...source,
      open: async () => {
        const bytes = await source.open();
        if (bytes instanceof Uint8Array) return bytes;
        return {
          read: async () => {
            await settle(2);
            return await bytes.read();
          },
          close: (reason) => bytes.close(reason),
        };
      },
    })
  );
  await using vfs = await copying(60, slowly);
  await vfs.writeFile("memory:///one/a", "a");
  let isOver = false;
  const long = vfs.copy("memory:///in", `${ZIP}/in`).then(() => isOver = true);
  await settle(5);
  await vfs.copy("memory:///one", `${ZIP}/one`);
  await settle(20);
  assert.equal(isOver, false);
  await long;
});

Deno.test("copy() into a zip that could not be kept for a moment copies again", async () => {
  let count = 0;
  const wrap = storing(async (source, store) => {
    const stored = await store(source);
    if (++count > 2) return stored;
    throw new VfsError("Unavailable", { op: "write", url: "fake:///a.zip" });
  });
  await using vfs = await copying(20, wrap);
  const { done, bytes } = await vfs.copy("memory:///in", `${ZIP}/in`, { existing: "replace" });
  assert.deepEqual([done, bytes, count], [20, 20 * 50_000, 3]);
});

for (const existing of ["error", "skip"] as const) {
  Deno.test(`copy() into a zip with existing "${existing}" whose answer was lost copies again what it may have stored itself`, async () => {
    let count = 0;
    const wrap = storing(async (source, store) => {
      const stored = await store(source);
      if (++count > 1) return stored;
      throw new VfsError("Unavailable", { op: "write", url: "fake:///a.zip" });
    });
    await using vfs = await copying(20, wrap);
    const { done, bytes } = await vfs.copy("memory:///in", `${ZIP}/in`, { existing });
    assert.deepEqual([done, bytes, count], [20, 20 * 50_000, 2]);
  });
}

Deno.test("copy() into a zip that is stored late, while it is put again, knows its own files", async () => {
  const puts: Uint8Array<ArrayBuffer>[] = [];
  const wrap = storing(async (source, store) => {
    const bytes = await collect(readerOf(await source.open()));
    const count = puts.push(bytes);
    const storeBytes = (bytes: Uint8Array<ArrayBuffer>) =>
      store({ ...source, open: () => Promise.resolve(bytes) });
    if (count === 1) throw new VfsError("Unavailable", { op: "write", url: "fake:///a.zip" });
    if (count === 2) await storeBytes(puts[0]!);
    return await storeBytes(bytes);
  });
  await using vfs = await copying(20, wrap);
  const { done, failed } = await vfs.copy("memory:///in", `${ZIP}/in`);
  assert.deepEqual([done, failed, puts.length], [20, 0, 3]);
});

Deno.test("copy() into a zip that is another one before anything was added to it begins again", async () => {
  let another: (() => Promise<unknown>) | undefined;
  const wrap = (inner: Transport) =>
    override(inner, {
      get: async (at, o) => {
        if (another && o.range && "start" in o.range && o.range.start === 0) {
          const change = another;
          another = undefined;
          await change();
        }
        return await inner.get(at, o);
      },
    });
  await using vfs = await copying(20, wrap);
  await vfs.writeFile(`${ZIP}/old`, "old");
  const more = await vfs.readFile("fake:///a.zip");
  // As another process does, which gets no turn.
  another = () => vfs.writeFile("fake:///a.zip", more);
  const { done, failed } = await vfs.copy("memory:///in", `${ZIP}/in`);
  assert.deepEqual([done, failed, another], [20, 0, undefined]);
  assert.equal(await vfs.readTextFile(`${ZIP}/old`), "old");
});

for (const op of ["copy", "move", "sync"] as const) {
  Deno.test(`${op}() into a zip below something that is missing and cannot be made tells that once`, async () => {
    const wrap = storing(async (source) => {
      const reader = readerOf(await source.open());
      while (await reader.read());
      await reader.close();
      throw new VfsError("NotFound", { op: "write", url: "fake:///a.zip" });
    });
    await using vfs = await copying(20, wrap);
    const told: string[] = [];
    const onOutcome = ({ from }: { from: string }) => told.push(from);
    const error = await rejects(vfs[op]("memory:///in", ZIP, { onOutcome }), "NotFound");
    assert.match(error.message, /nothing can be stored there before it is made/);
    assert.deepEqual(told, []);
    assert.equal((await Array.fromAsync(vfs.readDir("memory:///in"))).length, 20);
  });
}

Deno.test("copy() into a zip that is aborted before it copies again tells of every file that was not kept", async () => {
  const stop = new AbortController();
  const wrap = storing(async (source, store) => {
    await store(source);
    setTimeout(() => stop.abort(), 5);
    const retryAfterMs = 5_000;
    throw new VfsError("Unavailable", { op: "write", url: "fake:///a.zip", retryAfterMs });
  });
  await using vfs = await copying(20, wrap);
  const told: string[] = [];
  const onOutcome = ({ from, error }: Outcome) => told.push(`${from} ${error?.kind}`);
  const options = { signal: stop.signal, onOutcome };
  await rejects(vfs.copy("memory:///in", `${ZIP}/in`, options), "Aborted");
  const names = Array.from({ length: 20 }, (_, i) => `memory:///in/${i} Unavailable`);
  assert.deepEqual(told.toSorted(), names.toSorted());
});

Deno.test("copy() into a zip on a server that asks for years of patience gives up", async () => {
  const wrap = storing(async (source, store) => {
    await store(source);
    const retryAfterMs = 1e12;
    throw new VfsError("RateLimited", { op: "write", url: "fake:///a.zip", retryAfterMs });
  });
  await using vfs = await copying(3, wrap);
  const { report } = await failed(vfs.copy("memory:///in", `${ZIP}/in`, { existing: "replace" }));
  assert.equal(report.failed, 3);
});

Deno.test("copy() into a zip tells what the observer throws of a file that was kept", async () => {
  const thrown = new Error("observed");
  const observer = ({ op, url }: { op: string; url: string }) => {
    if (op === "write" && url.startsWith("zip:") && url.endsWith("/1")) throw thrown;
  };
  await using vfs = await copying(3, undefined, { layers: { observer } });
  const { report } = await failed(vfs.copy("memory:///in", `${ZIP}/in`));
  assert(report.problems.some(({ error }) => error?.cause === thrown));
});
