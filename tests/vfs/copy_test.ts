import { strict as assert } from "node:assert";
import { scripted, type ScriptedFault } from "../../testing/faults.ts";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { collect, readerOf } from "../../vfs/bytes.ts";
import type { CopyOptions } from "../../vfs/copy.ts";
import { digester } from "../../vfs/digest.ts";
import { VfsError } from "../../vfs/errors.ts";
import { override } from "../../vfs/layers/layer.ts";
import { type Outcome, type Progress, TransferFailed } from "../../vfs/transfer.ts";
import type { Transport } from "../../vfs/transport.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import {
  bytes,
  driverOf,
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

const TREE: Tree = {
  "a.dcm": "aaaa",
  "sub": { "b.dcm": "bb", "deep": { "c#%.dcm": "c" } },
  "empty": { "nested": {} },
};
const HARVEST = {
  "a.dcm": "aaaa",
  "empty/": "",
  "empty/nested/": "",
  "sub/": "",
  "sub/b.dcm": "bb",
  "sub/deep/": "",
  "sub/deep/c#%.dcm": "c",
};

/** The source on one driver and the destination on another. */
const TO = {
  "one transport": "memory://a/to",
  "another host": "memory://b/to",
  "another driver": "fake://b/to",
};

/** `memory:`, and memory behind `wrap` as `fake:`. */
function twoOf(wrap: (inner: Transport) => Transport = (inner) => inner): Vfs {
  return vfsOf([memoryTransport(), wrappedMemory(wrap)]);
}

async function failed(action: Promise<unknown>): Promise<TransferFailed> {
  const error = await rejects(action, "PartialFailure");
  assert(error instanceof TransferFailed);
  return error;
}

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

Deno.test("promise 1: an abort in the middle leaves no half file, and nothing goes on", async () => {
  const big = () => new Blob(Array.from({ length: 20 }, () => new Uint8Array(70_000))).stream();
  for (const after of [1, 2, 10, 25, 1000]) {
    const abort = new AbortController();
    let pulled = 0;
    await using vfs = twoOf((inner) =>
      override(inner, {
        put: (at, source, o) =>
          inner.put!(at, {
            ...source,
            open: async () => {
              const reader = readerOf(await source.open());
              const read = () => {
                if (++pulled === after) abort.abort();
                return reader.read();
              };
              return { read, close: (reason) => reader.close(reason) };
            },
          }, o),
      })
    );
    for (let i = 0; i < 3; i++) await vfs.writeFile(`memory://a/from/${i}`, big());
    await vfs.writeFile("fake://b/to/1", "old");
    pulled = 0;
    const copying = vfs.copy("memory://a/from", "fake://b/to", {
      existing: "replace",
      concurrency: 2,
      signal: abort.signal,
    });
    if (after < 1000) await rejects(copying, "Aborted");
    else await copying;
    const before = pulled;
    await settle();
    assert.equal(pulled, before);
    for (let i = 0; i < 3; i++) {
      const { size } = await vfs.stat(`fake://b/to/${i}`).catch(() => ({ size: undefined }));
      const old = i === 1 ? 3 : undefined;
      assert(size === 1_400_000 || (after < 1000 && size === old), `${i}: ${size}`);
    }
  }
});

/** Memory that tells digests, right ones or wrong ones. */
function digesting(wrong?: (md5: string) => string) {
  return (inner: Transport): Transport => {
    const withDigest = async (body: Uint8Array) => {
      const md5 = await digester(["md5"]);
      md5?.update(body);
      const value = md5?.digests().md5 ?? "";
      return { md5: wrong ? wrong(value) : value };
    };
    return override(inner, {
      capabilities: { ...inner.capabilities, digests: ["md5"], copy: false },
      async get(at, o) {
        const got = await inner.get(at, o);
        const body = await collect(got.body);
        return { ...got, body, info: { ...got.info, digests: await withDigest(body) } };
      },
      async put(at, source, o) {
        const info = await inner.put!(at, source, o);
        const { body } = await inner.get(at, o);
        return { ...info, digests: await withDigest(await collect(body)) };
      },
    });
  };
}

Deno.test("promise 1: copy() compares digests of both sides", async () => {
  const zeros = () => "0".repeat(32);
  for (
    const [from, to, kind] of [
      [digesting(), digesting(), undefined],
      [digesting(zeros), undefined, "source"],
      [undefined, digesting(zeros), "destination"],
      [digesting((md5) => md5.toUpperCase()), digesting(), undefined],
    ] as const
  ) {
    const same = (inner: Transport) => inner;
    await using vfs = vfsOf([wrappedMemory(from ?? same, "from"), wrappedMemory(to ?? same, "to")]);
    await vfs.writeFile("from:///file", "content").catch(() => {});
    await vfs.writeFile("to:///old", "old").catch(() => {});
    const copying = vfs.copy("from:///file", "to:///file");
    if (kind === undefined) assert.equal((await copying).done, 1);
    else {
      const error = await rejects(copying, "Corrupt");
      assert.match(
        error.message,
        kind === "source" ? /differs from its digest: md5/ : /stored differs: md5/,
      );
      assert.equal(await vfs.exists("to:///file"), false);
    }
  }
});

Deno.test("promise 1: a source of the wrong digest leaves the old file where it was", async () => {
  await using vfs = vfsOf([
    wrappedMemory(digesting(() => "0".repeat(32)), "from"),
    memoryTransport(),
  ]);
  await vfs.writeFile("from:///file", "new");
  await vfs.writeFile("memory:///file", "old");
  await rejects(vfs.copy("from:///file", "memory:///file", { existing: "replace" }), "Corrupt");
  assert.equal(await vfs.readTextFile("memory:///file"), "old");
});

Deno.test("promise 1: copy() compares the size that was stored, and a failing removal hides nothing", async () => {
  for (const remove of ["works", "fails", "is missing"]) {
    const put = (inner: Transport): Transport["put"] => async (at, source, o) => ({
      ...await inner.put!(at, source, o),
      size: 3,
    });
    const fail: Transport["remove"] = (at) =>
      Promise.reject(
        new VfsError("Unavailable", { op: "remove", url: at.href, status: "permanent" }),
      );
    await using vfs = twoOf((inner) => {
      if (remove === "is missing") {
        return override(override(inner, {}, ["remove"]), { put: put(inner) });
      }
      return override(inner, { put: put(inner), ...(remove === "fails" && { remove: fail }) });
    });
    await vfs.writeFile("memory://a/f", "four");
    const error = await rejects(vfs.copy("memory://a/f", "fake://b/f"), "Corrupt");
    assert.match(error.message, /stored differs: 3 bytes instead of 4/);
    assert.equal(await vfs.exists("fake://b/f"), remove !== "works");
    assert.equal(
      (error.cause as VfsError | undefined)?.kind,
      remove === "fails" ? "Unavailable" : undefined,
    );
  }
});

Deno.test("copy() keeps the modification time and the media type", async () => {
  await using vfs = twoOf();
  const mtime = new Date("2001-02-03T04:05:06Z");
  await vfs.writeFile("memory://a/f", "x", { mtime, mediaType: "application/dicom" });
  await vfs.copy("memory://a/f", "fake://b/f");
  const info = await vfs.stat("fake://b/f");
  assert.deepEqual([info.mtime, info.mediaType], [mtime, "application/dicom"]);
});

Deno.test("promise 2: a copy whose reads and writes break gives identical bytes", async () => {
  const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 253);
  const chunked = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < content.length; i += 30_000) {
          controller.enqueue(content.slice(i, i + 30_000));
        }
        controller.close();
      },
    });
  const reads: ScriptedFault[] = [
    { op: "get", call: 1, kind: "cut-read", at: 40_000 },
    { op: "get", call: 2, kind: "unavailable" },
    { op: "get", call: 3, kind: "cut-read", at: 100_001 },
  ];
  const writes: ScriptedFault[] = [
    { op: "put", call: 1, kind: "cut-write", at: 100 },
    { op: "put", call: 2, kind: "unavailable" },
    { op: "put", call: 3, kind: "lost-response" },
  ];
  let faultsOn = false;
  const broken = (script: ScriptedFault[]) => (inner: Transport) => {
    const faulty = scripted(inner, script);
    return override(inner, {
      get: (at, o) => (faultsOn ? faulty : inner).get(at, o),
      put: (at, source, o) => (faultsOn ? faulty : inner).put!(at, source, o),
    });
  };
  for (const [from, to] of [[reads, []], [[], writes], [reads, writes]] as const) {
    await using vfs = vfsOf([
      wrappedMemory(broken([...from]), "from"),
      wrappedMemory(broken([...to]), "to"),
    ]);
    faultsOn = false;
    await vfs.writeFile("from:///f", chunked());
    faultsOn = true;
    const seen: Progress[] = [];
    const report = await vfs.copy("from:///f", "to:///f", {
      existing: "replace",
      onProgress: (p) => seen.push(p),
    });
    assert.equal(report.bytes, content.length);
    assert.equal(seen.at(-1)?.bytes, content.length);
    assert.deepEqual(await vfs.readFile("to:///f"), content);
  }
});

Deno.test("promise 6: copy() closes the body of the source, also when the destination refuses or fails", async () => {
  let open = 0;
  const counted = (inner: Transport) =>
    override(inner, {
      capabilities: { ...inner.capabilities, copy: false },
      async get(at, o) {
        const got = await inner.get(at, o);
        const body = await collect(got.body);
        open++;
        let left: Uint8Array<ArrayBuffer> | undefined = body;
        let isOpen = true;
        const close = () => {
          if (isOpen) open--;
          isOpen = false;
          return Promise.resolve();
        };
        return {
          ...got,
          body: {
            read: () => {
              const chunk = left;
              left = undefined;
              return Promise.resolve(chunk);
            },
            close,
          },
        };
      },
    });
  // A driver that neither reads to the end nor closes.
  const sloppy = (inner: Transport) =>
    override(inner, {
      async put(at, source) {
        if (at.name !== "refused") await source.open();
        throw new VfsError("StorageFull", { op: "write", url: at.href });
      },
    });
  await using vfs = vfsOf([
    wrappedMemory(counted, "from"),
    wrappedMemory(sloppy, "to"),
    memoryTransport(),
  ]);
  await vfs.writeFile("from:///f", "content");
  await vfs.writeFile("memory:///there", "old");
  await rejects(vfs.copy("from:///f", "to:///refused"), "StorageFull");
  await rejects(vfs.copy("from:///f", "to:///f"), "StorageFull");
  await rejects(vfs.copy("from:///f", "memory:///there"), "AlreadyExists");
  await vfs.copy("from:///f", "memory:///new");
  assert.equal(open, 0);
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
    const [concurrency, bears, most] of [[3, 8, 3], [undefined, 2, 2], [1, 8, 1], [
      undefined,
      20,
      8,
    ]] as const
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
  assert.match(error.message, /does not support removing the original/);
  assert.equal(await vfs.exists("memory:///to"), false);
});

// Moving

Deno.test("move() removes exactly what was copied: what appears meanwhile survives", async () => {
  await using vfs = vfsOf([
    memoryTransport(),
    wrappedMemory((inner) =>
      override(inner, {
        async put(at, source, o) {
          if (at.name === "b.dcm") await vfs.writeFile("memory://a/from/sub/late", "late");
          return await inner.put!(at, source, o);
        },
      })
    ),
  ]);
  await plant(vfs, "memory://a/from", TREE);
  const report = await vfs.move("memory://a/from", "fake://b/to");
  assert.deepEqual([report.done, report.failed], [3, 0]);
  assert.deepEqual(await harvest(vfs, "memory://a/from"), { "sub/": "", "sub/late": "late" });
  assert.deepEqual(await harvest(vfs, "fake://b/to"), HARVEST);
});

Deno.test("move(): what failed or was skipped stays where it was", async () => {
  await using vfs = twoOf();
  await plant(vfs, "memory://a/from", TREE);
  await plant(vfs, "fake://b/to", { "a.dcm": "OLD" });
  const error = await failed(vfs.move("memory://a/from", "fake://b/to"));
  assert.deepEqual([error.report.done, error.report.failed], [2, 1]);
  assert.deepEqual(await harvest(vfs, "memory://a/from"), { "a.dcm": "aaaa" });
  await vfs.writeFile("memory://a/from/more", "m");
  const report = await vfs.move("memory://a/from", "fake://b/to", { existing: "skip" });
  assert.deepEqual([report.done, report.skipped], [1, 1]);
  assert.deepEqual(await harvest(vfs, "memory://a/from"), { "a.dcm": "aaaa" });
  assert.equal(await vfs.readTextFile("fake://b/to/a.dcm"), "OLD");
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

Deno.test("promise 4: copy() with skip does not take a failing check for absence", async () => {
  await using vfs = vfsOf([
    memoryTransport(),
    driverOf({
      ...treeTransport({}).transport,
      stat: (at) => Promise.reject(new VfsError("PermissionDenied", { op: "stat", url: at.href })),
      put: () => Promise.reject(new Error("must not be called")),
    }),
  ]);
  await vfs.writeFile("memory:///f", bytes("x"));
  await rejects(vfs.copy("memory:///f", "fake:///f", { existing: "skip" }), "PermissionDenied");
});
