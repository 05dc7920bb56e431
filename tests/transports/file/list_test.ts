import { strict as assert } from "node:assert";
import { CALL, fails, ignoredWhen, listAll, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

const isWindows = Deno.build.os === "windows";

testWithLinks(
  "list() tells kinds, and what links lead to",
  () =>
    withFixture(async ({ transport, at, path }) => {
      await Deno.mkdir(path("dir"));
      await Deno.writeTextFile(path("file"), "12345");
      await Deno.symlink("file", path("to-file"));
      await Deno.symlink("dir", path("to-dir"));
      await Deno.symlink("none", path("to-none"));
      await Deno.symlink("to-self", path("to-self"));
      const entries = await listAll(transport, at());
      assert.deepEqual(
        entries.map(({ name, kind, target }) => [name, kind, target]),
        [
          ["dir", "directory", undefined],
          ["file", "file", undefined],
          ["to-dir", "symlink", "directory"],
          ["to-file", "symlink", "file"],
          ["to-none", "symlink", undefined],
          ["to-self", "symlink", undefined],
        ],
      );
      assert.equal(entries[1]?.info, undefined);
    }),
);

testWithLinks(
  "list() with detail gives the info that stat() gives",
  () =>
    withFixture(async ({ transport, at, path }) => {
      await Deno.mkdir(path("dir"));
      await Deno.symlink("f0", path("link"));
      for (let i = 0; i < 40; i++) await Deno.writeTextFile(path(`f${i}`), "x".repeat(i));
      const entries = await listAll(transport, at(), true);
      assert.equal(entries.length, 42);
      for (const { name, info } of entries) {
        assert.deepEqual(info, await transport.stat(at(name), CALL), name);
      }
    }),
);

Deno.test("list() gives all entries once, in pages, and stops when aborted", () =>
  withFixture(async ({ transport, at, path }) => {
    const expected = Array.from({ length: 2345 }, (_, i) => `f${i}`);
    for (const name of expected) Deno.writeTextFileSync(path(name), "");
    const pages = await Array.fromAsync(transport.list(at(), CALL));
    assert.deepEqual(pages.map((page) => page.length), [1000, 1000, 345]);
    assert.deepEqual(pages.flat().map((e) => e.name).sort(), expected.sort());

    const aborter = new AbortController();
    let seen = 0;
    await fails(
      "Aborted",
      (async () => {
        for await (const page of transport.list(at(), { signal: aborter.signal })) {
          seen += page.length;
          aborter.abort();
        }
      })(),
    );
    assert.equal(seen, 1000);
  }));

Deno.test("list() gives all entries of a large directory once, in pages, and no temporaries", () =>
  withFixture(async ({ transport, at, path }) => {
    // Large is what takes a directory many bytes.
    const expected = Array.from({ length: 1234 }, (_, i) => `f${i}`.padEnd(200, "-"));
    for (const name of expected) Deno.writeTextFileSync(path(name), "");
    Deno.writeTextFileSync(path(".x.0123456789abcdef.medvfs-tmp"), "");
    const pages = await Array.fromAsync(transport.list(at(), { ...CALL, detail: true }));
    assert.deepEqual(pages.map((page) => page.length), [1000, 234]);
    assert.deepEqual(pages.flat().map((e) => e.name).sort(), expected.sort());
    assert(pages.flat().every((e) => e.info?.size === 0));
  }));

Deno.test("list() lets others have their turn, also among directories that need no thread", () =>
  withFixture(async ({ transport, at, path }) => {
    Deno.writeTextFileSync(path("f"), "");
    await listAll(transport, at(), true);
    let hasHadTurn = false;
    const timer = setTimeout(() => hasHadTurn = true);
    for (const end = performance.now() + 20_000; !hasHadTurn && performance.now() < end;) {
      await listAll(transport, at(), true);
    }
    clearTimeout(timer);
    assert(hasHadTurn);
  }));

Deno.test("list() of an empty directory gives nothing, of something else an error", () =>
  withFixture(async ({ transport, at, path }) => {
    await Deno.mkdir(path("dir"));
    await Deno.writeTextFile(path("f"), "");
    assert.deepEqual(await listAll(transport, at("dir")), []);
    await fails("NotFound", listAll(transport, at("none")));
    await fails("NotADirectory", listAll(transport, at("f")));
    await fails("NotFound", listAll(transport, at("f", "x")));
  }));

Deno.test({
  name: "list() tells pipes as other",
  ignore: ignoredWhen(isWindows, "no named pipes in folders"),
  fn: () =>
    withFixture(async ({ transport, at, path }) => {
      await new Deno.Command("mkfifo", { args: [path("pipe")] }).output();
      await Deno.symlink("pipe", path("link"));
      const entries = await listAll(transport, at(), true);
      assert.deepEqual(entries.map((e) => [e.name, e.kind, e.target]), [
        ["link", "symlink", "other"],
        ["pipe", "other", undefined],
      ]);
    }),
});

Deno.test({
  name: "a name that is not UTF-8 is listed, and refused with the reason",
  ignore: ignoredWhen(Deno.build.os !== "linux", "only Linux stores such names"),
  fn: () =>
    withFixture(async ({ transport, at, path, names }) => {
      await Deno.mkdir(path("dir"));
      await makeUndecodable(path("dir"));
      const entries = await listAll(transport, at("dir"), true);
      assert.deepEqual(entries.map((e) => e.name), ["caf\uFFFD"]);
      const odd = at("dir", "caf\uFFFD");
      for (
        const call of [
          () => transport.stat(odd, CALL),
          () => transport.get(odd, CALL),
          () => transport.remove(odd, CALL),
          () => transport.copy(odd, at("y"), CALL),
          () => transport.rename(odd, at("y"), CALL),
        ]
      ) {
        const error = await fails("NotSupported", call());
        assert(error.message.includes("not UTF-8"), error.message);
      }
      await fails("NotFound", transport.stat(at("dir", "other\uFFFD"), CALL));
      await transport.remove(at("dir"), { ...CALL, recursive: true });
      assert.deepEqual(names(), []);
    }),
});

Deno.test("a name that holds U+FFFD itself is a name like any other", () =>
  withFixture(async ({ transport, at, path, names }) => {
    await Deno.writeTextFile(path("x\uFFFD"), "1");
    assert.equal((await transport.stat(at("x\uFFFD"), CALL)).size, 1);
    await transport.remove(at("x\uFFFD"), CALL);
    assert.deepEqual(names(), []);
  }));

/** Makes `caf\xe9` by a shell, which takes bytes. */
async function makeUndecodable(dir: string): Promise<void> {
  await new Deno.Command("sh", {
    args: ["-c", 'cd "$1" && : > "$(printf \'caf\\351\')"', "sh", dir],
  }).output();
}
