import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { zipTransport } from "../../../transports/zip/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { zipOf } from "../../transports/zip/_build.ts";
import { at_, harvest, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";
import { failed } from "./_copying.ts";

const AROUND = "fake:///a.zip";
const ZIP = `zip://${encodeURIComponent(AROUND)}`;
const FILES = { "d/a": "old", "d/b": "old", "d/c": "old" };
/** Another process changes a member, and its size and time stay. */
const CHANGED = { ...FILES, "d/b": "new" };
/** Another process adds a member, and so those that were there are elsewhere in the zip. */
const ADDED = { late: "late", ...FILES };

/**
 * `memory:`, and `fake:` with a zip in it, in whose place another process puts one of `files` right before something is
 * stored for the first time whose URL ends with `when`.
 */
async function contested(when: string, files: Record<string, string>): Promise<Vfs> {
  let isOver = false;
  const { promise: fake, resolve } = Promise.withResolvers<Transport>();
  const replace = async (content: Record<string, string>) => {
    const { put } = await fake;
    await put!(at_(AROUND), sourceOfBytes(zipOf(content)), { signal: NEVER });
  };
  const storing = (inner: Transport) =>
    override(inner, {
      async put(at, source, o) {
        if (!isOver && at.href.endsWith(when)) {
          isOver = true;
          await replace(files);
          // What is known of the zip is old after a second.
          for await (const _ of vfs.readDir(`${ZIP}/`, { refresh: true }));
        }
        return await inner.put!(at, source, o);
      },
    });
  const memory = memoryTransport();
  const vfs = vfsOf([
    zipTransport(),
    wrappedMemory((inner) => {
      resolve(inner);
      return storing(inner);
    }),
    { ...memory, connect: async (options) => storing(await memory.connect(options)) },
  ]);
  await vfs.exists(AROUND);
  await replace(FILES);
  return vfs;
}

Deno.test("move() of a directory out of a zip: a member that another process changes right before its removal stays", async () => {
  await using vfs = await contested("a.zip", CHANGED);
  const { report } = await failed(vfs.move(`${ZIP}/d`, "memory:///out"));
  assert.deepEqual([report.done, report.failed], [2, 1]);
  assert.match(report.problems[0]!.error!.message, /changed after it was read, so both are kept/);
  assert.deepEqual(await harvest(vfs, `${ZIP}/`), { "d/": "", "d/b": "new" });
  assert.deepEqual(await harvest(vfs, "memory:///out"), { a: "old", b: "old", c: "old" });
});

Deno.test("move() of a file out of a zip: when another process changes it right before its removal it stays", async () => {
  await using vfs = await contested("a.zip", CHANGED);
  const error = await rejects(vfs.move(`${ZIP}/d/b`, "memory:///b"), "ConditionFailed");
  assert.match(error.message, /changed after it was read, so both are kept/);
  assert.equal(await vfs.readTextFile(`${ZIP}/d/b`), "new");
});

Deno.test("move() out of a zip takes members away although others come meanwhile", async () => {
  await using vfs = await contested("a.zip", ADDED);
  assert.equal((await vfs.move(`${ZIP}/d`, "memory:///out")).done, 3);
  assert.deepEqual(await harvest(vfs, `${ZIP}/`), { late: "late" });
});

Deno.test("sync() out of a zip copies members while others come", async () => {
  await using vfs = await contested("/b", ADDED);
  assert.equal((await vfs.sync(`${ZIP}/d`, "memory:///out")).done, 3);
});

Deno.test("sync() out of a zip fails the member that another process changes while it is read", async () => {
  await using vfs = await contested("/b", CHANGED);
  const { report } = await failed(vfs.sync(`${ZIP}/d`, "memory:///out"));
  assert.deepEqual([report.done, report.failed], [2, 1]);
  assert.match(report.problems[0]!.error!.message, /it changed while it was read/);
});

Deno.test("sync() and check() out of a zip whose members have no times of their own tell those that changed by their content", async () => {
  await using vfs = vfsOf([memoryTransport(), zipTransport()]);
  const zip = "memory:///z.zip";
  const write = (files: Record<string, string>) => {
    const bytes = zipOf(files);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length - 16; at++) {
      // The directory has 1980-01-01, as Python's `ZipInfo` writes it.
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 12, 0x00210000, true);
    }
    return vfs.writeFile(zip, bytes);
  };
  await write(FILES);
  await vfs.sync(zip, "memory:///out", { journal: "memory:///journal" });
  await write(CHANGED);
  assert.equal((await vfs.check(zip, "memory:///out")).differing, 1);
  const { done, kept } = await vfs.sync(zip, "memory:///out", { journal: "memory:///journal" });
  assert.deepEqual([done, kept], [1, 2]);
  assert.equal(await vfs.readTextFile("memory:///out/d/b"), "new");
});

Deno.test("copy() and move() of many members between two zips look once whether these are one", async () => {
  let looks = 0;
  const looking = wrappedMemory((inner) =>
    override(inner, {
      stat(at, o) {
        looks++;
        return inner.stat(at, o);
      },
    })
  );
  await using vfs = vfsOf([zipTransport(), looking]);
  const names = Array.from({ length: 20 }, (_, n) => `${n}`);
  await vfs.writeFile(AROUND, zipOf(Object.fromEntries(names.map((name) => [name, name]))));
  for (const op of ["copy", "move"] as const) {
    looks = 0;
    const to = `zip://${encodeURIComponent(`fake:///${op}.zip`)}`;
    const { done } = await vfs[op](names.map((name) => `${ZIP}/${name}`), to);
    assert.equal(done, 20);
    assert(looks < 10, `${looks} looks`);
  }
});
