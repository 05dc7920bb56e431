import { strict as assert } from "node:assert";
import { close, exists, readTextFile, schemes, walk, writeFile } from "../../vfs/default.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { parseLocation } from "../../vfs/location/location.ts";
import { rejects } from "./_fakes.ts";
import { testWithLinks } from "../links.ts";

Deno.test("the functions of the module can be used again after close()", async () => {
  await writeFile("memory://default-test/f", "x");
  await close();
  assert.equal(await readTextFile("memory://default-test/f"), "x");
  assert.equal((await Array.fromAsync(walk("memory://default-test/"))).length, 1);
  await close();
  await close();
});

Deno.test("the functions of the module find logins as the command does, createVfs() only those given", async () => {
  await using server = await startXnatServer();
  server.seed.project("P");
  const { port } = server;
  const login = { XNAT_HOST: `http://127.0.0.1:${port}`, XNAT_USER: "admin", XNAT_PASS: "admin" };
  const before = Object.keys(login).map((name) => [name, Deno.env.get(name)] as const);
  const url = `xnat+http://127.0.0.1:${port}/P`;
  for (const [name, value] of Object.entries(login)) Deno.env.set(name, value);
  try {
    assert.equal(await exists(url), true);
    await close();
    assert.equal(await exists(url), true);
    await using vfs = createVfs();
    await rejects(vfs.exists(url), "Unauthenticated");
  } finally {
    await close();
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});

Deno.test("createVfs() has the built-in drivers, none of which another one sees", async () => {
  await using vfs = createVfs();
  assert.deepEqual(vfs.schemes(), schemes());
  await vfs.writeFile("memory://default-test/own", "x");
  assert.equal(await exists("memory://default-test/own"), false);
  await close();
  await rejects(vfs.stat("gopher://h/x"), "NotSupported");
});

testWithLinks("walk() of a folder with links that lead up ends, by the file driver", async () => {
  const top = await Deno.makeTempDir();
  try {
    await using vfs = createVfs();
    await vfs.writeFile(`${top}/a/b/f`, "x");
    await Deno.symlink(top, `${top}/a/b/up`);
    await Deno.symlink(`${top}/a`, `${top}/twin`);
    await Deno.symlink("b", `${top}/a/self`);
    const { href } = parseLocation(top).location;
    const roots = async (followSymlinks: boolean) =>
      (await Array.fromAsync(vfs.walk(top, { followSymlinks }))).map(([root]) =>
        root.slice(href.length)
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
