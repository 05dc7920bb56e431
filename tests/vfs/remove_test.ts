import { strict as assert } from "node:assert";
import { VfsError } from "../../vfs/errors.ts";
import { override } from "../../vfs/layers/layer.ts";
import { type Outcome, TransferFailed } from "../../vfs/copy/transfer.ts";
import type { Capabilities, Transport } from "../../vfs/transport.ts";
import {
  harvest,
  memoryVfs,
  plant,
  rejects,
  settle,
  type Tree,
  treeTransport,
  vfsOf,
  wrappedMemory,
} from "./_fakes.ts";

const TREE: Tree = { a: "1", sub: { b: "22", deep: { c: "333" } }, empty: {} };

/** Memory whose capabilities and removal are changed. */
function removing(
  capabilities: Partial<Capabilities>,
  remove: (inner: Transport) => NonNullable<Transport["remove"]> = (inner) =>
    inner.remove!.bind(inner),
) {
  return vfsOf([
    wrappedMemory((inner) =>
      override(inner, {
        capabilities: { ...inner.capabilities, ...capabilities },
        remove: remove(inner),
      })
    ),
  ]);
}

Deno.test("remove() of a directory takes all below it, by the driver at one go or one by one", async () => {
  for (const removeTree of [true, false]) {
    const calls: [string, boolean | undefined][] = [];
    await using vfs = removing({ removeTree }, (inner) => (at, o) => {
      calls.push([at.segments.join("/"), o.recursive]);
      return inner.remove!(at, o);
    });
    await plant(vfs, "fake:///top", TREE);
    await vfs.writeFile("fake:///other", "stays");
    const outcomes: Outcome[] = [];
    const report = await vfs.remove("fake:///top", {
      recursive: true,
      onOutcome: (o) => outcomes.push(o),
    });
    assert.deepEqual(await harvest(vfs, "fake:///"), { other: "stays" });
    if (removeTree) assert.deepEqual(calls, [["top", true]]);
    else {
      assert(calls.every(([, recursive]) => !recursive));
      assert.deepEqual([report.done, report.failed, outcomes.length], [3, 0, 3]);
      assert.deepEqual(calls.slice(3).map(([path]) => path), [
        "top/sub/deep",
        "top/sub",
        "top/empty",
        "top",
      ]);
    }
  }
});

Deno.test("remove() of a file, of an empty directory, of a full one and of nothing", async () => {
  for (const removeTree of [true, false]) {
    await using vfs = removing({ removeTree });
    await plant(vfs, "fake:///top", TREE);
    await rejects(vfs.remove("fake:///top"), "NotEmpty");
    assert.equal((await vfs.remove("fake:///top/a")).done, 1);
    assert.equal((await vfs.remove("fake:///top/sub/b", { recursive: true })).done, 1);
    await vfs.remove("fake:///top/empty");
    for (const recursive of [true, false]) {
      await rejects(vfs.remove("fake:///nothing", { recursive }), "NotFound");
    }
    assert.deepEqual(await harvest(vfs, "fake:///top"), {
      "sub/": "",
      "sub/deep/": "",
      "sub/deep/c": "333",
    });
  }
});

Deno.test("remove() goes on after failures, keeps the directories, and reports", async () => {
  await using vfs = removing(
    { removeTree: false },
    (inner) => (at, o) =>
      at.name === "b"
        ? Promise.reject(new VfsError("PermissionDenied", { op: "remove", url: at.href }))
        : inner.remove!(at, o),
  );
  await plant(vfs, "fake:///top", TREE);
  const error = await rejects(vfs.remove("fake:///top", { recursive: true }), "PartialFailure");
  assert(error instanceof TransferFailed);
  assert.deepEqual([error.report.done, error.report.failed], [2, 1]);
  assert.equal(error.report.problems[0]?.from, "fake:///top/sub/b");
  assert.equal(await vfs.exists("fake:///top/sub/b"), true);
});

Deno.test("remove() works where directories go with the last file in them", async () => {
  await using vfs = removing(
    { removeTree: false, emptyDirectories: false, mkdir: false },
    (inner) => async (at, o) => {
      await inner.remove!(at, o);
      for (let up = at.parent(); up?.parent(); up = up.parent()) {
        if ((await Array.fromAsync(inner.list(up, o))).flat().length > 0) break;
        await inner.remove!(up, o);
      }
    },
  );
  await vfs.writeFile("fake:///x/top/sub/deep/c", "1");
  await vfs.writeFile("fake:///x/top/sub/b", "1");
  assert.equal((await vfs.remove("fake:///x/top", { recursive: true })).done, 2);
  assert.equal(await vfs.exists("fake:///x/top"), false);
});

Deno.test("remove() takes links away, never what they lead to", async () => {
  const removed: string[] = [];
  const { transport } = treeTransport({
    keep: { file: "x" },
    top: { todir: "->/keep", tofile: "->/keep/file", broken: "->/no", own: "x" },
  });
  const stat: Transport["stat"] = async (at, o) =>
    o.followSymlinks === false && at.name.startsWith("to") && at.name !== "top"
      ? { kind: "symlink" }
      : await transport.stat(at, o);
  const remove: Transport["remove"] = (at) => Promise.resolve(void removed.push(at.href));
  await using vfs = memoryVfs({ ...transport, stat, remove });
  await vfs.remove("fake:///top", { recursive: true });
  assert.deepEqual(
    removed.slice(0, 4).toSorted(),
    ["broken", "own", "todir", "tofile"].map((n) => `fake:///top/${n}`),
  );
  assert.deepEqual(removed.slice(4), ["fake:///top"]);
  removed.length = 0;
  await vfs.remove("fake:///top/todir", { recursive: true });
  assert.deepEqual(removed, ["fake:///top/todir"]);
});

Deno.test("promise 3: remove() removes no directory of which a part could not be listed", async () => {
  const removed: string[] = [];
  const { transport } = treeTransport(TREE);
  const list: Transport["list"] = async function* (at, o) {
    if (at.name === "deep") {
      throw new VfsError("Unavailable", { op: "list", url: at.href, status: "permanent" });
    }
    yield* transport.list(at, o);
  };
  await using vfs = memoryVfs({
    ...transport,
    list,
    remove: (at) => Promise.resolve(void removed.push(at.name)),
  });
  await rejects(vfs.remove("fake:///", { recursive: true }), "Unavailable");
  assert(removed.every((name) => ["a", "b"].includes(name)));
});

Deno.test("promise 6: remove() ends at an abort", async () => {
  const abort = new AbortController();
  let removed = 0;
  await using vfs = removing({ removeTree: false }, (inner) => async (at, o) => {
    await settle(1);
    if (++removed === 5) abort.abort();
    await inner.remove!(at, o);
  });
  await plant(
    vfs,
    "fake:///top",
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, "x"])),
  );
  await rejects(
    vfs.remove("fake:///top", { recursive: true, concurrency: 2, signal: abort.signal }),
    "Aborted",
  );
  assert(removed < 10);
  assert(await vfs.exists("fake:///top"));
});

Deno.test("remove() takes no more at once than told", async () => {
  let now = 0;
  let most = 0;
  await using vfs = removing({ removeTree: false }, (inner) => async (at, o) => {
    most = Math.max(most, ++now);
    await settle(1);
    now--;
    await inner.remove!(at, o);
  });
  await plant(
    vfs,
    "fake:///top",
    Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, "x"])),
  );
  await vfs.remove("fake:///top", { recursive: true, concurrency: 3 });
  assert.equal(most, 3);
});

Deno.test("remove() is refused where the driver cannot", async () => {
  const { transport } = treeTransport(TREE, { remove: false });
  await using vfs = memoryVfs(transport);
  await rejects(vfs.remove("fake:///a"), "NotSupported");
});
