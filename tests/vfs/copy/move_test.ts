import { strict as assert } from "node:assert";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Location } from "../../../vfs/location/location.ts";
import type { Outcome, Progress } from "../../../vfs/copy/transfer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { harvest, memoryVfs, plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";
import { failed, HARVEST, TREE, twoOf } from "./_copying.ts";

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

Deno.test("move(): an empty directory that cannot be made at the destination stays", async () => {
  await using vfs = twoOf();
  await vfs.mkdir("fake://b/from/empty", { recursive: true });
  await vfs.writeFile("fake://b/from/a", "a");
  await vfs.writeFile("memory://a/to/empty", "a file");
  const { report } = await failed(
    vfs.move("fake://b/from", "memory://a/to", { existing: "replace" }),
  );
  assert.deepEqual([report.done, report.failed], [1, 1]);
  assert.deepEqual(await harvest(vfs, "fake://b/from"), { "empty/": "" });
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

for (const how of ["copy", "move"] as const) {
  Deno.test(`${how}() of one file tells it, its bytes, and that it was all`, async () => {
    await using vfs = twoOf();
    await vfs.writeFile("memory://a/f", "12345");
    const outcomes: Outcome[] = [];
    const seen: Progress[] = [];
    const report = await vfs[how]("memory://a/f", "memory://a/g", {
      onOutcome: (outcome) => outcomes.push(outcome),
      onProgress: (progress) => seen.push(progress),
    });
    const { files, totalFiles, bytes, totalBytes, listed } = seen.at(-1)!;
    assert.deepEqual([files, totalFiles, bytes, totalBytes, listed], [1, 1, 5, 5, true]);
    assert.deepEqual([report.done, report.bytes], [1, 5]);
    const [outcome] = outcomes;
    assert.deepEqual([outcome?.to, outcome?.result, outcome?.bytes], ["memory://a/g", "done", 5]);
  });
}

Deno.test("move() of a directory that replaces what is there leaves what only the destination has", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///from", { a: "new" });
  await plant(vfs, "memory:///to", { a: "old", b: "kept" });
  await vfs.move("memory:///from", "memory:///to", { existing: "replace" });
  assert.deepEqual(await harvest(vfs, "memory:///"), { "to/": "", "to/a": "new", "to/b": "kept" });
});

Deno.test("move() within a transport that copies, but renames nothing and lists names alone", async () => {
  await using vfs = vfsOf([
    wrappedMemory((inner) =>
      override(inner, {
        async *list(at, o) {
          for await (const page of inner.list(at, o)) {
            yield page.map(({ name, kind }) => ({ name, kind }));
          }
        },
      }, ["rename"])
    ),
  ]);
  await plant(vfs, "fake:///from", TREE);
  assert.equal((await vfs.move("fake:///from", "fake:///to")).done, 3);
  assert.deepEqual(await harvest(vfs, "fake:///to"), HARVEST);
  assert.equal(await vfs.exists("fake:///from"), false);
});

Deno.test("move(): an emptied directory that is gone is no failure, and one that cannot be removed is told", async () => {
  for (const kind of ["NotFound", "PermissionDenied"] as const) {
    await using vfs = twoOf((inner) =>
      override(inner, {
        remove: async (at, o) => {
          await inner.remove!(at, o);
          if (at.name === "sub") throw new VfsError(kind, { op: "remove", url: at.href });
        },
      })
    );
    await plant(vfs, "fake://b/from", { sub: { f: "f" } });
    const moving = vfs.move("fake://b/from", "memory://a/to");
    if (kind === "NotFound") {
      assert.equal((await moving).failed, 0);
      continue;
    }
    const { report } = await failed(moving);
    assert.deepEqual([report.done, report.failed, report.problems[0]?.from], [
      1,
      1,
      "fake://b/from/sub",
    ]);
  }
});

Deno.test("copy() takes back the bytes of what fails or is skipped once it was read", async () => {
  for (const [kind, existing] of [["StorageFull", "error"], ["AlreadyExists", "skip"]] as const) {
    await using vfs = twoOf((inner) =>
      override(inner, {
        put: async (at, source, o) => {
          if (at.name !== "bad") return await inner.put!(at, source, o);
          await collect(await source.open());
          throw new VfsError(kind, { op: "write", url: at.href });
        },
      })
    );
    await plant(vfs, "memory://a/from", { good: "12", bad: "345" });
    const seen: Progress[] = [];
    const options = { existing, onProgress: (progress: Progress) => seen.push(progress) };
    const copying = vfs.copy("memory://a/from", "fake://b/to", options);
    const report = existing === "skip" ? await copying : (await failed(copying)).report;
    assert.deepEqual([report.bytes, seen.at(-1)?.bytes], [2, 2]);
  }
});
