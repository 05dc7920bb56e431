import { basename } from "@std/path";
import { strict as assert } from "node:assert";
import {
  isTemporaryName,
  removeTemporariesSync,
  sweepTemporaries,
} from "../../../transports/file/mod.ts";
import {
  claimTemporary,
  releaseTemporary,
  reserveTemporary,
} from "../../../transports/file/temporaries.ts";
import { sweepTree } from "../../../transports/file/sweeper.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { moveAcross } from "../../../transports/file/move_across.ts";
import { sourceOfBytes } from "../../../vfs/bytes/bytes.ts";
import { tickingClock } from "../../ticking_clock.ts";
import { CALL, fails, ignoredWhen, pattern, sourceOf, withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

/** While no time passes, what is young stays so, however slow the machine is. */
function stoppedDate(): Disposable {
  const { now } = Date;
  const time = now();
  Date.now = () => time;
  return { [Symbol.dispose]: () => void (Date.now = now) };
}

Deno.test("reserveTemporary() gives new, recognisable names of at most 255 bytes", () => {
  const names = ["f", "x".repeat(255), "é".repeat(127), "🧠".repeat(63), "a\nb"];
  for (const name of names) {
    const [a, b] = [reserveTemporary(`/d/${name}`), reserveTemporary(`/d/${name}`)];
    assert.notEqual(a, b);
    for (const path of [a, b]) {
      assert(new TextEncoder().encode(basename(path)).length <= 255);
      assert(isTemporaryName(basename(path)), path);
      assert(!path.includes("\uFFFD"));
      releaseTemporary(path);
    }
    assert(!isTemporaryName(name));
  }
});

Deno.test("removeTemporariesSync() removes what is being written, and the write fails", () =>
  withFixture(async ({ transport, at, names }) => {
    const source = sourceOf(async function* () {
      yield pattern(300_000);
      yield pattern(300_000);
      assert.equal(names().filter(isTemporaryName).length, 1);
      removeTemporariesSync();
      // Windows may keep a name until the file is closed.
      if (Deno.build.os !== "windows") assert.deepEqual(names(), []);
    });
    await fails("NotFound", transport.put(at("f"), source, CALL));
    assert.deepEqual(names(), []);
  }));

Deno.test("removeTemporariesSync() has nothing to remove where a folder has become a file", () =>
  withFixture(({ path }) => {
    Deno.mkdirSync(path("folder"));
    const temporary = reserveTemporary(path("folder", "f"));
    Deno.removeSync(path("folder"));
    Deno.writeTextFileSync(path("folder"), "");
    removeTemporariesSync();
    releaseTemporary(temporary);
    return Promise.resolve();
  }));

Deno.test("sweepTemporaries() removes old temporaries that nobody uses, and nothing else", () =>
  withFixture(async ({ path, names, dir }) => {
    const stale = ".f.0123456789abcdef.medvfs-tmp";
    const fresh = ".f.0123456789abcdee.medvfs-tmp";
    const claimed = ".f.0123456789abcded.medvfs-tmp";
    const used = basename(reserveTemporary(path("f")));
    for (const name of [stale, fresh, claimed, used, "f", ".f.medvfs-tmp"]) {
      await Deno.writeTextFile(path(name), "");
    }
    const inAnHour = Date.now() + 3_600_000;
    await Deno.utime(path(fresh), new Date(inAnHour), new Date(inAnHour));
    {
      using file = await Deno.open(path(claimed), { write: true });
      await claimTemporary(path(claimed), file);
      assert.deepEqual(await sweepTemporaries(dir, 60_000, inAnHour), [stale]);
    }
    assert.deepEqual(names(), [used, fresh, claimed, ".f.medvfs-tmp", "f"].sort());
    assert.deepEqual(await sweepTemporaries(dir, 60_000, inAnHour), [claimed]);
    assert.deepEqual(await sweepTemporaries(dir, 60_000), []);
    releaseTemporary(path(used));
  }));

Deno.test({
  name:
    "what a killed program left is in no listing, keeps no directory, and goes when something is stored beside it",
  ignore: ignoredWhen(
    Deno.build.os !== "linux",
    "elsewhere no disk is known to be this machine's alone",
  ),
  fn: () =>
    withFixture(async ({ transport, at, path, names }) => {
      const [left, young] = ["f", "g"].map((name) => `.${name}.0123456789abcdef.medvfs-tmp`);
      for (const folder of ["a", "b", "c"]) {
        await Deno.mkdir(path(folder));
        await Deno.writeTextFile(path(`${folder}/${left}`), "");
      }
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await Deno.writeTextFile(path(`a/${young}`), "");
      {
        using _ = stoppedDate();
        assert.deepEqual((await Array.fromAsync(transport.list(at("a"), CALL))).flat(), []);
        await transport.put(at("a", "f"), sourceOfBytes(pattern(3)), CALL);
        assert.deepEqual(names("a"), [`${young}`, "f"]);
        await transport.copy!(at("a", "f"), at("b", "f"), CALL);
        assert.deepEqual(names("b"), ["f"]);
        await transport.remove!(at("c"), CALL);
        assert.deepEqual(names(), ["a", "b"]);
        await fails("NotEmpty", transport.remove!(at("a"), CALL));
      }
      await transport[Symbol.asyncDispose]();
      assert.deepEqual(names("a"), ["f"]);
    }),
});

testWithLinks(
  "sweepTree() removes what killed programs left in all folders, and what one was killed at right before a second later",
  () =>
    withFixture(async ({ dir, path, names }) => {
      const [left, young, written] = ["f", "g", "h"].map((f) =>
        `.${f}.0123456789abcdef.medvfs-tmp`
      );
      for (const folder of ["a", "a/b", "c"]) await Deno.mkdir(path(folder));
      for (const place of [left, `a/b/${left}`, `c/${written}`, "a/b/f", "a/b/.f"]) {
        await Deno.writeTextFile(path(`${place}`), "");
      }
      using file = await Deno.open(path(`c/${written}`), { write: true });
      await claimTemporary(path(`c/${written}`), file);
      await Deno.symlink(path("c"), path("a/link"));
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await Deno.writeTextFile(path(`a/${young}`), "");
      const given = new AbortController();
      {
        using _ = stoppedDate();
        await using clock = tickingClock();
        let aborted = Infinity;
        clock.schedule(() => {
          aborted = clock.now();
          given.abort();
        }, 100);
        await sweepTree(dir, given.signal);
        assert(clock.now() - aborted < 100, "it does not wait any longer");
      }
      assert.deepEqual([names(), names("a"), names("a/b"), names("c")], [
        ["a", "c"],
        [young, "b", "link"],
        [".f", "f"],
        [written],
      ]);
      await sweepTree(dir, NEVER);
      assert.deepEqual([names("a"), names("c")], [["b", "link"], [written]]);
      await sweepTree(path("none"), NEVER);
    }),
);

Deno.test("sweepTemporaries() goes on when what it has found is gone by then", () =>
  withFixture(async ({ dir, path, names }) => {
    const left = Array.from({ length: 50 }, (_, i) => `.${i}.0123456789abcdef.medvfs-tmp`);
    for (const name of left) await Deno.writeTextFile(path(name), "");
    const inAnHour = Date.now() + 3_600_000;
    const sweep = () => sweepTemporaries(dir, 60_000, inAnHour);
    await Promise.all([sweep(), sweep(), sweep()]);
    assert.deepEqual(names(), []);
  }));

Deno.test("sweepTemporaries() removes what fills a disk on which not even an empty file can be made", () =>
  withFixture(async ({ dir, path, names }) => {
    const left = ".f.0123456789abcdef.medvfs-tmp";
    await Deno.writeTextFile(path(left), "");
    const { now } = Date;
    const { open } = Deno;
    const failing = (code: string): typeof open => (at, options) =>
      options?.createNew
        ? Promise.reject(Object.assign(new Error(code), { code }))
        : open(at, options);
    try {
      Date.now = () => now() + 3_600_000;
      Deno.open = failing("EACCES");
      await assert.rejects(sweepTemporaries(dir, 60_000), /EACCES/);
      assert.deepEqual(names(), [left]);
      for (const code of ["ENOSPC", "EDQUOT"]) {
        await Deno.writeTextFile(path(left), "");
        Deno.open = failing(code);
        assert.deepEqual(await sweepTemporaries(dir, 60_000), [left]);
        assert.deepEqual(names(), []);
      }
    } finally {
      Date.now = now;
      Deno.open = open;
    }
  }));

Deno.test("sweepTemporaries() leaves a tree that is moved there, and what is swept goes at one go", () =>
  withFixture(async ({ dir, path, names }) => {
    await Deno.mkdir(path("from", "sub"), { recursive: true });
    for (const name of ["a", "sub/b"]) await Deno.writeTextFile(path("from", name), name);
    await Deno.mkdir(path("to"));
    const inAnHour = Date.now() + 3_600_000;
    const swept: string[] = [];
    const sweep = async (from: string, to: string) => {
      // As another process sees it.
      releaseTemporary(from);
      // Windows locks no folders, and has their age alone.
      if (Deno.build.os !== "windows") {
        swept.push(...await sweepTemporaries(path("to"), 0, inAnHour));
      }
      await Deno.rename(from, to);
      await Deno.writeTextFile(path("from", "late"), "late");
      await Deno.writeTextFile(path("from", "a"), "a and more");
    };
    await moveAcross(path("from"), path("to", "t"), sweep, () => {});
    assert.deepEqual(swept, []);
    assert.deepEqual(names("to", "t"), ["a", "sub"]);
    assert.deepEqual(names("to", "t", "sub"), ["b"]);
    assert.deepEqual(names("from"), ["a", "late"], "what came or changed since is not lost");
    const left = reserveTemporary(path("x"));
    await Deno.rename(path("from"), left);
    releaseTemporary(left);
    assert.deepEqual(await sweepTemporaries(dir, 0, inAnHour), [basename(left)]);
    assert.deepEqual(names(), ["to"]);
  }));

Deno.test("sweepTemporaries() keeps what is young by the clock of the file system, when that of this machine is days on", () =>
  withFixture(async ({ dir, path, names }) => {
    const young = ".f.0123456789abcdef.medvfs-tmp";
    await Deno.writeTextFile(path(young), "");
    const { now } = Date;
    Date.now = () => now() + 48 * 3_600_000;
    try {
      assert.deepEqual(await sweepTemporaries(dir, 24 * 3_600_000), []);
    } finally {
      Date.now = now;
    }
    assert.deepEqual(names(), [young]);
  }));
