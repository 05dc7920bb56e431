import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import fc from "fast-check";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Capabilities, Transport } from "../../../vfs/transport.ts";
import type { Progress } from "../../../vfs/copy/transfer.ts";
import type { SyncOutcome, SyncReport } from "../../../vfs/sync/options.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { failed, twoOf } from "../copy/_copying.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { rejects, vfsOf, wrappedMemory } from "../_fakes.ts";
import { edited, harvest, randomFiles, store } from "./_trees.ts";
import { testWithLinks } from "../../links.ts";

const A = "memory://a/src";
const B = "memory://b/dst";

function with_(capabilities: Partial<Capabilities>): (inner: Transport) => Transport {
  return (inner) => override(inner, { capabilities: { ...inner.capabilities, ...capabilities } });
}

/** Checks that the numbers of a report add up to `found`. */
function addsUp(report: SyncReport, found?: number): void {
  const { done, kept, skipped, failed: failures, actions } = report;
  const total = Object.values(actions).reduce((sum, count) => sum + count, 0);
  assert.equal(done + kept + skipped + failures, total, JSON.stringify(report));
  if (found !== undefined) assert.equal(total, found, JSON.stringify(report));
}

async function write(vfs: Vfs, top: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) await vfs.writeFile(`${top}/${path}`, text);
}

for (const tree of [true, false]) {
  const name = `sync() with delete makes trees the same, and again does nothing (tree: ${tree})`;
  Deno.test(name, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.boolean(), async (one, two, numeric) => {
        await using vfs = vfsOf([memoryTransport({ tree }), wrappedMemory((inner) => inner)]);
        const files = randomFiles(one, 30);
        await store(vfs, A, files);
        // What is there already makes levels that sort in another way.
        await store(vfs, "fake://b/dst", numeric ? randomFiles(two, 20) : edited(files, two));
        const first = await vfs.sync(A, "fake://b/dst", { delete: true }).catch((error) => error);
        const isConflict = "report" in first && first.report.actions.conflict > 0;
        if (isConflict) return addsUp(first.report);
        assert.ok("done" in first, String(first));
        addsUp(first);
        const expected = await harvest(vfs, A);
        assert.deepEqual(await harvest(vfs, "fake://b/dst"), expected);
        const again = await vfs.sync(A, "fake://b/dst", { delete: true });
        assert.deepEqual([again.done, again.skipped, again.bytes], [0, 0, 0]);
        addsUp(again, Object.keys(expected).filter((path) => !path.endsWith("/")).length);
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("sync() tells each item once, with what was done about it", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "new": "n", "sub/changed": "after", "same": "s" });
  await vfs.sync(A, B);
  await vfs.writeFile(`${A}/sub/changed`, "again!");
  await vfs.writeFile(`${A}/newer`, "x");
  await vfs.writeFile(`${B}/gone`, "g");
  const told: SyncOutcome[] = [];
  const kept: string[] = [];
  const report = await vfs.sync(A, B, {
    delete: true,
    onOutcome: (outcome) => told.push(outcome),
    onKept: ({ path }) => kept.push(path),
  });
  assert.deepEqual(told.map(({ action, path, result }) => `${action} ${path} ${result}`), [
    "copy newer done",
    "update sub/changed done",
    "delete gone done",
  ]);
  assert.deepEqual(kept, ["new", "same"]);
  assert.equal(told[0]!.to, `${B}/newer`);
  addsUp(report, 5);
});

Deno.test("sync() with dryRun tells the same and changes nothing", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "new": "n", "changed": "after", "e/f": "" });
  await write(vfs, B, { "changed": "b", "gone/x": "g" });
  const before = await harvest(vfs, B);
  const told: string[] = [];
  const report = await vfs.sync(A, B, {
    delete: true,
    dryRun: true,
    onOutcome: ({ action, path }) => told.push(`${action} ${path}`),
  });
  assert.deepEqual(told.sort(), ["copy e/f", "copy new", "delete gone/x", "update changed"]);
  assert.deepEqual(await harvest(vfs, B), before);
  assert.deepEqual([report.done, report.skipped, report.dryRun], [0, 4, true]);
});

Deno.test("sync() without delete leaves what only the destination has", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "a": "1" });
  await write(vfs, B, { "b": "2", "c/d": "3" });
  addsUp(await vfs.sync(A, B), 1);
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["a", "b", "c/", "c/d"]);
});

Deno.test("sync() with delete deletes nothing when a directory of the source cannot be listed", async () => {
  await using vfs = vfsOf([
    memoryTransport(),
    wrappedMemory((inner) =>
      override(inner, {
        async *list(at, o) {
          if (at.name === "bad") await inner.stat(at.child("nothing"), o);
          yield* inner.list(at, o);
        },
      }, ["tree"])
    ),
  ]);
  await write(vfs, "fake://a/src", { "a": "1", "bad/b": "2", "later/d": "4" });
  await write(vfs, B, { "gone": "g", "bad/b": "2", "bad/c": "3", "bad/sub/x": "", "later/e": "5" });
  // A plan does not promise what the run would not do.
  for (const dryRun of [true, false]) {
    const { report } = await failed(vfs.sync("fake://a/src", B, { delete: true, dryRun }));
    const sync = report as SyncReport;
    assert.equal(sync.actions.error, 1);
    assert.equal(sync.actions.delete, 2);
    assert.match(sync.notDeleted ?? "", /failed/);
  }
  const files = Object.keys(await harvest(vfs, B)).filter((path) => !path.endsWith("/"));
  assert.deepEqual(files, ["a", "bad/b", "bad/c", "bad/sub/x", "gone", "later/d", "later/e"]);
});

Deno.test("sync() with delete deletes nothing when a copy failed", async () => {
  await using vfs = twoOf((inner) =>
    override(inner, {
      async get(at, o) {
        // It vanishes after it was listed.
        if (at.name === "bad") await inner.remove!(at, o);
        return await inner.get(at, o);
      },
    })
  );
  await write(vfs, "fake://a/src", { "bad": "1", "good": "2" });
  await vfs.writeFile(`${B}/gone`, "g");
  const { report } = await failed(vfs.sync("fake://a/src", B, { delete: true }));
  assert.equal(report.problems[0]!.error!.kind, "NotFound");
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["gone", "good"]);
});

Deno.test("sync() deletes nothing at all when more than maxDelete files would go", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "a": "1" });
  await write(vfs, B, { "a": "00", "x": "", "y": "", "d/z": "" });
  const { report } = await failed(vfs.sync(A, B, { delete: true, maxDelete: 2 }));
  addsUp(report as SyncReport, 5);
  assert.equal(await vfs.readTextFile(`${B}/a`), "1");
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["a", "d/", "d/z", "x", "y"]);
  addsUp(await vfs.sync(A, B, { delete: true, maxDelete: 3 }), 4);
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["a"]);
});

Deno.test("sync() refuses places that lie in each other, and a source that is none", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "d/f": "1" });
  for (const [from, to] of [[A, `${A}/d`], [`${A}/d`, A], [A, A], [A, `${A}/new`]] as const) {
    await rejects(vfs.sync(from, to, { delete: true }), "InvalidArgument");
  }
  await rejects(vfs.sync(`${A}/nothing`, B), "NotFound");
  await rejects(vfs.sync(`${A}/d/f`, B), "NotADirectory");
  await vfs.writeFile(B, "a file");
  await rejects(vfs.sync(A, B), "NotADirectory");
  await rejects(vfs.sync(A, "memory://c/x", { maxDelete: -1 }), "InvalidArgument");
  await rejects(vfs.sync(A, "memory://c/x", { bytesPerSecond: 0 }), "InvalidArgument");
});

Deno.test("sync() tells of a file where a directory is, and of the reverse, and does the rest", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "x": "file", "y/in": "1", "z": "2" });
  await write(vfs, B, { "x/in": "3", "y": "file" });
  const { report } = await failed(vfs.sync(A, B, { delete: true }));
  assert.equal((report as SyncReport).actions.conflict, 2);
  addsUp(report as SyncReport, 3);
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["x/", "x/in", "y", "z"]);
});

Deno.test("sync() to a place that folds names copies the first of two that are the same there", async () => {
  await using vfs = twoOf(with_({ foldsNames: true }));
  await write(vfs, A, { "Name": "1", "name": "22", "é": "3" });
  await vfs.writeFile("fake://b/dst/e\u0301", "old");
  const told: string[] = [];
  await failed(vfs.sync(A, "fake://b/dst", {
    onOutcome: ({ action, path }) => told.push(`${action} ${path}`),
  }));
  assert.deepEqual(told.sort(), ["conflict name", "copy Name", "update é"]);
});

Deno.test("sync() never deletes what a filter hides", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "a.dcm": "1", "b.txt": "2" });
  await write(vfs, B, { "c.dcm": "", "d.txt": "", "cache/e.dcm": "" });
  const report = await vfs.sync(A, B, { delete: true, exts: [".dcm"], skip: [/^cache/] });
  addsUp(report, 2);
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["a.dcm", "cache/", "cache/e.dcm", "d.txt"]);
  await vfs.sync(A, B, { delete: true, where: ({ name }) => name.endsWith(".dcm") });
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["a.dcm", "d.txt"]);
});

Deno.test("check() of several places is the same only when all of them are", async () => {
  await using vfs = twoOf();
  for (const place of ["x", "y"]) {
    await write(vfs, `memory://${place}`, { "a/f": "1", "b/f": "2" });
  }
  const check = () => vfs.check(["memory://x/a", "memory://x/b"], "memory://y");
  assert.equal((await check()).same, true);
  await vfs.writeFile("memory://y/a/f", "changed");
  assert.equal((await check()).same, false);
});

Deno.test("sync() reports nothing of what `where` leaves out", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "a.dcm": "1", "b.txt": "2", "c.txt": "3" });
  const told: string[] = [];
  let last: Progress | undefined;
  const report = await vfs.sync(A, B, {
    where: ({ name }) => name.endsWith(".dcm"),
    onOutcome: ({ path }) => told.push(path),
    onProgress: (progress) => last = progress,
  });
  addsUp(report, 1);
  assert.deepEqual([told, report.problems], [["a.dcm"], []]);
  assert.deepEqual([last?.files, last?.totalFiles], [3, 3]);
});

Deno.test("sync() makes empty directories, and removes those that are gone", async () => {
  await using vfs = twoOf();
  await vfs.mkdir(`${A}/empty/deep`, { recursive: true });
  await vfs.mkdir(`${B}/old/older`, { recursive: true });
  await vfs.sync(A, B, { delete: true });
  assert.deepEqual(Object.keys(await harvest(vfs, B)), ["empty/", "empty/deep/"]);
});

Deno.test("sync() compares by content where times tell nothing", async () => {
  await using vfs = twoOf(with_({ keepsTimes: undefined }));
  const to = "fake://b/dst";
  await write(vfs, A, { "a": "1111", "b": "2222" });
  await vfs.sync(A, to);
  await vfs.writeFile(`${A}/b`, "3333");
  const report = await vfs.sync(A, to);
  assert.deepEqual([report.actions.update, report.kept], [1, 1]);
  assert.equal(await vfs.readTextFile(`${to}/b`), "3333");
});

Deno.test("sync() with checksum finds what size and time hide, and with size nothing more", async () => {
  await using vfs = twoOf();
  const mtime = new Date("2020-01-01T00:00:01.234Z");
  await vfs.writeFile(`${A}/f`, "aaaa", { mtime });
  await vfs.writeFile(`${B}/f`, "bbbb", { mtime });
  assert.equal((await vfs.sync(A, B)).kept, 1);
  await vfs.writeFile(`${A}/f`, "cccc");
  assert.equal((await vfs.sync(A, B, { compare: "size" })).kept, 1);
  assert.equal((await vfs.sync(A, B, { compare: "checksum", dryRun: true })).actions.update, 1);
  assert.equal((await vfs.sync(A, B)).actions.update, 1);
  assert.equal((await vfs.sync(A, B, { compare: "checksum" })).kept, 1);
});

Deno.test("sync() is aborted at once", async () => {
  const stop = new AbortController();
  await using vfs = twoOf();
  await write(vfs, A, Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, "x"])));
  const running = vfs.sync(A, B, { signal: stop.signal, onOutcome: () => stop.abort() });
  await rejects(running, "Aborted");
  assert.ok(Object.keys(await harvest(vfs, B)).length < 50);
});

Deno.test("sync() fails for a file that changes while it is copied, and leaves the old one", async () => {
  const source = wrappedMemory((inner) =>
    override(inner, {
      async get(at, o) {
        const got = await inner.get(at, o);
        await inner.put!(at, sourceOfBytes(new Uint8Array(3)), o);
        return got;
      },
    })
  );
  await using vfs = vfsOf([memoryTransport(), source]);
  await vfs.writeFile("fake://a/src/f", "new");
  await vfs.writeFile(`${B}/f`, "older");
  const { report } = await failed(vfs.sync("fake://a/src", B));
  assert.equal(report.problems[0]!.error!.kind, "ConditionFailed");
  assert.equal(await vfs.readTextFile(`${B}/f`), "older");
});

Deno.test("check() tells what differs, and counts it", async () => {
  await using vfs = twoOf();
  await write(vfs, A, { "same": "s", "differs": "1", "missing": "m" });
  await write(vfs, B, { "same": "s", "differs": "22", "extra": "e" });
  const report = await vfs.check(A, B, { compare: "checksum" });
  const { same, matching, differing, missing, extra, failed: failures } = report;
  assert.deepEqual([same, matching, differing, missing, extra, failures], [false, 1, 1, 1, 1, 0]);
  await vfs.sync(A, B);
  assert.equal((await vfs.check(A, B, { compare: "checksum" })).same, false);
  assert.equal((await vfs.check(A, B, { compare: "checksum", oneWay: true })).same, true);
});

Deno.test("sync() file: to file: fails for a file that is written to while it is copied, and leaves the old one", async () => {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  const { copyFile } = Deno;
  try {
    await using vfs = createVfs();
    // A small one is copied in one go.
    await vfs.writeFile(`${folder}/a/f`, "new".repeat(100_000));
    await vfs.writeFile(`${folder}/b/f`, "older");
    Deno.copyFile = async (from, to) => {
      await copyFile(from, to);
      await Deno.writeTextFile(from, "more", { append: true });
    };
    const { report } = await failed(vfs.sync(`${folder}/a`, `${folder}/b`));
    assert.equal(report.problems[0]!.error!.kind, "ConditionFailed");
    assert.equal(await vfs.readTextFile(`${folder}/b/f`), "older");
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${folder}/b`))).length, 1);
  } finally {
    Deno.copyFile = copyFile;
    await Deno.remove(folder, { recursive: true });
  }
});

testWithLinks(
  "sync() file: to file: skips links, leaves what they hide, and follows them when told",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
    try {
      await using vfs = createVfs();
      const [a, b] = [`${folder}/a`, `${folder}/b`];
      await vfs.writeFile(`${a}/real/f`, "f");
      await Deno.symlink("real", `${a}/dir`);
      await Deno.symlink("real/f", `${a}/file`);
      await Deno.symlink("..", `${a}/real/up`);
      for (const name of ["dir/x", "file"]) await vfs.writeFile(`${b}/${name}`, "kept");
      await Deno.symlink("/", `${b}/gone`);
      const first = await vfs.sync(a, b, { delete: true });
      addsUp(first, 5);
      assert.deepEqual([first.done, first.skipped], [2, 3]);
      assert.deepEqual(Object.keys(await harvest(vfs, toFileUrl(b).href)), [
        "dir/",
        "dir/x",
        "file",
        "real/",
        "real/f",
      ]);
      const second = await vfs.sync(a, b, { delete: true, followSymlinks: true });
      addsUp(second);
      assert.equal(await vfs.readTextFile(`${b}/dir/f`), "f");
      assert.equal(await vfs.readTextFile(`${b}/file`), "f");
      assert.equal(await vfs.exists(`${b}/real/up`), false);
      assert.equal(await vfs.exists(`${b}/dir/x`), false);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWithLinks("sync() refuses a destination that is the source by another way", async () => {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  try {
    await using vfs = createVfs();
    await vfs.writeFile(`${folder}/a/f`, "f");
    await Deno.symlink("a", `${folder}/link`);
    await rejects(vfs.sync(`${folder}/a`, `${folder}/link`, { delete: true }), "InvalidArgument");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testWithLinks(
  "sync() refuses places that lie in each other by another way, and takes nothing away",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
    try {
      await using vfs = createVfs();
      const zip = (top: string) => `zip://${encodeURIComponent(`file://${folder}/${top}/a.zip`)}`;
      const texts = { f: "f", "sub/g": "g", "sub/h/i": "i" };
      for (const [path, text] of Object.entries(texts)) {
        await vfs.writeFile(`${folder}/a/d/${path}`, text);
        await vfs.writeFile(`${zip("a")}/${path}`, text);
      }
      await Deno.symlink("a", `${folder}/link`);
      await Deno.symlink("a/d/sub", `${folder}/deep`);
      const pairs = [
        [`${folder}/deep`, `${folder}/a/d`],
        [`${folder}/deep/h`, `${folder}/a/d`],
        [`${folder}/a/d`, `${folder}/deep`],
        [`${folder}/a/d`, `${folder}/deep/new`],
        [`${folder}/link/d/sub`, `${folder}/a/d`],
        [`${folder}/a/d/sub/h`, `${folder}/link/d`],
        [`${folder}/a/d`, `${folder}/link/d/sub`],
        [`${folder}/a/d`, `${folder}/link/d/new`],
        [zip("a"), zip("link")],
        [`${zip("link")}/sub`, zip("a")],
        [zip("a"), `${zip("link")}/sub`],
      ] as const;
      for (const [from, to] of pairs) {
        await rejects(vfs.sync(from, to, { delete: true }), "InvalidArgument");
      }
      for (const top of [`${folder}/a/d`, zip("a")]) {
        for (const [path, text] of Object.entries(texts)) {
          assert.equal(await vfs.readTextFile(`${top}/${path}`), text);
        }
        assert.equal(Object.keys(await harvest(vfs, top)).length, 5);
      }
      // Beside each other they are two.
      await vfs.sync(`${zip("a")}/sub`, `${zip("link")}/other`, { delete: true });
      await vfs.sync(`${folder}/a/d/sub`, `${folder}/link/d/other`, { delete: true });
      assert.equal(await vfs.readTextFile(`${folder}/a/d/other/h/i`), "i");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("sync() with bounds on bytes and operations copies the same, within one transport too", async () => {
  await using vfs = twoOf();
  await write(vfs, "memory://a/src", { "x": "1", "sub/y": "22" });
  const bounds = { bytesPerSecond: 1e9, operationsPerSecond: 1e6 };
  assert.equal((await vfs.sync("memory://a/src", "memory://a/dst", bounds)).bytes, 3);
  assert.deepEqual(await harvest(vfs, "memory://a/dst"), await harvest(vfs, "memory://a/src"));
});

Deno.test("sync() of directories that have identities, where the root is no place, as on Windows", async () => {
  await using vfs = vfsOf([wrappedMemory((inner) => ({
    ...inner,
    async stat(at, options) {
      if (at.segments.length === 0) throw new VfsError("InvalidUrl", { op: "stat", url: at.href });
      return { ...await inner.stat(at, options), id: at.href };
    },
  }))]);
  await vfs.writeFile("fake:///C:/a/f", "1");
  assert.equal((await vfs.sync("fake:///C:/a", "fake:///C:/b")).done, 1);
  assert.equal((await vfs.sync("fake:///C:/a", "fake:///C:/b", { delete: true })).done, 0);
});
