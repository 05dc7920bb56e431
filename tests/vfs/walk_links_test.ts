import { strict as assert } from "node:assert";
import { VfsError } from "../../vfs/errors.ts";
import type { Transport } from "../../vfs/transport.ts";
import { driverOf, rejects, type Tree, treeTransport, vfsOf } from "./_fakes.ts";
import { steps } from "./_walking.ts";

const LINKED: Tree = {
  real: { file: "x", up: "->/", self: "->/real", inner: { back: "->/real" } },
  also: "->/real",
  tofile: "->/real/file",
  dangling: "->/nowhere",
  chain: "->/also",
};

Deno.test("walk() gives links by what they lead to, and enters none by default", async () => {
  const { transport, stated } = treeTransport(LINKED);
  await using vfs = vfsOf([driverOf(transport)]);
  const [top, ...rest] = await steps(vfs, "fake:///");
  assert.deepEqual(top, [
    "fake:///",
    ["also", "chain", "real"].map((n) => `fake:///${n}`),
    ["dangling", "tofile"].map((n) => `fake:///${n}`),
  ]);
  assert.deepEqual(rest.map(([root]) => root), ["fake:///real", "fake:///real/inner"]);
  assert.deepEqual(stated, []);
  const [plain] = await steps(vfs, "fake:///", { includeSymlinks: false });
  assert.deepEqual(plain, ["fake:///", ["fake:///real"], []]);
});

Deno.test("walk() with followSymlinks ends in spite of cycles, and enters the same place by several names", async () => {
  const { transport } = treeTransport(LINKED);
  await using vfs = vfsOf([driverOf(transport)]);
  const roots = (await steps(vfs, "fake:///", { followSymlinks: true })).map(([root]) =>
    root.slice(8)
  );
  assert.deepEqual(roots, ["", "also", "also/inner", "chain", "chain/inner", "real", "real/inner"]);
});

Deno.test("walk(): two links that lead to each other's directories end", async () => {
  const { transport } = treeTransport({ a: { toB: "->/b", x: "1" }, b: { toA: "->/a", y: "1" } });
  await using vfs = vfsOf([driverOf(transport)]);
  const roots = (await steps(vfs, "fake:///", { followSymlinks: true })).map(([root]) =>
    root.slice(8)
  );
  assert.deepEqual(roots, ["", "a", "a/toB", "b", "b/toA"]);
});

Deno.test("walk(): a link that cannot be examined goes by onError", async () => {
  const { transport } = treeTransport(LINKED);
  const stat: Transport["stat"] = (at, options) =>
    at.name === "also"
      ? Promise.reject(new VfsError("PermissionDenied", { op: "stat", url: at.href }))
      : transport.stat(at, options);
  await using vfs = vfsOf([driverOf({ ...transport, stat })]);
  await rejects(steps(vfs, "fake:///", { followSymlinks: true }), "PermissionDenied");
  const told: string[] = [];
  const onError = (_: VfsError, url: string) => {
    told.push(url);
    return "skip" as const;
  };
  const roots = (await steps(vfs, "fake:///", { followSymlinks: true, onError })).map(([r]) =>
    r.slice(8)
  );
  assert.deepEqual(told, ["fake:///also"]);
  assert.deepEqual(roots, ["", "chain", "chain/inner", "real", "real/inner"]);
});

Deno.test("promise 3: walk() does not follow links that have no identity, since it might never end", async () => {
  const { transport } = treeTransport(LINKED);
  const stat: Transport["stat"] = async (at, options) => ({
    ...await transport.stat(at, options),
    id: undefined,
  });
  await using vfs = vfsOf([driverOf({ ...transport, stat })]);
  await rejects(steps(vfs, "fake:///", { followSymlinks: true }), "NotSupported");
  assert.equal((await steps(vfs, "fake:///")).length, 3);
});
