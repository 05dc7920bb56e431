/** Conformance: `remove` and `mkdir`. @module */

import { strict as assert } from "node:assert";
import { group, lacks, writing } from "./case.ts";
import { fails, type Fixture } from "./fixture.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { RemoveManyOptions } from "../../vfs/transport.ts";

/** Removing. */
export const removeCases = group("remove", [
  writing("a file goes, its neighbours stay", ["remove"], async (f) => {
    for (const name of ["a", "ab", "a.txt", "b"]) await f.put(`d/${name}`, name);
    await f.remove("d/a");
    await fails(f.stat("d/a"), "NotFound");
    await fails(f.get("d/a"), "NotFound");
    return await f.names("d");
  }),

  writing("a name can be used again", ["remove"], async (f) => {
    await f.put("a", "old");
    await f.remove("a");
    await f.put("a", "new");
    return await f.text("a");
  }),

  writing("what is missing is NotFound", ["remove"], async (f) => {
    await f.put("a", "x");
    return [
      await fails(f.remove("no"), "NotFound"),
      await fails(f.remove("no", { recursive: true }), "NotFound"),
      await fails(f.remove("no/below"), "NotFound"),
      await fails(f.remove("a/below"), "NotFound"),
      await f.names(""),
    ];
  }),

  writing("what a look finds removable goes, and the look removes nothing", [
    "remove",
  ], async (f) => {
    for (const path of ["d/x", "d/e/y"]) await f.put(path, path);
    const { transport } = f;
    for (const path of ["d/x", "d/e"]) {
      await transport.checkRemoval?.(f.at(path), { signal: NEVER });
    }
    assert.deepEqual([await f.names("d"), await f.text("d/e/y")], [["e/", "x"], "d/e/y"]);
    if (transport.checkRemoval) {
      const signal = AbortSignal.abort();
      await fails(transport.checkRemoval(f.at("d/x"), { signal }), "Aborted");
    }
    await f.remove("d/x");
    return await f.names("d");
  }),

  writing("an empty directory goes", [
    "remove",
    "mkdir",
    "emptyDirectories",
  ], async (f) => {
    await f.mkdir("d");
    await f.remove("d");
    return await f.exists("d");
  }),

  writing("a directory that holds something stays", ["remove"], async (f) => {
    await f.put("d/x", "x");
    return [await fails(f.remove("d"), "NotEmpty"), await f.names("d")];
  }),

  writing("of many each goes that can, and of the others it is told why", [
    "removeMany",
  ], async (f) => {
    for (const path of ["a", "d/x", "d/e/y", "full/x", "full/y", "kept"]) await f.put(path, path);
    const told = await removeMany(f, ["a", "no", "full", "d/x", "d/e/y", "full/x", "a/below"]);
    assert.deepEqual(told, { no: "NotFound", full: "NotEmpty", "a/below": "NotFound" });
    for (const path of ["a", "d/x", "d/e/y", "full/x"]) await fails(f.stat(path), "NotFound");
    assert.deepEqual([await f.text("kept"), await f.text("full/y")], ["kept", "full/y"]);
    assert.deepEqual(await removeMany(f, ["no"]), { no: "NotFound" });
  }),

  writing("of many a directory goes after what is in it", ["removeMany"], async (f) => {
    for (const path of ["d/x", "d/e/y", "kept"]) await f.put(path, path);
    const told = await removeMany(f, ["d/e/y", "d/e", "d/x", "d"]);
    // Where directories come with the files in them, they may have gone with them.
    assert(Object.values(told).every((kind) => kind === "NotFound"), JSON.stringify(told));
    await fails(f.stat("d"), "NotFound");
    assert.deepEqual(await f.names(""), ["kept"]);
  }),

  writing("of many a directory goes with all below, when asked, and what went with it is missing", [
    "removeMany",
    "removeTree",
  ], async (f) => {
    for (const path of ["d/x", "d/e/y", "d/e/z", "dd/x", "a", "kept"]) await f.put(path, path);
    const paths = ["a", "d/e/y", "d", "d/x", "no", "a", "dd"];
    assert.deepEqual(await removeMany(f, paths, true), {
      "d/x": "NotFound",
      no: "NotFound",
      a: "NotFound",
    });
    assert.deepEqual(await f.names(""), ["kept"]);
  }),

  writing("of many what others changed stays, as it is when the others go", [
    "removeMany",
    "etag",
  ], async (f) => {
    for (const path of ["a", "b", "d/x"]) await f.put(path, "old");
    const paths = ["a", "b", "d/x", "d", "no"];
    const read = new Map<string, string | undefined>();
    for (const path of paths.slice(0, 3)) read.set(f.at(path).href, (await f.stat(path)).etag);
    await f.put("b", "new");
    const told = await removeMany(f, paths, false, (at, { etag }) => {
      if (!read.has(at.href) || etag === read.get(at.href)) return undefined;
      return new VfsError("ConditionFailed", { op: "remove", url: at.href });
    });
    const { d: _, ...others } = told;
    assert.deepEqual(others, { b: "ConditionFailed", no: "NotFound" });
    assert.deepEqual([await f.text("b"), await f.names("")], ["new", ["b"]]);
  }),

  writing("what others changed stays, as a listing shows right before it goes", [
    "remove",
    "removeKeeps",
    "size",
  ], async (f) => {
    const keeps: RemoveManyOptions["keeps"] = ({ href: url }, { size }) =>
      size === 3 ? undefined : new VfsError("ConditionFailed", { op: "remove", url });
    for (const path of ["a", "b", "d/x"]) await f.put(path, "old");
    await f.put("b", "newer");
    const remove = (path: string) => f.transport.remove!(f.at(path), { signal: NEVER, keeps });
    await Promise.all([remove("a"), fails(remove("b"), "ConditionFailed"), remove("d/x")]);
    assert.deepEqual([await f.text("b"), await f.names("")], ["newer", ["b"]]);
  }),

  writing("a directory goes with all below, when asked", [
    "remove",
    "removeTree",
  ], async (f) => {
    for (const path of ["d/x", "d/e/f/y", "d/e/z", "dd/x"]) {
      await f.put(path, path);
    }
    await f.remove("d", { recursive: true });
    for (const path of ["d", "d/x", "d/e", "d/e/f/y"]) {
      await fails(f.stat(path), "NotFound");
    }
    return await f.names("");
  }),

  writing("a file goes recursively too", ["remove"], async (f) => {
    await f.put("a", "x");
    await f.put("b", "x");
    await f.remove("a", { recursive: true });
    return await f.names("");
  }),

  writing("without removeTree, all below goes or nothing", [
    "remove",
    lacks("removeTree"),
  ], async (f) => {
    await f.put("d/x", "x");
    await f.put("d/e/y", "y");
    await f.put("z", "z");
    try {
      await f.remove("d", { recursive: true });
      assert.equal(await f.exists("d"), false);
    } catch (error) {
      await fails(Promise.reject(error), "NotEmpty", "NotSupported");
      assert.deepEqual([await f.text("d/x"), await f.text("d/e/y")], ["x", "y"]);
    }
    return await f.text("z");
  }),

  writing("an emptied directory stays", ["remove", "emptyDirectories"], async (f) => {
    await f.put("d/x", "x");
    await f.remove("d/x");
    return [(await f.stat("d")).kind, await f.names("d")];
  }),
]);

/** Making directories. */
export const mkdirCases = group("mkdir", [
  writing("a directory is there, and empty", [
    "mkdir",
    "emptyDirectories",
  ], async (f) => {
    await f.mkdir("d");
    assert.equal((await f.stat("d")).kind, "directory");
    return [await f.names(""), await f.names("d")];
  }),

  writing("files can be put in it", ["mkdir"], async (f) => {
    await f.mkdir("d");
    await f.put("d/x", "x");
    return [await f.names(""), await f.names("d")];
  }),

  writing("what is there is AlreadyExists", ["mkdir"], async (f) => {
    await f.put("d/a", "x");
    return [
      await fails(f.mkdir("d"), "AlreadyExists"),
      await fails(f.mkdir("d/a"), "AlreadyExists"),
      await fails(f.mkdir("d/a", { recursive: true }), "AlreadyExists"),
      await f.text("d/a"),
    ];
  }),

  writing("recursively, a directory may be there", ["mkdir"], async (f) => {
    await f.put("d/a", "x");
    await f.mkdir("d", { recursive: true });
    return await f.names("d");
  }),

  writing("a missing parent is NotFound", [
    "mkdir",
    "emptyDirectories",
  ], async (f) => {
    return [await fails(f.mkdir("no/d"), "NotFound"), await f.exists("no")];
  }),

  writing("recursively, missing parents are made", [
    "mkdir",
    "emptyDirectories",
  ], async (f) => {
    await f.mkdir("a/b/c", { recursive: true });
    return [await f.names("a"), await f.names("a/b"), await f.names("a/b/c")];
  }),

  writing("below a file is NotADirectory", ["mkdir"], async (f) => {
    await f.put("a", "x");
    return [
      await fails(f.mkdir("a/d"), "NotADirectory"),
      await fails(f.mkdir("a/d/e", { recursive: true }), "NotADirectory"),
      await f.text("a"),
    ];
  }),

  writing("many can make the same one", ["mkdir"], async (f) => {
    await Promise.all(
      Array.from({ length: 12 }, () => f.mkdir("a/b/c", { recursive: true })),
    );
    await f.put("a/b/c/x", "x");
    return await f.names("a/b");
  }),
]);

/** What is told of those of `paths` that are still there. */
async function removeMany(
  f: Fixture,
  paths: readonly string[],
  recursive?: boolean,
  keeps?: RemoveManyOptions["keeps"],
): Promise<Record<string, string>> {
  const places = paths.map((path) => f.at(path));
  const left = await f.transport.removeMany!(places, { signal: NEVER, recursive, keeps });
  return Object.fromEntries(
    [...left].map(([at, { kind }]) => [paths[places.indexOf(at)], kind]),
  );
}
