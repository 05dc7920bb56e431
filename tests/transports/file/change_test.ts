import { dirname, toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { until } from "../../until.ts";
import { CALL, fails, ignoredWhen, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";
import { removeTree } from "../../../transports/file/remove.ts";

const RECURSIVE = { ...CALL, recursive: true };
const OVERWRITE = { ...CALL, overwrite: true };

Deno.test("mkdir() makes one directory, or a chain of them", () =>
  withFixture(async ({ transport, at, path }) => {
    await transport.mkdir(at("a"), CALL);
    await fails("AlreadyExists", transport.mkdir(at("a"), CALL));
    await fails("NotFound", transport.mkdir(at("b", "c"), CALL));
    await transport.mkdir(at("b", "c", "d"), RECURSIVE);
    await transport.mkdir(at("b", "c"), RECURSIVE);
    assert((await Deno.stat(path("b", "c", "d"))).isDirectory);
    await Deno.writeTextFile(path("f"), "");
    await fails("AlreadyExists", transport.mkdir(at("f"), RECURSIVE));
    await fails("NotADirectory", transport.mkdir(at("f", "x"), CALL));
    await fails("NotADirectory", transport.mkdir(at("f", "x"), RECURSIVE));
  }));

Deno.test("remove() takes files and empty directories, and trees when recursive", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.mkdir(path("d", "e"), { recursive: true });
    for (let i = 0; i < 50; i++) await Deno.writeTextFile(path("d", "e", `${i}`), "");
    await fails("NotFound", transport.remove(at("none"), CALL));
    await fails("NotFound", transport.remove(at("none"), RECURSIVE));
    await fails("NotFound", transport.remove(at("d", "e", "0", "x"), CALL));
    await fails("NotEmpty", transport.remove(at("d", "e"), CALL));
    await transport.remove(at("d", "e", "0"), CALL);
    await transport.remove(at("d"), RECURSIVE);
    await Deno.mkdir(path("empty"));
    await transport.remove(at("empty"), CALL);
    assert.deepEqual(names(), []);
  }));

testWithLinks(
  "remove() takes links and never what they lead to",
  () =>
    withFixture(async ({ transport, at, path, names }) => {
      await Deno.mkdir(path("keep"));
      await Deno.writeTextFile(path("keep", "f"), "");
      await Deno.mkdir(path("tree"));
      await Deno.symlink(path("keep"), path("tree", "link"));
      await Deno.symlink(path("keep"), path("link"));
      await transport.remove(at("tree"), RECURSIVE);
      await transport.remove(at("link"), RECURSIVE);
      assert.deepEqual(names(), ["keep"]);
      assert.deepEqual(names("keep"), ["f"]);
    }),
);

Deno.test("remove() of a tree stops when aborted", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.mkdir(path("d"));
    for (let i = 0; i < 3000; i++) Deno.writeTextFileSync(path("d", `${i}`), "");
    const aborter = new AbortController();
    const removing = transport.remove(at("d"), { signal: aborter.signal, recursive: true });
    setTimeout(() => aborter.abort(), 1);
    await fails("Aborted", removing);
    const left = names("d").length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(names("d").length, left, "something went on in the background");
    assert(left > 0);
  }));

testWithLinks(
  "remove() of a tree takes away a link that came in place of a directory, and nothing of what it leads to",
  () =>
    withFixture(async ({ path, names }) => {
      for (const [folder, name] of [["other", "kept"], ["d/x", "1"], ["d/y", "2"]] as const) {
        await Deno.mkdir(path(folder), { recursive: true });
        await Deno.writeTextFile(path(folder, name), "");
      }
      // When one of the two is empty, the other is yet to come.
      let isSwapped = false;
      await removeTree(path("d"), () => {
        if (isSwapped) return;
        const [other, ...more] = names("d").filter((name) => names("d", name).length > 0);
        if (other === undefined || more.length > 0) return;
        isSwapped = true;
        Deno.removeSync(path("d", other), { recursive: true });
        Deno.symlinkSync(path("other"), path("d", other), { type: "dir" });
      });
      assert(isSwapped);
      assert.deepEqual(names("other"), ["kept"]);
      assert.deepEqual(names(), ["other"]);
    }),
);

Deno.test("remove() and rename() refuse the root of the file system", () =>
  withFixture(async ({ transport, at, dir }) => {
    let root = dir;
    while (dirname(root) !== root) root = dirname(root);
    const top = parseLocation(toFileUrl(root)).location;
    await fails("PermissionDenied", transport.remove(top, CALL));
    await fails("PermissionDenied", transport.rename(top, at("x"), CALL));
  }));

testWithLinks(
  "rename() moves files, directories and links",
  () =>
    withFixture(async ({ transport, at, path, names }) => {
      await Deno.writeTextFile(path("f"), "1");
      await Deno.mkdir(path("d"));
      await Deno.writeTextFile(path("d", "x"), "2");
      await Deno.symlink("f", path("l"));
      await transport.rename(at("l"), at("l2"), CALL);
      await transport.rename(at("f"), at("new", "f"), CALL);
      await transport.rename(at("d"), at("d2"), CALL);
      assert.deepEqual(names(), ["d2", "l2", "new"]);
      assert.equal(await Deno.readLink(path("l2")), "f");
      assert.equal(await Deno.readTextFile(path("d2", "x")), "2");
      assert.equal(await Deno.readTextFile(path("new", "f")), "1");
    }),
);

Deno.test("rename() replaces only a file, by a file, when asked", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.writeTextFile(path("a"), "a");
    await Deno.writeTextFile(path("b"), "b");
    await Deno.mkdir(path("d"));
    await Deno.mkdir(path("e"));
    for (const to of ["b", "d", "a"]) {
      await fails("AlreadyExists", transport.rename(at("a"), at(to), CALL));
    }
    await fails("IsADirectory", transport.rename(at("a"), at("d"), OVERWRITE));
    await fails("NotADirectory", transport.rename(at("d"), at("a"), OVERWRITE));
    await fails("AlreadyExists", transport.rename(at("d"), at("e"), OVERWRITE));
    await fails("AlreadyExists", transport.rename(at("d"), at("e"), CALL));
    await fails("NotFound", transport.rename(at("none"), at("x"), CALL));
    await fails("NotFound", transport.rename(at("a", "x"), at("x"), CALL));
    await fails("NotADirectory", transport.rename(at("a"), at("b", "x"), CALL));
    await fails("InvalidArgument", transport.rename(at("d"), at("d", "x"), CALL));
    await transport.rename(at("a"), at("a"), OVERWRITE);
    await transport.rename(at("a"), at("b"), OVERWRITE);
    assert.equal(await Deno.readTextFile(path("b")), "a");
    assert.deepEqual(names(), ["b", "d", "e"]);
  }));

Deno.test("rename() onto another hard link of the file leaves one name", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.writeTextFile(path("a"), "1");
    await Deno.link(path("a"), path("b"));
    await transport.rename(at("a"), at("b"), OVERWRITE);
    assert.deepEqual(names(), ["b"]);
  }));

Deno.test("rename() and copy() take files for different whose numbers are rounded to the same", () =>
  withFixture(async ({ transport, at, path, names }) => {
    const { lstat, lstatSync, stat, statSync } = Deno;
    const round = (info: Deno.FileInfo) => ({ ...info, ino: 2 ** 63 });
    await Deno.writeTextFile(path("a"), "a");
    await Deno.writeTextFile(path("b"), "b");
    await Deno.writeTextFile(path("c"), "c");
    Deno.lstat = async (of) => round(await lstat(of));
    Deno.lstatSync = (of) => round(lstatSync(of));
    Deno.stat = async (of) => round(await stat(of));
    Deno.statSync = (of) => round(statSync(of));
    try {
      await fails("AlreadyExists", transport.rename(at("a"), at("b"), CALL));
      await transport.rename(at("a"), at("b"), OVERWRITE);
      await transport.copy(at("b"), at("c"), OVERWRITE);
      await transport.rename(at("c"), at("c"), OVERWRITE);
    } finally {
      Object.assign(Deno, { lstat, lstatSync, stat, statSync });
    }
    assert.deepEqual(names(), ["b", "c"]);
    assert.deepEqual(["b", "c"].map((name) => Deno.readTextFileSync(path(name))), ["a", "a"]);
  }));

Deno.test("put() and rename() replace a file that somebody reads", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeTextFile(path("f"), "1");
    await Deno.writeTextFile(path("g"), "3");
    for (
      const [text, replace] of [
        ["2", () => transport.put(at("f"), sourceOfBytes(new TextEncoder().encode("2")), CALL)],
        ["3", () => transport.rename(at("g"), at("f"), OVERWRITE)],
      ] as const
    ) {
      const reader = await Deno.open(path("f"));
      const replaced = replace();
      await new Promise((resolve) => setTimeout(resolve, 50));
      reader.close();
      await replaced;
      assert.equal(await Deno.readTextFile(path("f")), text);
    }
  }));

Deno.test("rename() lets one of many take a name", () =>
  withFixture(async ({ transport, at, path, names }) => {
    for (let i = 0; i < 10; i++) {
      await Deno.writeTextFile(path(`f${i}`), `${i}`);
      await Deno.mkdir(path(`d${i}`, "x"), { recursive: true });
    }
    for (const kind of ["f", "d"]) {
      const all = await Promise.allSettled(
        Array.from(
          { length: 10 },
          (_, i) => transport.rename(at(`${kind}${i}`), at(`only-${kind}`), CALL),
        ),
      );
      assert.equal(all.filter((r) => r.status === "fulfilled").length, 1);
    }
    assert.equal(names().length, 20);
  }));

Deno.test("copy() copies content, permissions and modification time", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.writeTextFile(path("f"), "12345");
    await Deno.chmod(path("f"), 0o640);
    const mtime = new Date("2001-02-03T04:05:06.789Z");
    await Deno.utime(path("f"), mtime, mtime);
    const info = await transport.copy(at("f"), at("a", "b"), CALL);
    assert.deepEqual(info, await transport.stat(at("a", "b"), CALL));
    assert.deepEqual(info.mtime, mtime);
    assert.equal(await Deno.readTextFile(path("a", "b")), "12345");
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(path("a", "b"))).mode! & 0o777, 0o640);
    }
  }));

Deno.test("copy() gives files of any size their content and mode", () =>
  withFixture(async ({ transport, at, path }) => {
    for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1]) {
      const content = new Uint8Array(size).map((_, i) => i % 251);
      await Deno.writeFile(path("from"), content);
      if (Deno.build.os !== "windows") await Deno.chmod(path("from"), 0o2754);
      await transport.copy(at("from"), at("to"), OVERWRITE);
      assert.deepEqual(await Deno.readFile(path("to")), content);
      const { mode } = await Deno.stat(path("from"));
      assert.equal((await Deno.stat(path("to"))).mode, mode);
    }
  }));

testWithLinks(
  "copy() follows links on both sides",
  () =>
    withFixture(async ({ transport, at, path }) => {
      await Deno.writeTextFile(path("f"), "new");
      await Deno.writeTextFile(path("g"), "old");
      await Deno.symlink("f", path("to-f"));
      await Deno.symlink("g", path("to-g"));
      await transport.copy(at("to-f"), at("to-g"), OVERWRITE);
      assert.equal(await Deno.readTextFile(path("g")), "new");
      assert((await Deno.lstat(path("to-g"))).isSymlink);
    }),
);

Deno.test("copy() says what it cannot copy", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.writeTextFile(path("f"), "f");
    await Deno.writeTextFile(path("g"), "g");
    await Deno.mkdir(path("d"));
    await fails("NotFound", transport.copy(at("none"), at("x"), CALL));
    await fails("NotFound", transport.copy(at("f", "x"), at("x"), CALL));
    await fails("IsADirectory", transport.copy(at("d"), at("x"), CALL));
    await fails("AlreadyExists", transport.copy(at("f"), at("g"), CALL));
    await fails("AlreadyExists", transport.copy(at("f"), at("f"), CALL));
    await fails("InvalidArgument", transport.copy(at("f"), at("f"), OVERWRITE));
    await fails("IsADirectory", transport.copy(at("f"), at("d"), OVERWRITE));
    await fails("NotADirectory", transport.copy(at("f"), at("g", "x"), CALL));
    assert.equal(await Deno.readTextFile(path("g")), "g");
    assert.deepEqual(names(), ["d", "f", "g"]);
  }));

for (const size of [1, 1024 * 1024]) {
  Deno.test({
    name:
      `copy() of a file of ${size} bytes that goes meanwhile says that, and not that its target is there`,
    ignore: ignoredWhen(Deno.build.os !== "linux", "nothing is opened before the system copies"),
    fn: () =>
      withFixture(async ({ transport, at, path, names }) => {
        const { open, openSync } = Deno;
        await Deno.mkdir(path("to"));
        const removeOnce = () => {
          Object.assign(Deno, { open, openSync });
          Deno.removeSync(path("f"));
        };
        try {
          for (const options of [CALL, OVERWRITE]) {
            await Deno.writeFile(path("f"), new Uint8Array(size));
            Deno.openSync = (...asked) => {
              const file = openSync(...asked);
              removeOnce();
              return file;
            };
            Deno.open = async (...asked) => {
              const file = await open(...asked);
              removeOnce();
              return file;
            };
            const error = await fails("NotFound", transport.copy(at("f"), at("to", "g"), options));
            assert.equal(error.url, at("f").href);
          }
        } finally {
          Object.assign(Deno, { open, openSync });
        }
        assert.deepEqual([names(), names("to")], [["to"], []]);
      }),
  });
}

Deno.test("copy() settles soon when aborted, and leaves nothing", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.writeFile(path("big"), new Uint8Array(4_000_000));
    const aborter = new AbortController();
    const settled = Promise.withResolvers<void>();
    const { copyFile } = Deno;
    let isOver = false;
    // The system's copy cannot be stopped, and this one makes its file as late as can be.
    Deno.copyFile = async (...paths) => {
      aborter.abort();
      await settled.promise;
      await copyFile(...paths);
      isOver = true;
    };
    try {
      await fails("Aborted", transport.copy(at("big"), at("x"), { signal: aborter.signal }));
    } finally {
      Deno.copyFile = copyFile;
      settled.resolve();
    }
    assert.deepEqual(names(), ["big"]);
    await until(() => isOver && names().length === 1);
    assert.deepEqual([isOver, names()], [true, ["big"]]);
  }));

Deno.test({
  name: "what the system denies is PermissionDenied",
  ignore: ignoredWhen(Deno.uid() === 0 || Deno.build.os === "windows", "root may do everything"),
  fn: () =>
    withFixture(async ({ transport, at, path }) => {
      await Deno.mkdir(path("d"));
      await Deno.writeTextFile(path("d", "f"), "");
      await Deno.chmod(path("d"), 0o000);
      await fails("PermissionDenied", transport.get(at("d", "f"), CALL));
      await fails("PermissionDenied", transport.remove(at("d", "f"), CALL));
      await Deno.chmod(path("d"), 0o700);
    }),
});

Deno.test({
  name: "copy() with fsync takes files that may only be read",
  ignore: ignoredWhen(Deno.uid() === 0 || Deno.build.os === "windows", "root may do everything"),
  fn: () =>
    withFixture(async ({ transport, at, path }) => {
      await Deno.writeTextFile(path("f"), "f");
      await Deno.chmod(path("f"), 0o444);
      await transport.copy(at("f"), at("g"), CALL);
      assert.equal(await Deno.readTextFile(path("g")), "f");
      assert.equal((await Deno.stat(path("g"))).mode! & 0o777, 0o444);
    }, () => ({ fsync: true })),
});

testWithLinks(
  "rename() to the same file by another way leaves it, and of two hard links it takes one away",
  () =>
    withFixture(async ({ transport, at, path, names }) => {
      await Deno.mkdir(path("real"));
      await Deno.symlink(path("real"), path("link"));
      await Deno.writeTextFile(path("real", "f"), "the only copy");
      await transport.rename(at("link", "f"), at("real", "f"), OVERWRITE);
      assert.equal(await Deno.readTextFile(path("real", "f")), "the only copy");
      await Deno.link(path("real", "f"), path("real", "g"));
      await transport.rename(at("real", "g"), at("link", "g"), OVERWRITE);
      assert.deepEqual(names("real"), ["f", "g"]);
      await transport.rename(at("link", "g"), at("real", "f"), OVERWRITE);
      assert.deepEqual(names("real"), ["f"]);
    }),
);

testWithLinks(
  "rename() of a link leaves the file that it leads to, and replaces another one",
  () =>
    withFixture(async ({ transport, at, path, names }) => {
      for (const name of ["f", "g"]) await Deno.writeTextFile(path(name), name);
      for (const name of ["a", "b"]) await Deno.symlink(path("f"), path(name));
      await fails("InvalidArgument", transport.rename(at("a"), at("f"), OVERWRITE));
      assert.equal(await Deno.readTextFile(path("f")), "f");
      await transport.rename(at("a"), at("g"), OVERWRITE);
      assert.equal(await Deno.readTextFile(path("g")), "f");
      await transport.rename(at("b"), at("g"), OVERWRITE);
      await Deno.symlink(path("missing"), path("dangling"));
      await transport.rename(at("dangling"), at("g"), OVERWRITE);
      assert.deepEqual(names(), ["f", "g"]);
    }),
);

for (const op of ["put", "copy"] as const) {
  Deno.test(`promise 6: ${op}() of one small file after the other lets an abort come in between`, () =>
    withFixture(async ({ transport, at }) => {
      const store = (n: number, signal: AbortSignal) =>
        op === "put"
          ? transport.put(at(`${n % 9}`), sourceOfBytes(new Uint8Array(9)), { signal })
          : transport.copy(at("from"), at(`${n % 9}`), { signal, overwrite: true });
      await transport.put(at("from"), sourceOfBytes(new Uint8Array(9)), CALL);
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), 10);
      const start = performance.now();
      try {
        for (let n = 0; performance.now() - start < 20_000; n++) {
          if (stop.signal.aborted) return void await fails("Aborted", store(n, stop.signal));
          await store(n, stop.signal).catch((error) => {
            if (!stop.signal.aborted) throw error;
          });
        }
      } finally {
        clearTimeout(timer);
      }
      assert.fail("nothing else had its turn for 20 seconds");
    }));
}
