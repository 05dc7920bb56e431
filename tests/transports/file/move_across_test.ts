import { strict as assert } from "node:assert";
import { moveAcross } from "../../../transports/file/move_across.ts";
import { isVfsError } from "../../../vfs/errors.ts";
import { withFixture } from "./fixture.ts";
import { testWithLinks } from "../../links.ts";

/** Milliseconds since 1970, no whole second. */
const TIME = 1_600_000_000_123;

interface Case {
  readonly what: string;
  /** Time of change of what is there when the copy is done; that of before unless given. */
  readonly after?: number;
  /** The same of the copy, as a file system rounds it. */
  readonly copied?: number;
  readonly text?: string;
  readonly isKept: boolean;
}

const CASES: readonly Case[] = [
  { what: "is as it was", isKept: false },
  { what: "was written to half a second later", after: TIME + 500, text: "2", isKept: true },
  { what: "is another, of before", after: TIME - 60_000, text: "2", isKept: true },
  { what: "is longer", text: "22", isKept: true },
  { what: "is as it was, on FAT", copied: TIME - 123, isKept: false },
  { what: "is as it was, on FAT that rounds up", copied: TIME + 1877, isKept: false },
  { what: "is as it was, on exFAT", copied: TIME - 3, isKept: false },
  { what: "was written to, on exFAT", copied: TIME - 3, after: TIME + 50, text: "2", isKept: true },
  { what: "was written to, on FAT", copied: TIME - 123, after: TIME + 5000, isKept: true },
];

for (const { what, after = TIME, copied = TIME, text = "1", isKept } of CASES) {
  Deno.test(`moveAcross() ${isKept ? "leaves" : "removes"} a file that ${what}`, () =>
    withFixture(async ({ path, names }) => {
      await Deno.mkdir(path("from"));
      const file = path("from", "f");
      await Deno.writeTextFile(file, "1");
      await Deno.utime(file, new Date(TIME), new Date(TIME));
      await moveAcross(path("from"), path("to"), async (from, to) => {
        const copy = `${from}/f`;
        assert.equal((await Deno.stat(copy)).mtime?.getTime(), TIME);
        await Deno.utime(copy, new Date(copied), new Date(copied));
        await Deno.rename(from, to);
        await Deno.writeTextFile(file, text);
        await Deno.utime(file, new Date(after), new Date(after));
      }, () => {});
      assert.equal(await Deno.readTextFile(path("to", "f")), "1");
      assert.deepEqual(names(), isKept ? ["from", "to"] : ["to"]);
      if (isKept) assert.equal(await Deno.readTextFile(file), text);
    }));
}

testWithLinks(
  "moveAcross() leaves what has taken the place of what it copied, and removes links that it copied",
  () =>
    withFixture(async ({ path, names }) => {
      await Deno.mkdir(path("from"));
      for (const name of ["a", "b", "gone"]) await Deno.writeTextFile(path("from", name), name);
      await Deno.symlink("elsewhere", path("from", "link"));
      await moveAcross(path("from"), path("to"), async (from, to) => {
        await Deno.rename(from, to);
        for (const name of ["a", "b", "gone"]) await Deno.remove(path("from", name));
        await Deno.symlink("b", path("from", "a"));
        await Deno.mkdir(path("from", "b"));
      }, () => {});
      assert.deepEqual([names("from"), names("to")], [["a", "b"], ["a", "b", "gone", "link"]]);
      assert.equal(await Deno.readLink(path("to", "link")), "elsewhere");
    }),
);

Deno.test("moveAcross() that is stopped or fails leaves the original and nothing else", () =>
  withFixture(async ({ path, names }) => {
    await Deno.mkdir(path("from"));
    for (const name of ["a", "b"]) await Deno.writeTextFile(path("from", name), name);
    let looks = 0;
    const stop = () => {
      if (++looks > 2) throw new Error("stop");
    };
    await assert.rejects(moveAcross(path("from"), path("to"), Deno.rename, stop), /stop/);
    const fail = () => Promise.reject(new Error("no room"));
    await assert.rejects(moveAcross(path("from"), path("to"), fail, () => {}), /no room/);
    assert.deepEqual([names(), names("from")], [["from"], ["a", "b"]]);
    await assert.rejects(moveAcross(path("gone"), path("to"), Deno.rename, () => {}), (error) => {
      return !isVfsError(error) && error instanceof Deno.errors.NotFound;
    });
    assert.deepEqual(names(), ["from"]);
  }));
