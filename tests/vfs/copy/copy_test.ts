import { strict as assert } from "node:assert";
import { createVfs } from "../../../mod.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import type { CopyOptions } from "../../../vfs/copy/copy.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import { type Outcome, type Progress, TransferFailed } from "../../../vfs/copy/transfer.ts";
import type { Transport } from "../../../vfs/transport.ts";
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
} from "../_fakes.ts";
import { failed, HARVEST, TREE, twoOf } from "./_copying.ts";

/** The source on one driver and the destination on another. */
const TO = {
  "one transport": "memory://a/to",
  "another host": "memory://b/to",
  "another driver": "fake://b/to",
};

for (const [how, to] of Object.entries(TO)) {
  Deno.test(`copy() to ${how} gives the same tree, empty directories too, and leaves the source`, async () => {
    await using vfs = twoOf();
    await plant(vfs, "memory://a/from", TREE);
    const report = await vfs.copy("memory://a/from", to);
    assert.deepEqual(await harvest(vfs, to), HARVEST);
    assert.deepEqual(await harvest(vfs, "memory://a/from"), HARVEST);
    const { done, skipped, failed, bytes, problems } = report;
    assert.deepEqual({ done, skipped, failed, bytes, problems }, {
      done: 3,
      skipped: 0,
      failed: 0,
      bytes: 7,
      problems: [],
    });
  });

  Deno.test(`move() to ${how} gives the same tree and takes the source away`, async () => {
    await using vfs = twoOf();
    await plant(vfs, "memory://a/from", TREE);
    const report = await vfs.move("memory://a/from", to);
    assert.deepEqual(await harvest(vfs, to), HARVEST);
    assert.equal(await vfs.exists("memory://a/from"), false);
    assert.equal(report.failed + report.skipped, 0);
  });

  Deno.test(`copy() of a file to ${how}: to exactly that name, or into it after a slash`, async () => {
    await using vfs = twoOf();
    await plant(vfs, "memory://a/from", TREE);
    await vfs.copy("memory://a/from/a.dcm", `${to}/x/y`);
    await vfs.copy("memory://a/from/a.dcm", `${to}/x/`);
    await vfs.copy("memory://a/from/sub", `${to}/z/`);
    assert.deepEqual(Object.keys(await harvest(vfs, to)).filter((p) => !p.endsWith("/")), [
      "x/a.dcm",
      "x/y",
      "z/sub/b.dcm",
      "z/sub/deep/c#%.dcm",
    ]);
  });

  Deno.test(`copy() to ${how} has three ways with what exists`, async () => {
    await using vfs = twoOf();
    await plant(vfs, "memory://a/from", TREE);
    const old: Tree = { "a.dcm": "OLD", "other": "stays" };
    const run = async (existing?: CopyOptions["existing"]) => {
      await vfs.remove(to, { recursive: true }).catch(() => {});
      await plant(vfs, to, old);
      const outcome = await vfs.copy("memory://a/from", to, { existing }).catch((e) => e);
      return [outcome, await harvest(vfs, to)] as const;
    };
    const [error, kept] = await run();
    assert(error instanceof TransferFailed);
    assert.deepEqual([error.report.done, error.report.failed], [2, 1]);
    assert.equal(error.report.problems[0]?.error?.kind, "AlreadyExists");
    assert.deepEqual(kept, { ...HARVEST, ...old });
    const [skipping, same] = await run("skip");
    assert.deepEqual([skipping.done, skipping.skipped, skipping.bytes], [2, 1, 3]);
    assert.deepEqual(skipping.problems.map((p: Outcome) => [p.from, p.reason]), [[
      "memory://a/from/a.dcm",
      "exists",
    ]]);
    assert.deepEqual(same, { ...HARVEST, ...old });
    const [replacing, replaced] = await run("replace");
    assert.equal(replacing.done, 3);
    assert.deepEqual(replaced, { ...HARVEST, other: "stays" });
    const alone = (existing?: CopyOptions["existing"]) =>
      vfs.copy("memory://a/from/a.dcm", `${to}/other`, { existing });
    await rejects(alone(), "AlreadyExists");
    assert.equal((await alone("skip")).skipped, 1);
    assert.equal(await vfs.readTextFile(`${to}/other`), "stays");
    await alone("replace");
    assert.equal(await vfs.readTextFile(`${to}/other`), "aaaa");
  });
}

Deno.test("copy() and move() refuse what lies in the source, and the source itself", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///from", TREE);
  for (const to of ["memory:///from", "memory:///from/sub/x", "memory:///from/", "memory:///"]) {
    const target = to === "memory:///" ? "memory:///from" : to;
    await rejects(vfs.copy("memory:///from", target), "InvalidArgument");
    await rejects(vfs.move("memory:///from", target), "InvalidArgument");
  }
  await rejects(
    vfs.copy("memory:///from/a.dcm", "memory:///from/a.dcm", { existing: "replace" }),
    "InvalidArgument",
  );
  assert.deepEqual(await harvest(vfs, "memory:///from"), HARVEST);
  assert.equal((await vfs.copy("memory:///from", "memory:///from2")).done, 3);
});

Deno.test("copy() of nothing is NotFound, and makes nothing", async () => {
  await using vfs = memoryVfs();
  await rejects(vfs.copy("memory:///nothing", "memory:///to"), "NotFound");
  await rejects(vfs.move("memory:///nothing", "memory:///to"), "NotFound");
  assert.equal(await vfs.exists("memory:///to"), false);
});

Deno.test("copy(): progress and outcomes add up, and end with everything listed", async () => {
  await using vfs = twoOf();
  const many: Tree = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`d${i % 4}-${i}`, { f: "x".repeat(i) }]),
  );
  await plant(vfs, "memory://a/from", many);
  await vfs.writeFile("fake://b/to/d0-0/f", "old");
  const seen: Progress[] = [];
  const outcomes: Outcome[] = [];
  const report = await vfs.copy("memory://a/from", "fake://b/to", {
    existing: "skip",
    onProgress: (progress) => seen.push(progress),
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const total = 39 * 40 / 2;
  const last = seen.at(-1);
  assert.deepEqual(
    [last?.files, last?.totalFiles, last?.bytes, last?.totalBytes, last?.listed],
    [40, 40, total, total, true],
  );
  assert.deepEqual([report.done, report.skipped, report.bytes], [39, 1, total]);
  assert.equal(outcomes.length, 40);
  assert.equal(outcomes.reduce((sum, { bytes = 0 }) => sum + bytes, 0), total);
  for (const [i, progress] of seen.entries()) {
    assert(progress.files <= progress.totalFiles && progress.bytes <= progress.totalBytes);
    assert(i === 0 || progress.files >= seen[i - 1]!.files);
    assert(!progress.listed || progress.totalFiles === 40, "the total is told while it grows");
  }
});

Deno.test("copy() goes on after failures, reports each, and TransferFailed carries the report", async () => {
  await using vfs = twoOf((inner) =>
    override(inner, {
      put: (at, source, o) =>
        at.name === "bad"
          ? Promise.reject(new VfsError("StorageFull", { op: "write", url: at.href }))
          : inner.put!(at, source, o),
    })
  );
  await plant(vfs, "memory://a/from", {
    "1": "one",
    "bad": "bad",
    "sub": { "bad": "bad", "2": "two" },
  });
  const seen: Progress[] = [];
  const error = await failed(
    vfs.copy("memory://a/from", "fake://b/to", { onProgress: (p) => seen.push(p) }),
  );
  const { done, failed: failures, bytes, problems } = error.report;
  assert.deepEqual([done, failures, bytes], [2, 2, 6]);
  assert.deepEqual(problems.map((p) => [p.from, p.to, p.result, p.error?.kind]), [
    ["memory://a/from/bad", "fake://b/to/bad", "failed", "StorageFull"],
    ["memory://a/from/sub/bad", "fake://b/to/sub/bad", "failed", "StorageFull"],
  ]);
  assert.match(
    error.message,
    /2 failed, 2 done; first: Cannot write "fake:\/\/b\/to\/bad": no space left/,
  );
  assert.equal((error.cause as VfsError).kind, "StorageFull");
  assert.equal(JSON.parse(JSON.stringify(error)).report.failed, 2);
  assert.deepEqual([seen.at(-1)?.files, seen.at(-1)?.totalFiles, seen.at(-1)?.bytes], [4, 4, 6]);
});

Deno.test("copy() counts a directory that cannot be listed as failed, and copies the rest", async () => {
  const { transport } = treeTransport(TREE);
  const list: Transport["list"] = async function* (at, o) {
    if (at.name === "sub") throw new VfsError("PermissionDenied", { op: "list", url: at.href });
    yield* transport.list(at, o);
  };
  await using vfs = memoryVfs({ ...transport, list });
  const seen: Progress[] = [];
  const error = await failed(
    vfs.copy("fake:///", "memory:///to", { onProgress: (p) => seen.push(p) }),
  );
  assert.deepEqual([error.report.done, error.report.failed], [1, 1]);
  assert.equal(error.report.problems[0]?.from, "fake:///sub");
  assert.deepEqual([seen.at(-1)?.files, seen.at(-1)?.totalFiles], [2, 2]);
  await rejects(vfs.copy("fake:///sub", "memory:///sub"), "PermissionDenied");
});

Deno.test("copy() lists below directories whose turn has not come", async () => {
  const studies: Tree = Object.fromEntries(
    Array.from({ length: 5 }, (_, i) => [`${i}`, { series: { f: "x" } }]),
  );
  const { transport, listed } = treeTransport(studies);
  let ahead: string[] = [];
  const list: Transport["list"] = async function* (at, o) {
    if (at.href === "fake:///0/series") {
      await settle();
      ahead = [...listed];
    }
    yield* transport.list(at, o);
  };
  await using vfs = memoryVfs({ ...transport, list });
  assert.equal((await vfs.copy("fake:///", "memory:///to")).done, 5);
  assert(ahead.includes("fake:///3/series"), ahead.join());
});

Deno.test("copy() counts an empty directory that cannot be made as failed, and copies the rest", async () => {
  await using vfs = twoOf((inner) =>
    override(inner, {
      mkdir: (at) => Promise.reject(new VfsError("StorageFull", { op: "mkdir", url: at.href })),
    })
  );
  await plant(vfs, "memory://a/from", TREE);
  const error = await failed(vfs.copy("memory://a/from", "fake://b/to"));
  assert.deepEqual([error.report.done, error.report.failed], [3, 1]);
  assert.equal(error.report.problems[0]?.from, "memory://a/from/empty/nested");
});

Deno.test("copy() bears a thousand failures, and keeps the first thousand problems of more", async () => {
  const { transport } = treeTransport(
    Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`f${i}`, "x"])),
  );
  const get: Transport["get"] = (at) =>
    Promise.reject(new VfsError("Corrupt", { op: "read", url: at.href }));
  await using vfs = memoryVfs({ ...transport, get });
  const error = await failed(vfs.copy("fake:///", "memory:///to"));
  assert.equal(error.report.failed, 1200);
  assert.equal(error.report.problems.length, 1000);
});

Deno.test("copy() skips links and says so, or copies what they lead to", async () => {
  const { transport } = treeTransport({
    real: { file: "x" },
    dir: "->/real",
    file: "->/real/file",
    broken: "->/nowhere",
  });
  await using vfs = memoryVfs(transport);
  const plain = await vfs.copy("fake:///", "memory://plain/to");
  assert.deepEqual([plain.done, plain.skipped], [1, 3]);
  assert.deepEqual(plain.problems.map((p) => [p.from, p.reason]).toSorted(), [
    ["fake:///broken", "a symbolic link"],
    ["fake:///dir", "a link to a directory"],
    ["fake:///file", "a symbolic link"],
  ]);
  const follow = await vfs.copy("fake:///", "memory://follow/to", { followSymlinks: true });
  assert.deepEqual([follow.done, follow.skipped], [3, 1]);
  assert.equal(follow.problems[0]?.reason, "a link that leads to no file");
  const { "dir/file": viaLink, file } = await harvest(vfs, "memory://follow/to");
  assert.deepEqual([viaLink, file], ["x", "x"]);
});

Deno.test("copy() moves no more files at once than told, nor than the transports bear", async () => {
  for (
    const [concurrency, bears, most] of [
      [3, 8, 3],
      [undefined, 2, 2],
      [1, 8, 1],
      [undefined, 20, 8],
    ] as const
  ) {
    let now = 0;
    let peak = 0;
    await using vfs = vfsOf([
      memoryTransport(),
      wrappedMemory((inner) =>
        override(inner, {
          capabilities: { ...inner.capabilities, maxConcurrency: bears },
          async put(at, source, o) {
            peak = Math.max(peak, ++now);
            await settle(1);
            now--;
            return await inner.put!(at, source, o);
          },
        })
      ),
    ]);
    await plant(
      vfs,
      "memory://a/from",
      Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, "x"])),
    );
    await vfs.copy("memory://a/from", "fake://b/to", { concurrency });
    assert.equal(peak, most);
  }
});

Deno.test("copy() to what cannot be written, and move() from what cannot be removed, say so at once", async () => {
  const { transport } = treeTransport(TREE, { put: "none", remove: false });
  await using vfs = memoryVfs(transport);
  await vfs.writeFile("memory:///f", "x");
  await rejects(vfs.copy("memory:///f", "fake:///f"), "NotSupported");
  const error = await rejects(vfs.move("fake:///", "memory:///to"), "NotSupported");
  assert.match(error.message, /does not support removing the original, copy it instead/);
  assert.equal(await vfs.exists("memory:///to"), false);
});

Deno.test("copy() fails a file that vanishes between listing and reading, and copies the rest", async () => {
  const { transport } = treeTransport({ gone: "x", here: "y" });
  const get: Transport["get"] = (at, o) =>
    at.name === "gone"
      ? Promise.reject(new VfsError("NotFound", { op: "read", url: at.href }))
      : transport.get(at, o);
  await using vfs = memoryVfs({ ...transport, get });
  const error = await failed(vfs.copy("fake:///", "memory:///to"));
  assert.deepEqual([error.report.done, error.report.failed], [1, 1]);
  assert.equal(error.report.problems[0]?.error?.kind, "NotFound");
});

Deno.test("copy() of a folder into a project that is missing is refused once, and sends a file at most", async () => {
  await using server = await startXnatServer();
  await using vfs = createVfs();
  for (let i = 0; i < 100; i++) await vfs.writeFile(`memory:///a/${i % 7}/${i}.txt`, `${i}`);
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/NONE/s/e/1/FILES`;
  const error = await rejects(vfs.copy("memory:///a", url), "NotFound");
  assert.equal(error.url, url.replace("admin:admin@", ""));
  const { length } = server.requests.entries;
  assert.ok(length < 25, `${length} requests`);
});

Deno.test("copy() and sync() of a new session with an assessor that is missing store all but that", async () => {
  await using server = await startXnatServer();
  await using vfs = createVfs();
  await vfs.writeFile("memory:///s/.assessors/A/OUT/x.txt", "x");
  for (let i = 0; i < 5; i++) await vfs.writeFile(`memory:///s/1/FILES/${i}.txt`, `${i}`);
  const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
  await vfs.mkdir(url);
  for (const op of ["copy", "sync"] as const) {
    const { report } = await failed(vfs[op]("memory:///s", `${url}/${op}/${op}`));
    assert.deepEqual([op, report.done, report.failed], [op, 5, 1]);
  }
});

Deno.test("copy() of a folder to where nothing is does not take one failing file for all", async () => {
  let puts = 0;
  await using vfs = twoOf((inner) =>
    override(inner, {
      put: (at, source, options) => {
        if (puts++ > 2) return inner.put!(at, source, options);
        throw new VfsError("NotFound", { op: "write", url: "elsewhere://x" });
      },
    })
  );
  for (let i = 0; i < 20; i++) await vfs.writeFile(`memory://a/from/${i}`, `${i}`);
  const { report } = await failed(vfs.copy("memory://a/from", "fake://b/to"));
  assert.deepEqual([report.done, report.failed], [17, 3]);
});
