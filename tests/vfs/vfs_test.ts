import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { type ErrorKind, VfsError } from "../../vfs/errors.ts";
import type { Capabilities } from "../../vfs/transport.ts";
import {
  at_,
  bytes,
  driverOf,
  fake,
  memoryVfs,
  plant,
  rejects,
  treeTransport,
  vfsOf,
} from "./_fakes.ts";

Deno.test("promise 4: exists(), isFile() and isDirectory() are false for NotFound alone", async () => {
  const kinds: ErrorKind[] = [
    "PermissionDenied",
    "Unauthenticated",
    "Protocol",
    "Unavailable",
    "TimedOut",
    "NotADirectory",
    "Unexpected",
    "InvalidUrl",
  ];
  for (const kind of kinds) {
    const stat = () => Promise.reject(new VfsError(kind, { op: "stat", url: "fake:///x" }));
    await using vfs = vfsOf([driverOf(fake({ stat }))], { layers: { random: () => 0 } });
    await rejects(vfs.exists("fake:///x"), kind);
    await rejects(vfs.isFile("fake:///x"), kind);
    await rejects(vfs.isDirectory("fake:///x"), kind);
  }
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///d", { f: "x" });
  const all = async (
    url: string,
  ) => [await vfs.exists(url), await vfs.isFile(url), await vfs.isDirectory(url)];
  assert.deepEqual(await all("memory:///d"), [true, false, true]);
  assert.deepEqual(await all("memory:///d/f"), [true, true, false]);
  assert.deepEqual(await all("memory:///d/g"), [false, false, false]);
  await rejects(vfs.exists("memory:///a//b"), "InvalidUrl");
  await rejects(vfs.exists("nope:///a"), "NotSupported");
});

Deno.test("open() has the modes r, w, x and a, and no others", async () => {
  await using vfs = memoryVfs();
  const write = async (mode: "w" | "x" | "a", text: string) => {
    await using file = await vfs.open("memory:///f", { mode });
    await file.write(bytes(text)).catch(() => {});
    await file.commit();
    return await vfs.readTextFile("memory:///f");
  };
  assert.equal(await write("x", "1"), "1");
  assert.equal(await write("a", "2"), "12");
  assert.equal(await write("w", "3"), "3");
  await rejects(write("x", "4"), "AlreadyExists");
  await using read = await vfs.open("memory:///f", { mode: "r", range: { start: 0, end: 1 } });
  assert.equal(await read.text(), "3");
  for (const mode of ["rb", "wb", "", "toString", "constructor"]) {
    await rejects(vfs.open("memory:///f", { mode: mode as "r" }), "InvalidArgument");
  }
  await rejects(vfs.open("memory:///nothing"), "NotFound");
  await rejects(vfs.open("memory:///"), "IsADirectory");
});

Deno.test("writeFile() stores text, bytes, blobs and streams, and tells what it stored", async () => {
  await using vfs = memoryVfs();
  const contents = [
    "ä€",
    bytes("ä€"),
    new Blob(["ä€"]),
    new Blob(["ä€"]).stream(),
    new Uint8Array(),
    "",
  ];
  for (const [i, content] of contents.entries()) {
    const info = await vfs.writeFile(`memory:///${i}`, content);
    const text = i < 4 ? "ä€" : "";
    assert.equal(info.size, bytes(text).length);
    assert.equal(await vfs.readTextFile(`memory:///${i}`), text);
  }
});

Deno.test("writeFile() has modes: create refuses, append adds", async () => {
  await using vfs = memoryVfs();
  await vfs.writeFile("memory:///f", "1", { mode: "create" });
  await rejects(vfs.writeFile("memory:///f", "2", { mode: "create" }), "AlreadyExists");
  await vfs.writeFile("memory:///f", "2", { mode: "append" });
  assert.equal(await vfs.readTextFile("memory:///f"), "12");
});

Deno.test("promise 1: writeFile() of a stream that breaks leaves the old file or nothing", async () => {
  const breaking = () => {
    let chunks = 0;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (chunks++ === 3) throw new Error("source broke");
        controller.enqueue(bytes("new"));
      },
    });
  };
  await using vfs = memoryVfs();
  await vfs.writeFile("memory:///old", "old");
  for (const name of ["old", "new"]) {
    const error = await rejects(vfs.writeFile(`memory:///${name}`, breaking()), "Unexpected");
    assert.match((error.cause as Error).message, /source broke/);
  }
  assert.equal(await vfs.readTextFile("memory:///old"), "old");
  assert.equal(await vfs.exists("memory:///new"), false);
});

Deno.test("writing to a URL that ends with a slash is IsADirectory, and makes nothing", async () => {
  await using vfs = memoryVfs();
  for (
    const write of [
      () => vfs.writeFile("memory:///d/f/", "x"),
      () => vfs.create("memory:///d/f/"),
      () => vfs.open("memory:///d/f/", { mode: "w" }),
    ]
  ) await rejects(write, "IsADirectory");
  assert.equal(await vfs.exists("memory:///d"), false);
});

Deno.test("a query is refused by every function, where the driver takes none", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///", { f: "x", d: { g: "y" } });
  const url = "memory:///f?x=1";
  for (
    const action of [
      () => vfs.stat(url),
      () => vfs.exists(url),
      () => vfs.info(url),
      () => vfs.readFile(url),
      () => vfs.open(url),
      () => vfs.writeFile(url, "z"),
      () => vfs.remove(url),
      () => vfs.mkdir("memory:///new?x"),
      () => Array.fromAsync(vfs.walk("memory:///d?x")),
      () => Array.fromAsync(vfs.readDir("memory:///d?x")),
      () => Array.fromAsync(vfs.glob("memory:///d/*?x")),
      () => vfs.copy(url, "memory:///to"),
      () => vfs.copy("memory:///f", "memory:///to?x"),
      () => vfs.move(url, "memory:///to"),
      () => vfs.move("memory:///f", "memory:///to?x"),
      () => vfs.mount(url),
    ]
  ) await rejects(action, "NotSupported");
  assert.equal(await vfs.readTextFile("memory:///f"), "x");
});

Deno.test("what a driver has no operation for is NotSupported, by name", async () => {
  const caps: Partial<Capabilities> = {
    put: "none",
    mkdir: false,
    remove: false,
    rename: false,
    copy: false,
  };
  await using vfs = memoryVfs(treeTransport({ f: "x" }, caps).transport);
  for (
    const [action, op] of [
      [() => vfs.writeFile("fake:///g", ""), "write"],
      [() => vfs.create("fake:///g"), "write"],
      [() => vfs.mkdir("fake:///g"), "mkdir"],
      [() => vfs.remove("fake:///f"), "remove"],
    ] as const
  ) {
    const error = await rejects(action, "NotSupported");
    assert.equal(error.op, op);
    assert.match(error.message, /the fake transport does not support/);
  }
});

Deno.test("readDir() gives entries as they come, with where they are", async () => {
  await using vfs = memoryVfs(treeTransport({ b: "1", a: { c: "2" }, l: "->/a" }).transport);
  const entries = await Array.fromAsync(vfs.readDir("fake:///"));
  assert.deepEqual(entries.map((e) => [e.name, e.isFile, e.isDirectory, e.isSymlink, e.size]), [
    ["b", true, false, false, 1],
    ["a", false, true, false, undefined],
    ["l", false, false, true, undefined],
  ]);
  assert.deepEqual(entries.map(String), ["fake:///b", "fake:///a", "fake:///l"]);
  assert.deepEqual(JSON.parse(JSON.stringify(entries[0])), {
    name: "b",
    kind: "file",
    url: "fake:///b",
    size: 1,
  });
  await rejects(Array.fromAsync(vfs.readDir("fake:///b")), "NotADirectory");
});

Deno.test("Entry: a console shows one line, with what is known", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///d", { "a b": "xyz", e: "" });
  const shown = Deno.inspect(await Array.fromAsync(vfs.readDir("memory:///d", { detail: true })));
  assert.equal(
    shown,
    `[\n  Entry "memory:///d/a%20b" (file, 3 bytes),\n  Entry "memory:///d/e" (file, 0 bytes)\n]`,
  );
});

Deno.test("every function takes a string, a URL and a Location", async () => {
  await using vfs = memoryVfs();
  await vfs.writeFile("memory:///d/f", "x");
  for (const where of ["memory:///d/f", new URL("memory:///d/f"), at_("memory:///d/f")]) {
    assert.equal(await vfs.readTextFile(where), "x");
    assert.equal(await vfs.isFile(where), true);
  }
});

Deno.test("promise 6: every function ends at an abort, and begins nothing after one", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///", { f: "x", d: { g: "y" } });
  const signal = AbortSignal.abort();
  for (
    const action of [
      () => vfs.stat("memory:///f", { signal }),
      () => vfs.exists("memory:///f", { signal }),
      () => vfs.readFile("memory:///f", { signal }),
      () => vfs.open("memory:///f", { signal }),
      () => vfs.writeFile("memory:///f", "z", { signal }),
      () => vfs.mkdir("memory:///n", { signal }),
      () => vfs.remove("memory:///f", { signal }),
      () => vfs.remove("memory:///d", { recursive: true, signal }),
      () => vfs.copy("memory:///d", "memory:///to", { signal }),
      () => vfs.move("memory:///d", "memory:///to", { signal }),
      () => vfs.info("memory:///f", { signal }),
      () => Array.fromAsync(vfs.walk("memory:///d", { signal })),
      () => Array.fromAsync(vfs.entries("memory:///d", { signal })),
      () => Array.fromAsync(vfs.readDir("memory:///d", { signal })),
      () => Array.fromAsync(vfs.glob("memory:///d/*", { signal })),
    ]
  ) await rejects(action, "Aborted");
  assert.deepEqual(await Array.fromAsync(vfs.entries("memory:///"), ({ name }) => name), [
    "d",
    "f",
    "g",
  ]);
});

Deno.test("Vfs: filesystems have stores, connections and drivers of their own", async () => {
  await using one = memoryVfs();
  await using two = memoryVfs();
  await one.writeFile("memory:///f", "x");
  assert.equal(await two.exists("memory:///f"), false);
  one.register(driverOf(fake({}), "mine"));
  assert.deepEqual([one.schemes(), two.schemes()], [["memory", "mine"], ["memory"]]);
  assert.equal((await one.about("memory")).name, memoryTransport().name);
  assert.equal((await one.capabilities("memory:///")).put, "atomic");
});

Deno.test("promise 6: a Vfs that is closed says so, and may be closed again", async () => {
  const vfs = memoryVfs();
  await vfs.writeFile("memory:///f", "x");
  const file = await vfs.open("memory:///f");
  await vfs.close();
  await vfs.close();
  await rejects(vfs.stat("memory:///f"), "Aborted");
  await rejects(Array.fromAsync(vfs.walk("memory:///")), "Aborted");
  await file.close();
});

Deno.test("promise 9: the bytes of a stream that is stored are not kept twice, and no chunk is lost", async () => {
  const seen: number[] = [];
  let sent = 0;
  const transport = fake({
    async put(_, source) {
      const reader = await source.open();
      assert(!(reader instanceof Uint8Array));
      let size = 0;
      for (let c = await reader.read(); c; c = await reader.read()) {
        size += c.length;
        seen.push(sent - size);
      }
      return { kind: "file", size };
    },
  });
  await using vfs = vfsOf([driverOf(transport)]);
  const chunk = new Uint8Array(64 * 1024);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === 100 * chunk.length) return controller.close();
      sent += chunk.length;
      controller.enqueue(chunk);
    },
  });
  assert.equal((await vfs.writeFile("fake:///f", stream)).size, 100 * chunk.length);
  assert(Math.max(...seen) <= 2 * chunk.length, `${Math.max(...seen)} bytes ahead`);
});
