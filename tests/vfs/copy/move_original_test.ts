import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Location } from "../../../vfs/location/location.ts";
import type { Info, Stored } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { harvest, plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";
import { failed, HARVEST, TREE, twoOf } from "./_copying.ts";

/** `memory:`, and `fake:`, which stores in its own way. */
function storing(way: (at: Location, store: () => Promise<Stored>) => Promise<Stored>): Vfs {
  const fake = wrappedMemory((inner) =>
    override(inner, { put: (at, source, o) => way(at, () => inner.put!(at, source, o)) })
  );
  return vfsOf([memoryTransport(), fake]);
}

Deno.test("move() removes exactly what was copied: what appears meanwhile survives", async () => {
  await using vfs = storing(async ({ name }, store) => {
    if (name === "b.dcm") await vfs.writeFile("memory://a/from/sub/late", "late");
    return await store();
  });
  await plant(vfs, "memory://a/from", TREE);
  const report = await vfs.move("memory://a/from", "fake://b/to");
  assert.deepEqual([report.done, report.failed], [3, 0]);
  assert.deepEqual(await harvest(vfs, "memory://a/from"), { "sub/": "", "sub/late": "late" });
  assert.deepEqual(await harvest(vfs, "fake://b/to"), HARVEST);
});

Deno.test("move(): a file that changes after it was read stays", async () => {
  await using vfs = storing(async (_at, store) => {
    const stored = await store();
    await vfs.writeFile("memory://a/from/f", "newer");
    return stored;
  });
  await plant(vfs, "memory://a/from", { f: "old", g: "same" });
  const { report } = await failed(vfs.move("memory://a/from", "fake://b/to", { concurrency: 1 }));
  assert.deepEqual([report.done, report.failed], [1, 1]);
  assert.deepEqual(await harvest(vfs, "memory://a/from"), { f: "newer" });
});

Deno.test("move(): the original stays where the destination tells that it changed what it stored", async () => {
  await using vfs = storing(async ({ name }, store) => {
    const stored = await store();
    return name === "b.dcm" ? { ...stored, warnings: ["elements were discarded"] } : stored;
  });
  await plant(vfs, "memory://a/from", TREE);
  const error = await failed(vfs.move("memory://a/from", "fake://b/to"));
  assert.deepEqual([error.report.done, error.report.failed], [2, 1]);
  const [outcome] = error.report.problems;
  assert.equal(outcome?.error?.kind, "ConditionFailed");
  assert.match(
    outcome.error.message,
    /it is stored, but elements were discarded, so both are kept/,
  );
  assert.deepEqual(Object.keys(await harvest(vfs, "memory://a/from")), ["sub/", "sub/b.dcm"]);
  assert.deepEqual(await harvest(vfs, "fake://b/to"), HARVEST);
});

const THEN = new Date("2026-01-01");
const LATER = new Date("2026-01-02");
/** What is told of `f`, which is 3 bytes long, when it is read and right after. */
const VERSIONS: Record<string, readonly [read: Partial<Info>, after: Partial<Info>]> = {
  "is longer": [{ mtime: undefined, etag: undefined }, { size: 4, etag: undefined }],
  "was written later": [{ mtime: THEN }, { mtime: LATER }],
  "has another etag": [{ mtime: THEN, etag: "1" }, { mtime: THEN, etag: "2" }],
  "has another digest": [
    { mtime: THEN, digests: { md5: "acbd18db4cc2f85cedef654fccc4a4d8" } },
    { mtime: THEN, digests: { md5: "37b51d194a7513e45b56f6524f2d51f2" } },
  ],
};

/** `fake:`, which tells of its files what it is told to: before they are read, and after. */
function telling(read: Partial<Info>, after: Partial<Info>): Vfs {
  return twoOf((inner) => {
    let more = read;
    const told = <T extends Info>(info: T): T => info.kind === "file" ? { ...info, ...more } : info;
    return override(inner, {
      stat: async (at, o) => told(await inner.stat(at, o)),
      get: async (at, o) => {
        const got = await inner.get(at, o);
        const info = told(got.info);
        more = after;
        return { ...got, info };
      },
    });
  });
}

for (const [how, [read, after]] of Object.entries(VERSIONS)) {
  Deno.test(`move(): a file that ${how} after it was read stays`, async () => {
    await using vfs = telling(read, after);
    await vfs.writeFile("fake://b/f", "foo");
    const error = await rejects(vfs.move("fake://b/f", "memory://a/f"), "ConditionFailed");
    assert.match(error.message, /it changed after it was read, so both are kept/);
    assert.equal(await vfs.exists("fake://b/f"), true);
  });
}
