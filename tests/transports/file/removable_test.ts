import { fromFileUrl, toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { tryRemoval } from "../../../transports/file/removable.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import { permissionFlag } from "../../../vfs/platform.ts";
import { CALL, withFixture } from "./fixture.ts";

// The first of all, so that nothing is known of another folder yet.
Deno.test("a folder that is gone speaks against no move: the move itself tells", () =>
  withFixture(async ({ path, at }) => await tryRemoval(path("gone"), at("gone"))));

Deno.test("move() copies nothing from where Deno may only read, nor out of a zip there", () =>
  withFixture(async ({ dir, path, names }) => {
    for (const name of ["in", "out"]) await Deno.mkdir(path(name));
    await Deno.writeTextFile(path("in", "f"), "f");
    {
      await using vfs = createVfs();
      const zip = encodeURIComponent(toFileUrl(path("in", "z.zip")).href);
      await vfs.writeFile(`zip://${zip}/member`, "m");
    }
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        `--allow-read=${dir}`,
        `--allow-write=${path("out")}`,
        new URL("./removable_child.ts", import.meta.url).href,
        dir,
      ],
      env: { NO_COLOR: "1" },
    });
    const { stdout, stderr } = await child.output();
    const results: unknown = JSON.parse(new TextDecoder().decode(stdout) || "null");
    assert.ok(Array.isArray(results) && results.length === 3, new TextDecoder().decode(stderr));
    for (const told of results) {
      assert.match(told, /^PermissionDenied .*: nothing was copied, since it could not be removed/);
      const flag = permissionFlag("write", [path("in")]);
      assert.ok(told.endsWith(` ${flag}); copy it instead`), told);
    }
    const isEmpty = (folder: string) => names("out", folder).length === 0;
    assert.ok(names("out").every(isEmpty), names("out").join());
    assert.deepEqual(names("in"), ["f", "z.zip"]);
  }));

Deno.test(
  "checkRemoval() leaves nothing behind, and tells of a folder from which nothing can be removed",
  {
    // To the administrator the system refuses nothing.
    ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  },
  () =>
    withFixture(async ({ transport, path, at, names }) => {
      await Deno.mkdir(path("d"));
      await Deno.writeTextFile(path("d", "f"), "f");
      const { signal } = new AbortController();
      await transport.checkRemoval(at("d", "f"), { signal });
      assert.deepEqual(names("d"), ["f"]);
      await Deno.chmod(path("d"), 0o555);
      try {
        const kind = "PermissionDenied";
        await assert.rejects(transport.checkRemoval(at("d", "f"), CALL), { kind });
      } finally {
        await Deno.chmod(path("d"), 0o755);
      }
    }),
);

/** A disk other than that of temporary files, as Linux has in memory. */
const OTHER_DISK = "/dev/shm";

Deno.test("rename() copies nothing to another file system that it could not remove", {
  ignore: Deno.build.os !== "linux" || Deno.uid() === 0 ||
    Deno.statSync(OTHER_DISK).dev === Deno.statSync("/tmp").dev,
}, () =>
  withFixture(async ({ transport, path, at, names }) => {
    const other = await Deno.makeTempDir({ dir: OTHER_DISK });
    try {
      const to = parseLocation(toFileUrl(other)).location;
      await Deno.mkdir(path("d"));
      await Deno.writeTextFile(path("d", "f"), "f");
      await Deno.chmod(path("d"), 0o555);
      for (const from of [at("d"), at("d", "f")]) {
        await assert.rejects(transport.rename(from, to.child("new"), CALL), {
          kind: "PermissionDenied",
          message: /nothing was copied, since it could not be removed/,
        });
      }
      assert.deepEqual([...Deno.readDirSync(other)], []);
      await Deno.chmod(path("d"), 0o755);
      await transport.rename(at("d"), to.child("new"), CALL);
      assert.deepEqual(names(), []);
    } finally {
      await Deno.remove(other, { recursive: true });
    }
  }));

Deno.test("move() moves a file that Deno permits to remove, and to make no other beside it", () =>
  withFixture(async ({ path, names }) => {
    await Deno.mkdir(path("out"));
    for (const name of ["a", "b"]) await Deno.writeTextFile(path(name), name);
    const module = new URL("../../../vfs/create_vfs.ts", import.meta.url).href;
    const code = `
      import { createVfs } from ${JSON.stringify(module)};
      for (const name of ["open", "openSync"]) {
        const open = Deno[name];
        Deno[name] = (path, options) => {
          // At a terminal people would be asked for it.
          const { state } = Deno.permissions.querySync({ name: "write", path });
          if (options?.write && state !== "granted") console.log("asks for", path);
          return open(path, options);
        };
      }
      await using vfs = createVfs();
      const [a, b, out] = Deno.args;
      for (const from of [a, b]) {
        const report = await vfs.move([from], out, { existing: "skip" }).catch(({ report }) => report);
        const [{ error } = {}] = report.problems;
        console.log(report.done, /nothing was copied/.test(error?.message));
      }`;
    await Deno.writeTextFile(path("out", "move.ts"), code);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        "--config",
        fromFileUrl(new URL("../../../deno.json", import.meta.url)),
        "--allow-read",
        `--allow-write=${path("a")},${path("out")}`,
        path("out", "move.ts"),
        ...[path("a"), path("b"), `${path("out")}/`],
      ],
      env: { NO_COLOR: "1" },
    });
    const { stdout, stderr } = await child.output();
    const told = new TextDecoder().decode(stdout);
    assert.equal(told, "1 false\n0 true\n", new TextDecoder().decode(stderr));
    assert.deepEqual([names(), names("out")], [["b", "out"], ["a", "move.ts"]]);
  }));

/** Does `work` where nothing can be removed that is called `isKept`, and counts the files that are made. */
async function counting(isKept: (path: string) => boolean, work: () => Promise<void>) {
  const { open, openSync, remove, removeSync } = Deno;
  let made = 0;
  const count = (options?: Deno.OpenOptions) => {
    if (options?.createNew) made++;
  };
  const check = (path: string | URL) => {
    if (!isKept(String(path))) return;
    throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
  };
  Object.assign(Deno, {
    open: (...[path, options]: Parameters<typeof open>) => {
      count(options);
      return open(path, options);
    },
    openSync: (...[path, options]: Parameters<typeof openSync>) => {
      count(options);
      return openSync(path, options);
    },
    remove: async (...[path, options]: Parameters<typeof remove>) => {
      check(path);
      await remove(path, options);
    },
    removeSync: (...[path, options]: Parameters<typeof removeSync>) => {
      check(path);
      removeSync(path, options);
    },
  });
  try {
    await work();
    return made;
  } finally {
    Object.assign(Deno, { open, openSync, remove, removeSync });
  }
}

Deno.test("checkRemoval() refuses what is in a folder in which files may be made and stay", () =>
  withFixture(async ({ transport, path, at, names }) => {
    await Deno.writeTextFile(path("f"), "f");
    await counting((each) => each.endsWith(".medvfs-tmp"), async () => {
      const checking = transport.checkRemoval(at("f"), CALL);
      await assert.rejects(checking, { kind: "PermissionDenied" });
    });
    for (const name of names()) await Deno.remove(path(name));
  }));

Deno.test("checkRemoval() of many files of a folder makes one beside them, and another once its mode has changed", () =>
  withFixture(async ({ transport, path, at, names }) => {
    const all = ["a", "b", "c"];
    for (const name of all) await Deno.writeTextFile(path(name), name);
    const checkAll = async () => {
      for (const name of all) await transport.checkRemoval(at(name), CALL);
    };
    assert.equal(await counting(() => false, checkAll), 1);
    assert.deepEqual(names(), all);
    if (Deno.build.os === "windows") return;
    await Deno.chmod(path(), 0o700);
    await Deno.chmod(path(), 0o711);
    assert.equal(await counting(() => false, checkAll), 1);
  }));
