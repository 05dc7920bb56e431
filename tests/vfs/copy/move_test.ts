import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Location } from "../../../vfs/location/location.ts";
import type { Stored, Transport } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { harvest, memoryVfs, plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";
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

Deno.test("move(): what failed or was skipped stays where it was", async () => {
  await using vfs = twoOf();
  await plant(vfs, "fake://b/from", TREE);
  await vfs.mkdir("memory://a/to/a.dcm", { recursive: true });
  const moving = vfs.move("fake://b/from", "memory://a/to", { existing: "replace" });
  const error = await failed(moving);
  assert.deepEqual([error.report.done, error.report.failed], [2, 1]);
  assert.deepEqual(await harvest(vfs, "fake://b/from"), { "a.dcm": "aaaa" });
  await vfs.remove("memory://a/to/a.dcm", { recursive: true });
  await vfs.writeFile("memory://a/to/a.dcm", "OLD");
  await vfs.writeFile("fake://b/from/more", "m");
  const report = await vfs.move("fake://b/from", "memory://a/to", { existing: "skip" });
  assert.deepEqual([report.done, report.skipped], [1, 1]);
  assert.deepEqual(await harvest(vfs, "fake://b/from"), { "a.dcm": "aaaa" });
  assert.equal(await vfs.readTextFile("memory://a/to/a.dcm"), "OLD");
});

Deno.test("move() mixes no directory into one that is there, and removes nothing behind links", async () => {
  await using vfs = twoOf();
  await plant(vfs, "memory://a/from", TREE);
  await plant(vfs, "fake://b/to", { other: "OLD" });
  await rejects(vfs.move("memory://a/from", "fake://b/to"), "AlreadyExists");
  const following = vfs.move("memory://a/from", "fake://b/new", { followSymlinks: true });
  await rejects(following, "InvalidArgument");
  assert.deepEqual(await harvest(vfs, "memory://a/from"), HARVEST);
  assert.deepEqual(await harvest(vfs, "fake://b/to"), { other: "OLD" });
});

/** `fake:`, in which `method` is refused. */
function refusing(method: "get" | "rename"): Vfs {
  const refuse = ({ href: url }: Location) =>
    Promise.reject(new VfsError("PermissionDenied", { op: method, url }));
  return twoOf((inner) => override(inner, { [method]: refuse }));
}

Deno.test("move() by a rename that is refused fails, and copies nothing in its place", async () => {
  await using vfs = refusing("rename");
  await plant(vfs, "fake://b/from", TREE);
  await rejects(vfs.move("fake://b/from", "fake://b/to"), "PermissionDenied");
  assert.deepEqual(await harvest(vfs, "fake://b/from"), HARVEST);
  assert.equal(await vfs.exists("fake://b/to"), false);
});

Deno.test('copy() with existing "skip" skips what is there, and not what cannot be read', async () => {
  await using vfs = refusing("get");
  await vfs.writeFile("fake://b/a", "a");
  const copying = vfs.copy("fake://b/a", "memory://a/a", { existing: "skip" });
  await rejects(copying, "PermissionDenied");
});

Deno.test("copy() puts a file into the root of a server", async () => {
  await using vfs = twoOf();
  await vfs.writeFile("memory://a/f", "f");
  await vfs.copy("memory://a/f", "fake://b");
  assert.equal(await vfs.readTextFile("fake://b/f"), "f");
});

Deno.test("move() copies where a rename cannot be, such as across disks", async () => {
  await using vfs = vfsOf([
    wrappedMemory((inner) =>
      override(inner, {
        rename: (from) =>
          Promise.reject(new VfsError("NotSupported", { op: "rename", url: from.href })),
      })
    ),
  ]);
  await plant(vfs, "fake:///from", TREE);
  assert.equal((await vfs.move("fake:///from", "fake:///to")).done, 3);
  assert.deepEqual(await harvest(vfs, "fake:///to"), HARVEST);
  assert.equal(await vfs.exists("fake:///from"), false);
});

Deno.test("move() within a transport has three ways with what exists", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///", { f: "new", g: "old", h: "new" });
  await rejects(vfs.move("memory:///f", "memory:///g"), "AlreadyExists");
  assert.equal((await vfs.move("memory:///f", "memory:///g", { existing: "skip" })).skipped, 1);
  assert.deepEqual(await harvest(vfs, "memory:///"), { f: "new", g: "old", h: "new" });
  await vfs.move("memory:///f", "memory:///g", { existing: "replace" });
  assert.deepEqual(await harvest(vfs, "memory:///"), { g: "new", h: "new" });
});

Deno.test("copy() and move() of names that are one at the destination keep the second, whole folders too", async () => {
  const folded = (inner: Transport) => {
    const low = (at: Location) => at.parent()?.child(at.name.toLowerCase()) ?? at;
    const lowered = (at: Location): Location => {
      const above = at.parent();
      return above ? lowered(above).child(low(at).name) : at;
    };
    return override({ ...inner, capabilities: { ...inner.capabilities, foldsNames: true } }, {
      stat: (at, o) => inner.stat(lowered(at), o),
      list: (at, o) => inner.list(lowered(at), o),
      get: (at, o) => inner.get(lowered(at), o),
      put: (at, source, o) => inner.put!(lowered(at), source, o),
      mkdir: (at, o) => inner.mkdir!(lowered(at), o),
    });
  };
  await using vfs = twoOf(folded);
  const tree = { "A": "big", "a": "small", "Sub": { "x": "1" }, "sub": { "x": "2", "y": "3" } };
  await plant(vfs, "memory://a/from", tree);
  const copying = vfs.copy("memory://a/from", "fake://b/copied", { existing: "replace" });
  assert.equal((await failed(copying)).report.failed, 2);
  const moving = vfs.move("memory://a/from", "fake://b/to", { existing: "replace" });
  const { report } = await failed(moving);
  assert.deepEqual([report.done, report.failed], [2, 2]);
  const left = await harvest(vfs, "memory://a/from");
  const there = await harvest(vfs, "fake://b/to");
  const contents = [...Object.values(left), ...Object.values(there)].filter((text) => text !== "");
  assert.deepEqual(contents.sort(), ["1", "2", "3", "big", "small"]);
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
