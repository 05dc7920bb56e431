import { strict as assert } from "node:assert";
import fc from "fast-check";
import { manualClock } from "../../testing/manual_clock.ts";
import { VfsError } from "../../vfs/errors.ts";
import { sortByName } from "../../vfs/location/names.ts";
import type { ListedEntry, Transport, TreeStep } from "../../vfs/transport.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { WalkOptions } from "../../vfs/walk.ts";
import {
  at_,
  driverOf,
  fake,
  hang,
  memoryVfs,
  plant,
  rejects,
  settle,
  type Tree,
  treeTransport,
  vfsOf,
} from "./_fakes.ts";
import { type Steps, steps } from "./_walking.ts";

/** What a walk is, in ten lines. */
function naive(tree: Tree, at: string): Steps {
  const entries = sortByName(Object.keys(tree).map((name) => ({ name })));
  const of = (isDir: boolean) =>
    entries.filter(({ name }) => (typeof tree[name] === "object") === isDir).map(({ name }) =>
      name
    );
  const url = (name: string) => at_(at).child(name).href;
  const here: Steps = [[at, of(true).map(url), of(false).map(url)]];
  return here.concat(...of(true).map((name) => naive(tree[name] as Tree, url(name))));
}

const name = fc.oneof(
  fc.nat(30).map(String),
  fc.stringMatching(/^[a-c%#? ]{1,3}$/),
  fc.constantFrom("ä", "a/b", ".x", "%2F"),
);
const { tree: anyTree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.dictionary(
    name,
    fc.oneof({ depthSize: "small" }, fc.constant("text"), tie("tree")),
    { maxKeys: 5 },
  ) as fc.Arbitrary<Tree>,
}));

Deno.test("promise 3: walk() of any tree is what a naive recursion gives, by list and by tree, with any window", async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, fc.integer({ min: 1, max: 6 }), fc.boolean(), async (
      tree,
      concurrency,
      prunes,
    ) => {
      for (const native of [false, true]) {
        await using vfs = memoryVfs(undefined, { tree: native });
        await plant(vfs, "memory:///top", tree);
        assert.deepEqual(
          await steps(vfs, "memory:///top", { concurrency, prunes }),
          naive(tree, "memory:///top"),
        );
        const flat = naive(tree, "memory:///top").flatMap(([, dirs, files]) => [...dirs, ...files]);
        assert.deepEqual(await Array.fromAsync(vfs.entries("memory:///top"), String), flat);
      }
    }),
    { numRuns: 60 },
  );
});

const DEEP: Tree = {
  "a.dcm": "1",
  "keep": {
    "b.dcm": "1",
    "b.txt": "22",
    "sub": { "c.dcm": "1", "c.txt": "22", "deep": { "d.dcm": "4" } },
  },
  "prune": { "b.dcm": "1", "sub": { "prune": { "x": "1" }, "z": "1" } },
  "empty": {},
};

/** The same on memory by list, by tree, and by trees that lie. */
async function onAll(check: (vfs: Vfs, how: string) => Promise<void>): Promise<void> {
  const distort: Record<string, ((steps: TreeStep[]) => TreeStep[]) | undefined> = {
    list: undefined,
    tree: (all) => all,
    "tree without some": (all) => all.filter((_, i) => i % 3 !== 2),
    "tree of the top only": (all) => all.slice(0, 1),
    "tree of nothing": () => [],
    "tree backwards": (all) => all.toReversed(),
    "tree with strangers and doubles": (all) =>
      all.flatMap((step) => [{ location: at_("fake:///stranger/keep"), entries: [] }, step, step]),
    "unsorted tree": (all) => all.map((step) => ({ ...step, entries: step.entries.toReversed() })),
  };
  for (const [how, change] of Object.entries(distort)) {
    const { transport } = treeTransport(DEEP, { tree: change !== undefined });
    const tree: Transport["tree"] = change && (async function* (location, options) {
      const all: TreeStep[] = [];
      const stack = [location];
      for (let at = stack.pop(); at; at = stack.pop()) {
        const entries = sortByName((await Array.fromAsync(transport.list(at, options))).flat());
        all.push({ location: at, entries });
        const dirs = entries.filter(({ kind }) => kind === "directory").reverse();
        stack.push(...dirs.map(({ name }) => at!.child(name)));
      }
      yield* change(all);
    });
    await using vfs = vfsOf([driverOf({ ...transport, tree })]);
    await check(vfs, how);
  }
}

Deno.test("walk() gives the same by list and by tree, also by a tree that omits, adds or disorders", async () => {
  const expected = naive(DEEP, "fake:///");
  await onAll(async (vfs, how) => {
    const found = await steps(vfs, "fake:///");
    assert.deepEqual(found, expected, how);
    const below = await steps(vfs, "fake:///keep/");
    assert.deepEqual(below.slice(1), naive(DEEP["keep"] as Tree, "fake:///keep").slice(1), how);
  });
});

Deno.test("walk(): removing from dirs keeps out, at every depth, by list and by any tree", async () => {
  await onAll(async (vfs, how) => {
    const roots = (await steps(vfs, "fake:///", {}, /^(prune|deep)$/)).map(([root]) => root);
    assert.deepEqual(roots, ["fake:///", "fake:///empty", "fake:///keep", "fake:///keep/sub"], how);
  });
});

Deno.test("walk(): reordering dirs reorders the walk, and nothing is lost, by list and by any tree", async () => {
  await onAll(async (vfs, how) => {
    const roots: string[] = [];
    for await (const [root, dirs] of vfs.walk("fake:///")) {
      roots.push(root);
      dirs.reverse();
    }
    assert.deepEqual(roots.map((root) => root.slice(8)), [
      "",
      "prune",
      "prune/sub",
      "prune/sub/prune",
      "keep",
      "keep/sub",
      "keep/sub/deep",
      "empty",
    ], how);
  });
});

Deno.test("walk(): every option holds at depth 3 as at depth 1, by list and by any tree", async () => {
  const cases: [WalkOptions, string[], string[]][] = [
    [{ exts: [".txt"] }, [
      "empty",
      "keep",
      "keep/sub",
      "keep/sub/deep",
      "prune",
      "prune/sub",
      "prune/sub/prune",
    ], [
      "keep/b.txt",
      "keep/sub/c.txt",
    ]],
    [{ skip: [/(^|\/)prune$/g, /sub\/c\.dcm$/] }, ["empty", "keep", "keep/sub", "keep/sub/deep"], [
      "a.dcm",
      "keep/b.dcm",
      "keep/b.txt",
      "keep/sub/c.txt",
      "keep/sub/deep/d.dcm",
    ]],
    [{ match: [/^keep\/.*c\.dcm$/g, /^a/], skip: [/^prune/] }, [
      "empty",
      "keep",
      "keep/sub",
      "keep/sub/deep",
    ], [
      "a.dcm",
      "keep/sub/c.dcm",
    ]],
    [{ includeFiles: false, skip: [/^prune/] }, ["empty", "keep", "keep/sub", "keep/sub/deep"], []],
    [{ includeDirs: false, exts: [".txt", "d.dcm"] }, [], [
      "keep/b.txt",
      "keep/sub/c.txt",
      "keep/sub/deep/d.dcm",
    ]],
    [{ maxDepth: 1 }, ["empty", "keep", "prune"], ["a.dcm"]],
    [{ maxDepth: 2, exts: [".dcm"] }, ["empty", "keep", "prune", "keep/sub", "prune/sub"], [
      "a.dcm",
      "keep/b.dcm",
      "prune/b.dcm",
    ]],
    [{ maxDepth: 4, skip: [/^prune/], includeDirs: false, match: [/deep/] }, [], [
      "keep/sub/deep/d.dcm",
    ]],
    [{ maxDepth: 0 }, [], []],
  ];
  await onAll(async (vfs, how) => {
    for (const [options, dirs, files] of cases) {
      const found = await Array.fromAsync(vfs.entries("fake:///", options));
      const paths = (isDirectory: boolean) =>
        found.filter((e) => e.isDirectory === isDirectory).map((e) => e.url.slice(8)).toSorted();
      assert.deepEqual(paths(true), dirs.toSorted(), `${how} ${Deno.inspect(options)}`);
      assert.deepEqual(paths(false), files.toSorted(), `${how} ${Deno.inspect(options)}`);
    }
  });
});

Deno.test("walk() hands `detail` and nothing rebuilt to every listing", async () => {
  const asked: unknown[] = [];
  const { transport } = treeTransport(DEEP);
  const list: Transport["list"] = (at, options) => {
    asked.push(options.detail);
    return transport.list(at, options);
  };
  await using vfs = vfsOf([driverOf({ ...transport, list })]);
  await steps(vfs, "fake:///", { detail: true });
  assert.equal(asked.length, 8);
  assert(asked.every((detail) => detail === true));
});

/** A tree whose directories fail to be listed as `fails` tells. */
function failingAt(fails: RegExp, options: { tree?: boolean } = {}) {
  const { transport, listed } = treeTransport(DEEP, { tree: options.tree ?? false });
  const check = (url: string) => {
    if (fails.test(url)) throw new VfsError("PermissionDenied", { op: "list", url });
  };
  const failing: Transport = {
    ...transport,
    list: async function* (at, o) {
      check(at.href);
      yield* transport.list(at, o);
    },
  };
  if (options.tree) {
    failing.tree = async function* (at, o) {
      const stack = [at];
      for (let next = stack.pop(); next; next = stack.pop()) {
        check(next.href);
        const entries = sortByName((await Array.fromAsync(transport.list(next, o))).flat());
        yield { location: next, entries };
        for (const { name, kind } of entries.toReversed()) {
          if (kind === "directory") stack.push(next.child(name));
        }
      }
    };
  }
  return { vfs: vfsOf([driverOf(failing)]), listed };
}

Deno.test("promise 3: walk() throws when a directory cannot be listed, at any depth", async () => {
  for (const tree of [false, true]) {
    for (const fails of [/\/\/\/$/, /keep$/, /sub\/deep$/, /prune\/sub\/prune$/]) {
      const { vfs } = failingAt(fails, { tree });
      await rejects(steps(vfs, "fake:///"), "PermissionDenied");
      const thrown: string[] = [];
      const onError = (_: VfsError, url: string) => {
        thrown.push(url);
        return "throw" as const;
      };
      await rejects(steps(vfs, "fake:///", { onError }), "PermissionDenied");
      assert.equal(thrown.length, 1);
      await vfs.close();
    }
  }
});

Deno.test("walk(): onError skips what fails, tells it once by its own URL, and the rest is complete", async () => {
  for (const tree of [false, true]) {
    for (
      const [fails, url] of [
        [/sub\/deep$/, "fake:///keep/sub/deep"],
        [/keep$/, "fake:///keep"],
        [/prune\/sub$/, "fake:///prune/sub"],
        [/\/\/\/$/, "fake:///"],
      ] as const
    ) {
      const { vfs } = failingAt(fails, { tree });
      const told: [string, string][] = [];
      const onError = (error: VfsError, at: string) => {
        told.push([error.kind, at]);
        return "skip" as const;
      };
      const roots = (await steps(vfs, "fake:///", { onError })).map(([root]) => root);
      assert.deepEqual(told, [["PermissionDenied", url]]);
      const expected = naive(DEEP, "fake:///").map(([root]) => root).filter((root) =>
        !at_(url).contains(at_(root))
      );
      assert.deepEqual(roots, expected);
      await vfs.close();
    }
  }
});

Deno.test("walk() goes on by listing where a tree breaks, and is complete", async () => {
  for (const after of [1, 2, 5]) {
    const { transport } = treeTransport(DEEP, { tree: true });
    let given = 0;
    const tree: Transport["tree"] = async function* (location, options) {
      const found = failingAt(/never/, { tree: true });
      await found.vfs.close();
      for (const [root] of naive(DEEP, location.href)) {
        if (given++ === after) throw new VfsError("Incomplete", { op: "list", url: location.href });
        const entries = (await Array.fromAsync(transport.list(at_(root), options))).flat();
        yield { location: at_(root), entries };
      }
    };
    await using vfs = vfsOf([driverOf({ ...transport, tree })]);
    assert.deepEqual(await steps(vfs, "fake:///"), naive(DEEP, "fake:///"));
  }
});

Deno.test("walk() of nothing is NotFound, of a file NotADirectory, by list and by tree", async () => {
  for (const tree of [false, true]) {
    await using vfs = memoryVfs(undefined, { tree });
    await vfs.writeFile("memory:///file", "x");
    await rejects(steps(vfs, "memory:///nothing"), "NotFound");
    await rejects(steps(vfs, "memory:///file"), "NotADirectory");
  }
});

Deno.test("walk() is lazy: nothing is listed before it is needed, but for the window", async () => {
  const wide: Tree = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`${i}`, { sub: { file: "x" } }]),
  );
  for (const [concurrency, ahead] of [[1, 0], [3, 2], [8, 7]] as const) {
    const { transport, listed } = treeTransport(wide);
    await using vfs = vfsOf([driverOf(transport)]);
    const walk = vfs.walk("fake:///", { concurrency });
    await settle();
    assert.equal(listed.length, 0);
    await walk.next();
    await settle();
    assert.equal(listed.length, 1);
    await walk.next();
    await settle();
    assert.equal(listed.length, 2 + ahead);
    await walk.return();
    assert.equal(listed.length, 2 + ahead);
  }
});

Deno.test("walk() that prunes nothing lists below what is ahead, about four windows of it", async () => {
  const narrow: Tree = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`${i}`, { skip: { x: {} }, sub: { deep: { f: "x" } } }]),
  );
  const { transport, listed } = treeTransport(narrow);
  await using vfs = vfsOf([driverOf(transport)]);
  const walk = vfs.walk("fake:///", { prunes: false, skip: [/skip$/], maxDepth: 3 });
  await walk.next();
  await walk.next();
  await settle();
  const ahead = Array.from({ length: 14 }, (_, i) => [`${i + 1}`, `${i + 1}/sub`]).flat();
  for (const path of ["", "0", ...ahead]) assert(listed.includes(`fake:///${path}`), path);
  assert(!listed.some((url) => /skip|deep/.test(url)), listed.join());
  // Of the next, few were begun before it was known what is below those nearer.
  const { length } = listed;
  assert(length < 40, `${length}`);
  await walk.return();
  await settle();
  assert.equal(listed.length, length);
});

Deno.test("walk() that prunes nothing lists no farther ahead while 10,000 entries wait", async () => {
  const files = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`${i}`, "x"]));
  const { transport, listed } = treeTransport(
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`, files])),
  );
  await using vfs = vfsOf([driverOf(transport)]);
  const walk = vfs.walk("fake:///", { prunes: false });
  await walk.next();
  await walk.next();
  await settle();
  // The top, what was given, and those under way when the sixth had come.
  assert(listed.length > 7 && listed.length <= 16, `${listed.length}`);
  let last = "";
  for await (const [root] of walk) last = root;
  assert.equal(last, "fake:///49");
  assert.equal(listed.length, 51);
});

Deno.test("entries() lists below what is ahead, walk() does not, since its caller may prune", async () => {
  const narrow: Tree = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`${i}`, { sub: { f: "x" } }]),
  );
  const { transport, listed } = treeTransport(narrow);
  await using vfs = vfsOf([driverOf(transport)]);
  for await (const entry of vfs.entries("fake:///")) if (entry.name === "sub") break;
  assert(listed.includes("fake:///5/sub"), listed.join());
  listed.length = 0;
  let given = 0;
  for await (const _ of vfs.walk("fake:///")) {
    await settle();
    if (++given === 2) break;
  }
  assert(!listed.some((path) => path.endsWith("sub")), listed.join());
});

Deno.test("walk() never lists more at once than the window", async () => {
  const wide: Tree = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`${i}`, { a: {}, b: {} }]),
  );
  for (const concurrency of [1, 2, 5, -5]) {
    const options = { concurrency: Math.abs(concurrency), prunes: concurrency > 0 };
    const { transport } = treeTransport(wide);
    let now = 0;
    let most = 0;
    const list: Transport["list"] = async function* (at, options) {
      most = Math.max(most, ++now);
      await settle(1);
      yield* transport.list(at, options);
      now--;
    };
    await using vfs = vfsOf([driverOf({ ...transport, list })], {
      layers: { limit: { concurrency: 50 } },
    });
    assert.deepEqual(await steps(vfs, "fake:///", options), naive(wide, "fake:///"));
    assert.equal(most, options.concurrency);
  }
});

Deno.test("promise 6: an abort ends a walk at every point, and a break frees what is under way", async () => {
  for (const tree of [false, true]) {
    for (let stop = 0; stop < 8; stop++) {
      const { vfs } = failingAt(/never/, { tree });
      const abort = new AbortController();
      let given = 0;
      const walking = async () => {
        if (stop === 0) abort.abort();
        for await (const _ of vfs.walk("fake:///", { signal: abort.signal })) {
          if (++given === stop) abort.abort();
        }
      };
      if (stop < 8) await rejects(walking(), "Aborted");
      assert.equal(given, stop);
      for (const prunes of [true, false]) {
        given = 0;
        for await (const _ of vfs.walk("fake:///", { prunes })) if (++given > stop) break;
      }
      await vfs.close();
    }
  }
});

Deno.test("promise 6: an abort or a break during listings that hang settles within a second by the clock", async () => {
  const list: Transport["list"] = async function* (at, { signal }) {
    if (at.segments.length === 0) {
      yield ["a", "b", "c"].map((name) => ({ name, kind: "directory" }));
    } else if (at.name === "a") yield [];
    else await hang(at.name === "b" ? signal : undefined);
  };
  for (const how of ["abort", "break"] as const) {
    const clock = manualClock();
    await using vfs = vfsOf([driverOf(fake({ list }))], { layers: { clock } });
    const abort = new AbortController();
    const stopped = Promise.withResolvers<void>();
    let given = 0;
    let isOver = false;
    const walking = (async () => {
      for await (const _ of vfs.walk("fake:///", { signal: abort.signal })) {
        if (++given < 2) continue;
        await settle();
        setTimeout(stopped.resolve);
        if (how === "break") break;
      }
    })().finally(() => isOver = true);
    const ended = how === "abort" ? rejects(walking, "Aborted") : walking;
    await stopped.promise;
    if (how === "abort") abort.abort();
    for (let ms = 0; ms < 1_000; ms += 100) {
      await settle();
      await clock.advance(100);
    }
    await settle();
    assert(isOver);
    await ended;
    assert.equal(given, 2);
  }
});

Deno.test("walk(): a listing that fails ahead of its turn is no unhandled rejection", async () => {
  const { vfs } = failingAt(/prune$|empty$/);
  for await (const _ of vfs.walk("fake:///", { onError: () => "skip" })) {
    await settle();
    break;
  }
  await settle();
  await vfs.close();
});

// Links

Deno.test("walk(): following links asks nothing where there are none", async () => {
  const { transport, stated } = treeTransport(DEEP);
  await using vfs = vfsOf([driverOf(transport)]);
  await steps(vfs, "fake:///", { followSymlinks: true });
  assert.deepEqual(stated, []);
  await using memory = memoryVfs();
  await plant(memory, "memory:///top", DEEP);
  assert.deepEqual(
    await steps(memory, "memory:///top", { followSymlinks: true }),
    naive(DEEP, "memory:///top"),
  );
});

// Hostile and huge

Deno.test("promise 8: a walk fails when a server sends a name that is none", async () => {
  for (const name of ["..", "", "a\0"]) {
    const list: Transport["list"] = async function* () {
      yield await Promise.resolve([{ name: "ok", kind: "file" }, { name, kind: "directory" }]);
    };
    await using vfs = vfsOf([driverOf(fake({ list }))]);
    await rejects(steps(vfs, "fake:///"), "Protocol");
  }
});

Deno.test("promise 9: walk() of directories without end stops a thousand levels down, and says so", async () => {
  const entries: ListedEntry[] = [{ name: "d", kind: "directory" }, { name: "f", kind: "file" }];
  async function* tree(location: TreeStep["location"]): AsyncGenerator<TreeStep> {
    for (let at = location;; at = at.child("d")) yield { location: at, entries };
  }
  async function* list() {
    yield entries;
  }
  for (const operations of [{ list }, { list, tree }]) {
    await using vfs = memoryVfs(fake(operations));
    await rejects(steps(vfs, "fake://h/top"), "NotSupported");
    const skipped: string[] = [];
    const onError = (_: unknown, url: string) => (skipped.push(url), "skip" as const);
    const found = await steps(vfs, "fake://h/top", { onError });
    assert.deepEqual([found.length, skipped.length], [1001, 1]);
  }
});

Deno.test("promise 9: walk() bears 200,000 entries in one directory, files, directories and links", async () => {
  const kinds = ["file", "directory", "symlink"] as const;
  const page: ListedEntry[] = Array.from({ length: 200_000 }, (_, i) => ({
    name: String(i),
    kind: kinds[i % 3]!,
    target: i % 3 === 2 ? "directory" : undefined,
  }));
  const list: Transport["list"] = async function* () {
    yield await Promise.resolve(page);
  };
  await using vfs = vfsOf([driverOf(fake({ list }, { symlinks: true }))]);
  for (const includeSymlinks of [true, false]) {
    for await (const [, dirs, files] of vfs.walk("fake:///", { includeSymlinks })) {
      assert.equal(dirs.length, includeSymlinks ? 133_333 : 66_667);
      assert.equal(files.length, 66_667);
      assert.equal(dirs[1]?.name, includeSymlinks ? "2" : "4");
      dirs.length = 0;
    }
  }
});

Deno.test("walk() sorts a level by number when all its names are numbers, and files with directories", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///xnat", { "10": { a: "" }, "2": { a: "" }, "1": "file" });
  await plant(vfs, "memory:///mixed", { "10": {}, "2": {}, "x": "" });
  const roots = async (top: string) =>
    (await steps(vfs, top)).map(([root]) => root.split("/").at(-1));
  assert.deepEqual(await roots("memory:///xnat"), ["xnat", "2", "10"]);
  assert.deepEqual(await roots("memory:///mixed"), ["mixed", "10", "2"]);
});

Deno.test("every URL that walk() gives can be opened, stat-ed and walked", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///top", {
    "a#b?": { "50%": "x", "ü/ö": { "[*]": "y" } },
    " ": { "@:": "z" },
  });
  for await (const [root, dirs, files] of vfs.walk("memory:///top")) {
    assert.equal((await vfs.stat(root)).kind, "directory");
    for (const dir of dirs) assert(await vfs.isDirectory(dir.url));
    for (const file of files) assert.equal((await vfs.readFile(file.url)).length, 1);
    for (const file of files) {
      assert.deepEqual(await Array.fromAsync(vfs.glob(file.url), String), [file.url]);
    }
  }
});
