/**
 * Pins the stand-in for `@std/fs`; passes against the real package too (`deno task test:std`).
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { ensureDir, exists, walk } from "@std/fs";
import type { WalkOptions } from "@std/fs";
import { join, relative, toFileUrl } from "@std/path";

const WINDOWS = Deno.build.os === "windows";

async function inTree(use: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(join(root, "a", "deep"), { recursive: true });
    await Deno.mkdir(join(root, "b"));
    await Deno.writeTextFile(join(root, "a", "deep", "1.dcm"), "1");
    await Deno.writeTextFile(join(root, "a", "2.txt"), "2");
    await Deno.writeTextFile(join(root, "3.dcm"), "3");
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function walked(
  root: string,
  options?: WalkOptions,
): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of walk(root, options)) {
    found.push(relative(root, path).replaceAll("\\", "/"));
  }
  return found;
}

Deno.test("ensureDir() makes parents, accepts a directory, refuses a file", () =>
  inTree(async (root) => {
    await ensureDir(join(root, "x", "y"));
    await ensureDir(join(root, "x", "y"));
    await ensureDir(toFileUrl(join(root, "x", "z")));
    assert.ok((await Deno.stat(join(root, "x", "y"))).isDirectory);
    assert.ok((await Deno.stat(join(root, "x", "z"))).isDirectory);
    await assert.rejects(ensureDir(join(root, "3.dcm")), {
      name: "Error",
      message: "Failed to ensure directory exists: expected 'dir', got 'file'",
    });
    await assert.rejects(ensureDir(join(root, "3.dcm", "x")));
  }));

Deno.test("ensureDir() bears a race for the same directory", () =>
  inTree(async (root) => {
    const dir = join(root, "r", "s");
    await Promise.all(Array.from({ length: 8 }, () => ensureDir(dir)));
    assert.ok((await Deno.stat(dir)).isDirectory);
  }));

Deno.test("exists() tells files, directories and nothing apart", () =>
  inTree(async (root) => {
    const file = join(root, "3.dcm");
    const cases = [
      [await exists(file), true],
      [await exists(toFileUrl(file)), true],
      [await exists(join(root, "none")), false],
      [await exists(file, { isFile: true }), true],
      [await exists(file, { isDirectory: true }), false],
      [await exists(root, { isDirectory: true }), true],
      [await exists(root, { isFile: true }), false],
      [await exists(file, { isReadable: true }), true],
      [await exists(join(root, "none"), { isReadable: true }), false],
    ] as const;
    cases.forEach(([actual, expected], at) => assert.equal(actual, expected, `row ${at}`));
    const both = { isFile: true, isDirectory: true };
    await assert.rejects(exists(file, both), TypeError);
  }));

Deno.test({
  name: "exists() follows links and reads the permission bits",
  ignore: WINDOWS,
  fn: () =>
    inTree(async (root) => {
      const file = join(root, "3.dcm");
      await Deno.symlink("none", join(root, "dangling"));
      await Deno.chmod(file, 0o000);
      assert.equal(await exists(join(root, "dangling")), false);
      assert.equal(await exists(file, { isReadable: true }), false);
    }),
});

Deno.test("walk() yields the root first and each directory before its content", () =>
  inTree(async (root) => {
    const found = await walked(root);
    assert.equal(found[0], "");
    assert.deepEqual(
      [...found].sort(),
      ["", "3.dcm", "a", "a/2.txt", "a/deep", "a/deep/1.dcm", "b"],
    );
    const at = found.indexOf("a");
    assert.deepEqual(
      found.slice(at, at + 4).sort(),
      ["a", "a/2.txt", "a/deep", "a/deep/1.dcm"],
      "a directory's content follows it without a break",
    );
    assert.ok(found.indexOf("a/deep") < found.indexOf("a/deep/1.dcm"));
  }));

Deno.test("walk() keeps the order of Deno.readDir", () =>
  inTree(async (root) => {
    const listed: string[] = [];
    for await (const { name } of Deno.readDir(root)) listed.push(name);
    assert.deepEqual((await walked(root, { maxDepth: 1 })).slice(1), listed);
  }));

Deno.test("walk() filters by depth, kind, extension and pattern", () =>
  inTree(async (root) => {
    const rows: [WalkOptions, string[]][] = [
      [{ maxDepth: -1 }, []],
      [{ maxDepth: 0 }, [""]],
      [{ maxDepth: 1 }, ["", "3.dcm", "a", "b"]],
      [{ includeDirs: false }, ["3.dcm", "a/2.txt", "a/deep/1.dcm"]],
      [{ includeFiles: false }, ["", "a", "a/deep", "b"]],
      [{ exts: ["dcm"] }, ["3.dcm", "a/deep/1.dcm"]],
      [{ exts: [".dcm", "txt"] }, ["3.dcm", "a/2.txt", "a/deep/1.dcm"]],
      [{ match: [/deep/] }, ["a/deep", "a/deep/1.dcm"]],
      [{ skip: [/deep/] }, ["", "3.dcm", "a", "a/2.txt", "b"]],
      [{ skip: [/./] }, []],
      [{ match: [/2/, /3\.dcm$/], exts: ["dcm"] }, ["3.dcm"]],
    ];
    for (const [options, expected] of rows) {
      // Patterns see whole paths, so a temporary name must not match by chance.
      const rooted = { ...options };
      if (options.match) rooted.match = options.match.map(below(root));
      assert.deepEqual((await walked(root, rooted)).sort(), expected);
    }
  }));

function below(root: string): (pattern: RegExp) => RegExp {
  const literal = root.replaceAll(/[^\w]/g, (char) => `\\${char}`);
  return ({ source }) => new RegExp(`^${literal}.*${source}`);
}

Deno.test("walk() yields entries with name and kind, from a path or a URL", () =>
  inTree(async (root) => {
    for (const top of [root, toFileUrl(root)]) {
      const kinds = new Map<string, boolean[]>();
      for await (const entry of walk(top, { maxDepth: 1 })) {
        assert.ok(entry.path.endsWith(entry.name));
        kinds.set(entry.name, [entry.isFile, entry.isDirectory]);
      }
      assert.deepEqual(kinds.get("3.dcm"), [true, false]);
      assert.deepEqual(kinds.get("a"), [false, true]);
    }
  }));

Deno.test("walk() throws NotFound for a missing root", async () => {
  const missing = join(await Deno.realPath("."), "does-not-exist");
  await assert.rejects(walked(missing), Deno.errors.NotFound);
  await assert.rejects(
    walked(missing, { includeDirs: false }),
    Deno.errors.NotFound,
  );
});

Deno.test({
  name: "walk() shows links, or follows them to their real path",
  ignore: WINDOWS,
  fn: () =>
    inTree(async (root) => {
      await Deno.symlink(join(root, "a"), join(root, "b", "to_a"));
      await Deno.symlink(join(root, "3.dcm"), join(root, "b", "to_3"));
      const top = join(root, "b");
      const rows: [WalkOptions, string[]][] = [
        [{}, ["", "to_3", "to_a"]],
        [{ includeSymlinks: false }, [""]],
        [
          { followSymlinks: true },
          ["", "../3.dcm", "../a", "../a/2.txt", "../a/deep"].concat(
            "../a/deep/1.dcm",
          ),
        ],
        [
          { followSymlinks: true, canonicalize: false },
          ["", "to_3", "to_a", "to_a/2.txt", "to_a/deep", "to_a/deep/1.dcm"],
        ],
      ];
      for (const [options, expected] of rows) {
        assert.deepEqual((await walked(top, options)).sort(), expected);
      }
      const links = [];
      for await (const entry of walk(top)) {
        if (entry.isSymlink) links.push(entry.name);
      }
      assert.deepEqual(links.sort(), ["to_3", "to_a"]);
    }),
});
