import { basename } from "@std/path";
import { strict as assert } from "node:assert";
import {
  isTemporaryName,
  removeTemporariesSync,
  sweepTemporaries,
} from "../../../transports/file/mod.ts";
import { releaseTemporary, reserveTemporary } from "../../../transports/file/temporaries.ts";
import { CALL, fails, pattern, sourceOf, withFixture } from "./fixture.ts";

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
      assert.deepEqual(names(), []);
    });
    await fails("NotFound", transport.put(at("f"), source, CALL));
    assert.deepEqual(names(), []);
  }));

Deno.test("sweepTemporaries() removes old temporaries that nobody uses, and nothing else", () =>
  withFixture(async ({ path, names, dir }) => {
    const old = new Date(Date.now() - 3_600_000);
    const stale = ".f.0123456789abcdef.medvfs-tmp";
    const fresh = ".f.0123456789abcdee.medvfs-tmp";
    const used = basename(reserveTemporary(path("f")));
    for (const name of [stale, fresh, used, "f", ".f.medvfs-tmp"]) {
      await Deno.writeTextFile(path(name), "");
      if (name !== fresh) await Deno.utime(path(name), old, old);
    }
    assert.deepEqual(await sweepTemporaries(dir, 60_000), [stale]);
    assert.deepEqual(names(), [used, fresh, ".f.medvfs-tmp", "f"].sort());
    releaseTemporary(path(used));
  }));
