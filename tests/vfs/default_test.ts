import { strict as assert } from "node:assert";
import {
  close,
  createVfs,
  exists,
  readTextFile,
  schemes,
  walk,
  writeFile,
} from "../../vfs/default.ts";
import { rejects } from "./_fakes.ts";

Deno.test("the functions of the module can be used again after close()", async () => {
  await writeFile("memory://default-test/f", "x");
  await close();
  assert.equal(await readTextFile("memory://default-test/f"), "x");
  assert.equal((await Array.fromAsync(walk("memory://default-test/"))).length, 1);
  await close();
  await close();
});

Deno.test("createVfs() has the built-in drivers, none of which another one sees", async () => {
  await using vfs = createVfs();
  assert.deepEqual(vfs.schemes(), schemes());
  await vfs.writeFile("memory://default-test/own", "x");
  assert.equal(await exists("memory://default-test/own"), false);
  await close();
  await rejects(vfs.stat("gopher://h/x"), "NotSupported");
});

Deno.test("walk() of a folder with links that lead up ends, by the file driver", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const top = await Deno.makeTempDir();
  try {
    await using vfs = createVfs();
    await vfs.writeFile(`${top}/a/b/f`, "x");
    await Deno.symlink(top, `${top}/a/b/up`);
    await Deno.symlink(`${top}/a`, `${top}/twin`);
    await Deno.symlink("b", `${top}/a/self`);
    const roots = async (followSymlinks: boolean) =>
      (await Array.fromAsync(vfs.walk(top, { followSymlinks }))).map(([root]) =>
        root.slice(`file://${top}`.length)
      );
    assert.deepEqual(await roots(false), ["", "/a", "/a/b"]);
    const followed = ["", "/a", "/a/b", "/a/self", "/twin", "/twin/b", "/twin/self"];
    assert.deepEqual(await roots(true), followed);
    const report = await vfs.copy(top, "memory:///copied", { followSymlinks: true });
    assert.deepEqual([report.done, report.failed], [4, 0]);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});
