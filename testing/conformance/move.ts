/** Conformance: `rename` and `copy`. @module */

import { strict as assert } from "node:assert";
import { isVfsError } from "../../vfs/errors.ts";
import { group, writing } from "./case.ts";
import { digest, everyByte } from "./digest.ts";
import { fails } from "./fixture.ts";

/** Renaming. */
export const renameCases = group("rename", [
  writing("a file has the new name only", ["rename"], async (f) => {
    await f.put("a", "content");
    await f.put("ab", "other");
    await f.rename("a", "b");
    await fails(f.stat("a"), "NotFound");
    return [await f.names(""), await f.text("b"), await f.text("ab")];
  }),

  writing("a file moves to another directory", ["rename"], async (f) => {
    await f.put("d/a", everyByte(70_000));
    await f.put("e/x", "x");
    await f.rename("d/a", "e/b");
    return [await f.names("e"), digest(await f.read("e/b"))];
  }),

  writing("missing parents are made", ["rename"], async (f) => {
    await f.put("a", "x");
    await f.put("d/y", "y");
    await f.rename("a", "n/e/w");
    await f.rename("d", "m/d");
    return [await f.names(""), await f.text("n/e/w"), await f.text("m/d/y")];
  }),

  writing("a directory moves with all below", ["rename"], async (f) => {
    for (const path of ["d/x", "d/e/y", "dd/z"]) await f.put(path, path);
    await f.rename("d", "n");
    await fails(f.stat("d"), "NotFound");
    await fails(f.stat("d/e/y"), "NotFound");
    return [
      await f.names(""),
      await f.names("n"),
      await f.text("n/x"),
      await f.text("n/e/y"),
      await f.text("dd/z"),
    ];
  }),

  writing("what is missing is NotFound", ["rename"], async (f) => {
    await f.put("a", "x");
    return [
      await fails(f.rename("no", "b"), "NotFound"),
      await fails(f.rename("no", "a", { overwrite: true }), "NotFound"),
      await fails(f.rename("a/below", "b"), "NotFound"),
      await f.text("a"),
      await f.names(""),
    ];
  }),

  writing("a file in the way is AlreadyExists", ["rename"], async (f) => {
    await f.put("a", "one");
    await f.put("b", "two");
    const kind = await fails(f.rename("a", "b"), "AlreadyExists");
    return [kind, await f.text("a"), await f.text("b")];
  }),

  writing("a file gives way when asked", ["rename"], async (f) => {
    await f.put("a", "one");
    await f.put("b", "a longer two");
    await f.rename("a", "b", { overwrite: true });
    return [await f.names(""), await f.text("b")];
  }),

  writing("a directory never gives way", ["rename"], async (f) => {
    await f.put("d/x", "x");
    await f.put("e/y", "y");
    await f.put("a", "a");
    for (const overwrite of [false, true]) {
      await fails(f.rename("d", "e", { overwrite }), "AlreadyExists");
      await fails(
        f.rename("a", "d", { overwrite }),
        "AlreadyExists",
        "IsADirectory",
      );
    }
    return [await f.names(""), await f.text("d/x"), await f.text("e/y")];
  }),

  writing("a file gives way to no directory", ["rename"], async (f) => {
    await f.put("d/x", "x");
    await f.put("a", "a");
    await fails(f.rename("d", "a"), "AlreadyExists");
    await fails(
      f.rename("d", "a", { overwrite: true }),
      "AlreadyExists",
      "NotADirectory",
    );
    return [await f.text("d/x"), await f.text("a")];
  }),

  writing("a directory cannot go into itself", ["rename"], async (f) => {
    await f.put("d/x", "x");
    return [
      await fails(f.rename("d", "d/e"), "InvalidArgument"),
      await f.text("d/x"),
      await f.names("d"),
    ];
  }),

  writing("below a file is NotADirectory", ["rename"], async (f) => {
    await f.put("a", "a");
    await f.put("b", "b");
    const kind = await fails(f.rename("a", "b/c"), "NotADirectory");
    return [kind, await f.text("a"), await f.text("b")];
  }),

  writing("onto itself loses nothing", ["rename"], async (f) => {
    await f.put("a", "a");
    for (const overwrite of [false, true]) {
      await f.rename("a", "a", { overwrite }).catch(mustBeVfsError);
      assert.equal(await f.text("a"), "a");
    }
    return await f.names("");
  }),
]);

/** Copying. */
export const copyCases = group("copy", [
  writing("both have the content", ["copy"], async (f) => {
    await f.put("a", everyByte(70_000));
    const info = await f.copy("a", "b");
    assert.equal(info.kind, "file");
    assert.equal(info.size ?? 70_000, 70_000);
    return [
      await f.names(""),
      digest(await f.read("a")),
      digest(await f.read("b")),
    ];
  }),

  writing("a change of one leaves the other", ["copy"], async (f) => {
    await f.put("a", "first");
    await f.copy("a", "b");
    await f.put("a", "second");
    assert.deepEqual([await f.text("a"), await f.text("b")], [
      "second",
      "first",
    ]);
    await f.put("b", "third");
    return [await f.text("a"), await f.text("b")];
  }),

  writing("progress that is told only grows, up to the size", ["copy"], async (f) => {
    await f.put("a", everyByte(300_000));
    const told: number[] = [];
    await f.copy("a", "b", { onProgress: (bytes) => told.push(bytes) });
    assert.deepEqual(told, told.toSorted((x, y) => x - y));
    assert((told.at(-1) ?? 0) <= 300_000, `${told.at(-1)} bytes`);
  }),

  writing("an empty file can be copied", ["copy"], async (f) => {
    await f.put("a", "");
    await f.copy("a", "b");
    return [await f.text("b"), await f.names("")];
  }),

  writing("missing parents are made", ["copy"], async (f) => {
    await f.put("a", "x");
    await f.copy("a", "d/e/b");
    return [await f.names("d"), await f.text("d/e/b")];
  }),

  writing("what is missing is NotFound", ["copy"], async (f) => {
    await f.put("a", "x");
    return [
      await fails(f.copy("no", "b"), "NotFound"),
      await fails(f.copy("no", "a", { overwrite: true }), "NotFound"),
      await fails(f.copy("a/below", "b"), "NotFound"),
      await f.text("a"),
      await f.names(""),
    ];
  }),

  writing("a file in the way is AlreadyExists", ["copy"], async (f) => {
    await f.put("a", "one");
    await f.put("b", "two");
    const kind = await fails(f.copy("a", "b"), "AlreadyExists");
    return [kind, await f.text("b")];
  }),

  writing("a file gives way when asked", ["copy"], async (f) => {
    await f.put("a", "one");
    await f.put("b", "a longer two");
    await f.copy("a", "b", { overwrite: true });
    return [await f.text("a"), await f.text("b")];
  }),

  writing("a directory is IsADirectory", ["copy"], async (f) => {
    await f.put("d/x", "x");
    const kind = await fails(f.copy("d", "e"), "IsADirectory");
    return [kind, await f.exists("e")];
  }),

  writing("a directory never gives way", ["copy"], async (f) => {
    await f.put("a", "x");
    await f.put("d/x", "x");
    for (const overwrite of [false, true]) {
      const copy = f.copy("a", "d", { overwrite });
      await fails(copy, "AlreadyExists", "IsADirectory");
    }
    return await f.names("d");
  }),

  writing("below a file is NotADirectory", ["copy"], async (f) => {
    await f.put("a", "x");
    await f.put("b", "y");
    const kind = await fails(f.copy("a", "b/c"), "NotADirectory");
    return [kind, await f.text("b")];
  }),

  writing("onto itself loses nothing", ["copy"], async (f) => {
    await f.put("a", "content");
    for (const overwrite of [false, true]) {
      await f.copy("a", "a", { overwrite }).catch(mustBeVfsError);
      assert.equal(await f.text("a"), "content");
    }
    return await f.names("");
  }),
]);

function mustBeVfsError(error: unknown): void {
  if (!isVfsError(error)) throw error;
}
