/** Conformance: what needs the help of the driver's author. @module */

import { strict as assert } from "node:assert";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { group, type Requirement, writing } from "./case.ts";
import { everyByte, sameBytes } from "./digest.ts";
import { fails } from "./fixture.ts";

const sparse: Requirement = {
  name: "the sparse hook",
  test: (f) => f.hooks.sparse !== undefined,
};

const link: Requirement = {
  name: "the symlink hook",
  test: (f) => f.hooks.symlink !== undefined,
};

/** Files over 4 GiB. */
export const bigCases = group("big", [
  writing("the end of 5 GiB can be read", [sparse, "range", "size"], async (f) => {
    const size = 5 * 2 ** 30;
    const tail = everyByte(300);
    await f.put("x", "x");
    await f.hooks.sparse!(f.at("big"), size, tail);
    assert.equal((await f.stat("big")).size, size);
    const start = size - tail.length;
    sameBytes(await f.read("big", { range: { start } }), tail, "by start");
    const range = { suffix: 100 };
    sameBytes(await f.read("big", { range }), tail.subarray(200), "by suffix");
    const middle = { start: 2 ** 32 + 1, end: 2 ** 32 + 9 };
    const zeros = await f.read("big", { range: middle });
    sameBytes(zeros, new Uint8Array(8), "in between");
    const got = f.get("big", { range: { start: size } });
    await fails(got, "RangeNotSatisfiable");
  }),
]);

/** Symbolic links. */
export const symlinkCases = group("symlink", [
  writing("a link is listed as one, and followed", ["symlinks", link], async (f) => {
    await f.put("d/a", "content");
    await f.hooks.symlink!(f.at("file"), f.at("d/a"));
    await f.hooks.symlink!(f.at("dir"), f.at("d"));
    const entries = await f.list("");
    assert.deepEqual(
      entries.map(({ name, kind, target }) => [name, kind, target]),
      [
        ["d", "directory", undefined],
        ["dir", "symlink", "directory"],
        ["file", "symlink", "file"],
      ],
    );
    assert.equal((await f.stat("file")).kind, "file");
    assert.equal((await f.stat("dir")).kind, "directory");
    assert.equal(await f.text("file"), "content");
    assert.equal(await f.text("dir/a"), "content");
    assert.deepEqual(await f.names("dir"), ["a"]);
  }),

  writing("a link tells of itself when asked", ["symlinks", link], async (f) => {
    await f.put("d/a", "content");
    await f.hooks.symlink!(f.at("file"), f.at("d/a"));
    await f.hooks.symlink!(f.at("broken"), f.at("no"));
    const options = { signal: NEVER, followSymlinks: false };
    for (const name of ["file", "broken"]) {
      const info = await f.transport.stat(f.at(name), options);
      assert.equal(info.kind, "symlink", name);
    }
  }),

  writing("a link to nothing is NotFound", ["symlinks", link], async (f) => {
    await f.put("a", "x");
    await f.hooks.symlink!(f.at("broken"), f.at("no"));
    const entry = (await f.list("")).find((e) => e.name === "broken");
    assert.equal(entry?.kind, "symlink");
    assert.equal(entry?.target, undefined);
    await fails(f.stat("broken"), "NotFound");
    await fails(f.get("broken"), "NotFound");
  }),

  writing("removing a link leaves what it leads to", [
    "symlinks",
    "remove",
    link,
  ], async (f) => {
    await f.put("d/a", "content");
    await f.hooks.symlink!(f.at("dir"), f.at("d"));
    await f.remove("dir", { recursive: f.has("removeTree") });
    assert.deepEqual(await f.names(""), ["d/"]);
    assert.equal(await f.text("d/a"), "content");
  }),

  writing("links that share an identity can be told", ["symlinks", link], async (f) => {
    await f.put("d/a", "content");
    await f.hooks.symlink!(f.at("d/loop"), f.at("d"));
    const signal = NEVER;
    const one = await f.transport.stat(f.at("d"), { signal });
    const two = await f.transport.stat(f.at("d/loop/loop"), { signal });
    assert(one.id !== undefined, "no id, so cycles cannot be found");
    assert.equal(two.id, one.id);
  }),
]);
