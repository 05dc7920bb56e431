import { strict as assert } from "node:assert";
import { scripted, type ScriptedFault } from "../../../testing/faults.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { collect, readerOf } from "../../../vfs/bytes/bytes.ts";
import { digester } from "../../../vfs/bytes/digest.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Outcome, Progress } from "../../../vfs/copy/transfer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import {
  bytes,
  driverOf,
  harvest,
  plant,
  rejects,
  settle,
  treeTransport,
  vfsOf,
  wrappedMemory,
} from "../_fakes.ts";
import { failed, twoOf } from "./_copying.ts";

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

Deno.test("copy() leaves comparing to a destination that does so itself, and tells that it was done", async () => {
  const comparing = (inner: Transport) => {
    // It would show if anybody else compared.
    const outer = digesting(() => "0".repeat(32))(inner);
    const capabilities = { ...outer.capabilities, verifiesPut: ["md5"] } as const;
    return override(outer, { capabilities });
  };
  await using vfs = vfsOf([memoryTransport(), wrappedMemory(comparing, "to")]);
  await vfs.writeFile("memory:///file", "content");
  const told: Outcome[] = [];
  await vfs.copy("memory:///file", "to:///file", { onOutcome: (outcome) => told.push(outcome) });
  assert.deepEqual(told.map(({ verified }) => verified), ["digest"]);
  await using lying = vfsOf([
    wrappedMemory(digesting(() => "1".repeat(32)), "from"),
    wrappedMemory(comparing, "to"),
  ]);
  await lying.writeFile("from:///file", "content");
  const error = await rejects(lying.copy("from:///file", "to:///file"), "Corrupt");
  assert.match(error.message, /differs from its digest: md5/);
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

Deno.test("copy() asks nothing of a destination that creates exclusively, and has it refuse what is there", async () => {
  const asked: string[] = [];
  await using vfs = twoOf((inner) =>
    override(inner, {
      stat: (at, o) => {
        asked.push("stat");
        return inner.stat(at, o);
      },
      put: (at, source, o) => {
        asked.push(`put ${o?.mode}`);
        return inner.put!(at, source, o);
      },
    })
  );
  await vfs.writeFile("memory://a/new", "new");
  await vfs.writeFile("fake://b/there", "old");
  asked.length = 0;
  const place = "fake://b/there";
  await rejects(vfs.copy("memory://a/new", place, { existing: "error" }), "AlreadyExists");
  assert.equal(asked.at(-1), "put create");
  assert.equal(await vfs.readTextFile(place), "old");
});

Deno.test("copy() and sync() to where nothing was store again what was stored when the answer was lost", async () => {
  for (const name of ["copy", "sync"] as const) {
    const stored = new Map<string, number>();
    await using vfs = twoOf((inner) =>
      override(inner, {
        async put(at, source, o) {
          const answer = await inner.put!(at, source, o);
          const times = (stored.get(at.name) ?? 0) + 1;
          stored.set(at.name, times);
          if (times === 1) throw new VfsError("Unavailable", { op: "write", url: at.href });
          return answer;
        },
      })
    );
    await vfs.writeFile("memory://a/top/a", "aa");
    await vfs.writeFile("memory://a/top/b", "bbb");
    const report = name === "copy"
      ? await vfs.copy("memory://a/top", "fake://b/new", { existing: "replace" })
      : await vfs.sync("memory://a/top", "fake://b/new");
    assert.deepEqual([report.done, report.bytes], [2, 5]);
    assert.deepEqual(Object.fromEntries(stored), { a: 2, b: 2 });
  }
});

Deno.test("copy() with skip leaves files alone, and does not take a directory in the place of one for it", async () => {
  await using vfs = twoOf();
  await plant(vfs, "memory:///from", { a: "a", b: "b", c: "c" });
  await plant(vfs, "fake:///to", { a: "old", b: { "1": "x" } });
  const { report } = await failed(vfs.copy("memory:///from", "fake:///to", { existing: "skip" }));
  assert.deepEqual([report.done, report.skipped, report.failed], [1, 1, 1]);
  const { error } = report.problems.find(({ result }) => result === "failed")!;
  assert.deepEqual([error?.kind, error?.url], ["IsADirectory", "fake:///to/b"]);
  assert.deepEqual(await harvest(vfs, "fake:///to"), { a: "old", "b/": "", "b/1": "x", c: "c" });
});
