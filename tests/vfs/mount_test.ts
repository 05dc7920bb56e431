import { strict as assert } from "node:assert";
import { RootIsNotDirectory } from "../../vfs/errors.ts";
import { Secret } from "../../vfs/credentials/credentials.ts";
import type { Credentials, Realm } from "../../vfs/credentials/credentials.ts";
import {
  bytes,
  driverOf,
  fake,
  memoryVfs,
  plant,
  rejects,
  throws,
  treeTransport,
  vfsOf,
} from "./_fakes.ts";

const TREE = { data: { "a.txt": "a", "sub": { "b.txt": "b" }, "..%2F": "odd" }, secret: "S3CRET" };

Deno.test("Mount works on paths below its root, and tells about its transport", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///top", TREE);
  await using mount = await vfs.mount("memory:///top/data", { readDirectoryOnly: true });
  assert.deepEqual([mount.name, mount.schemes, mount.root.href], [
    "memory",
    ["memory"],
    "memory:///top/data",
  ]);
  assert(mount.description && mount.authors && mount.version && mount.url);
  const roots = (await Array.fromAsync(mount.walk())).map(([root]) => root);
  assert.deepEqual(roots, ["memory:///top/data", "memory:///top/data/sub"]);
  assert.deepEqual((await Array.fromAsync(mount.entries("sub"))).map(({ name }) => name), [
    "b.txt",
  ]);
  assert(
    await mount.isFile("sub/b.txt") && !await mount.isFile("sub") && !await mount.isFile("nothing"),
  );
  assert(await mount.exists("") && await mount.exists("/sub/") && !await mount.exists("x"));
  assert.equal(await mount.info("sub"), "0 directories, 1 file");
  await using file = await mount.open("./sub//../a.txt");
  assert.equal(await file.text(), "a");
  await using part = await mount.open("a.txt", "r", { range: { start: 0, end: 0 } });
  assert.equal(await part.text(), "");
  for (const [mode, text] of [["w", "1"], ["a", "12"]] as const) {
    await using written = await mount.open("new", mode);
    await written.write(bytes(mode === "w" ? "1" : "2"));
    await written.commit();
    assert.equal(await vfs.readTextFile("memory:///top/data/new"), text);
  }
  await using exclusive = await mount.open("new", "x");
  await rejects(exclusive.commit(), "AlreadyExists");
});

Deno.test("promise 8: a Mount cannot be left, by dots, absolute paths, encodings or URLs", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///top", TREE);
  await using mount = await vfs.mount("memory:///top/data");
  for (
    const path of [
      "..",
      "../secret",
      "sub/../../secret",
      "/../secret",
      "./../data/a.txt",
      "a/b/../../..",
    ]
  ) {
    throws(() => mount.locate(path), "InvalidUrl");
    throws(() => mount.open(path), "InvalidUrl");
    throws(() => mount.exists(path), "InvalidUrl");
  }
  throws(() => mount.locate("a\0"), "InvalidUrl");
  for (
    const path of [
      "/top/secret",
      "%2e%2e/secret",
      "..%2Fsecret",
      "memory:///top/secret",
      "..\\secret",
      "\\..\\",
    ]
  ) {
    assert(mount.root.contains(mount.locate(path)));
    assert.equal(await mount.exists(path), false, path);
  }
  assert.equal(await mount.exists("..%2F"), true);
});

Deno.test("Mount of a file, of nothing, and of what must be a directory", async () => {
  await using vfs = memoryVfs();
  await plant(vfs, "memory:///top", TREE);
  {
    await using mount = await vfs.mount("memory:///top/secret");
    assert(await mount.isFile(""));
  }
  const error = await rejects(
    vfs.mount("memory:///top/secret", { readDirectoryOnly: true }),
    "NotADirectory",
  );
  assert(error instanceof RootIsNotDirectory);
  await rejects(vfs.mount("memory:///nothing"), "NotFound");
  await rejects(vfs.mount("nope:///x"), "NotSupported");
  await rejects(vfs.mount("memory:///top", { signal: AbortSignal.abort() }), "Aborted");
});

Deno.test("promise 6: a mount that fails closes its connection, and close leaves the others open", async () => {
  let open = 0;
  await using vfs = vfsOf([
    driverOf(() => {
      open++;
      const { transport } = treeTransport(TREE);
      return { ...transport, [Symbol.asyncDispose]: () => Promise.resolve(void open--) };
    }),
  ]);
  await vfs.stat("fake:///secret");
  assert.equal(open, 1);
  await rejects(vfs.mount("fake:///nothing"), "NotFound");
  assert.equal(open, 1);
  const mount = await vfs.mount("fake:///data");
  assert.equal(open, 2);
  await mount.close();
  await mount.close();
  assert.equal(open, 1);
  await rejects(mount.exists("a.txt"), "Aborted");
  assert(await vfs.exists("fake:///secret"));
});

Deno.test("promise 7: a mount has the credentials of its URL, or those last given for the origin, and shows none", async () => {
  const found: (Credentials | undefined)[] = [];
  const realms: Realm[] = [];
  await using vfs = vfsOf([
    driverOf(async ({ credentials }) => {
      found.push(await credentials());
      return fake({ stat: () => Promise.resolve({ kind: "directory" }) });
    }),
  ], {
    credentials: (realm) => {
      realms.push(realm);
      return { username: realm.username ?? "provided", password: new Secret("S3CRET") };
    },
  });
  await using own = await vfs.mount("fake://u:S3CRET@h/a");
  await using again = await vfs.mount("fake://h/a");
  await using named = await vfs.mount("fake://ann@h/a");
  await using provided = await vfs.mount("fake://other/a");
  assert.deepEqual(found.map((c) => c?.username), ["u", "u", "ann", "provided"]);
  assert.deepEqual(realms.map(({ host, username }) => [host, username]), [["h", "ann"], [
    "other",
    undefined,
  ]]);
  for (const mount of [own, again, named, provided, vfs]) {
    assert(!Deno.inspect(mount, { depth: 20, showHidden: true }).includes("S3CRET"));
    assert(!JSON.stringify(mount).includes("S3CRET"));
  }
});

Deno.test("promise 8: a driver in a mount is told its root", async () => {
  const roots: (string | undefined)[] = [];
  await using vfs = vfsOf([
    driverOf(({ root }) => {
      roots.push(root?.href);
      return fake({ stat: () => Promise.resolve({ kind: "directory" }) });
    }),
  ]);
  await vfs.stat("fake://h/x");
  await using _ = await vfs.mount("fake://h/a/b");
  assert.deepEqual(roots, [undefined, "fake://h/a/b"]);
});
