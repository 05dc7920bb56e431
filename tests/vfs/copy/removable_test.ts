import { strict as assert } from "node:assert";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { Transport } from "../../../vfs/transport.ts";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { driverOf, harvest, plant, rejects, vfsOf } from "../_fakes.ts";
import { failed } from "./_copying.ts";
import { connectForTest } from "../../../testing/mod.ts";

/** `fake:`, in which nothing is removed from directories called `kept`; `asked` gets the places that it was asked about. */
async function keeping(
  asked: string[],
  refuse: (url: string) => VfsError = (url) =>
    new VfsError("PermissionDenied", { op: "remove", url }),
): Promise<Vfs & { reads: () => number }> {
  let reads = 0;
  const { transport } = await connectForTest(memoryTransport(), "memory://b/");
  const check = ({ name, href }: { name: string; href: string }) => {
    if (name === "kept") throw refuse(href);
  };
  const inner: Transport = {
    ...transport,
    get: (at, o) => {
      reads++;
      return transport.get(at, o);
    },
    // deno-lint-ignore require-await
    checkRemoval: async (at) => {
      asked.push(at.segments.join("/"));
      check(at.parent()!);
    },
    // deno-lint-ignore require-await
    remove: async (at, o) => {
      check(at.parent()!);
      return transport.remove!(at, o);
    },
  };
  const vfs = vfsOf([memoryTransport(), driverOf(override(inner, {}, ["rename"]))]);
  return Object.assign(vfs, { reads: () => reads });
}

Deno.test("move() copies nothing out of a directory that is told to keep its files, and moves the rest", async () => {
  const asked: string[] = [];
  await using vfs = await keeping(asked);
  await plant(vfs, "fake://b/from", {
    a: "a",
    kept: { b: "b", c: "c", deep: { d: "d" } },
    empty: {},
  });
  const told: string[] = [];
  const moving = vfs.move("fake://b/from", "memory://a/to", {
    onOutcome: ({ from, result }) => told.push(`${result} ${from.slice("fake://b/".length)}`),
  });
  const { report } = await failed(moving);
  assert.deepEqual(told.sort(), [
    "done from/a",
    "done from/kept/deep/d",
    "failed from/kept",
    // Once it is empty.
    "failed from/kept/deep",
  ]);
  assert.match(
    report.problems[0]!.error!.message,
    /"fake:\/\/b\/from\/kept": nothing was copied, since it could not be removed \(.*\); copy it/,
  );
  assert.deepEqual(asked, ["from/a", "from/kept/b", "from/kept/deep/d"]);
  assert.equal(vfs.reads(), 2);
  assert.deepEqual(await harvest(vfs, "fake://b/from"), {
    "kept/": "",
    "kept/b": "b",
    "kept/c": "c",
    "kept/deep/": "",
  });
  assert.deepEqual(await harvest(vfs, "memory://a/to"), {
    "a": "a",
    "empty/": "",
    "kept/": "",
    "kept/deep/": "",
    "kept/deep/d": "d",
  });
});

Deno.test("move() of files by name copies none that would stay", async () => {
  const asked: string[] = [];
  await using vfs = await keeping(asked);
  await plant(vfs, "fake://b", { kept: { a: "a", b: "b" }, free: { c: "c" } });
  await vfs.mkdir("memory://a/to", { recursive: true });
  const names = ["kept/a", "kept/b", "free/c"].map((path) => `fake://b/${path}`);
  const { report } = await failed(vfs.move(names, "memory://a/to"));
  assert.deepEqual([report.done, report.failed], [1, 2]);
  assert.deepEqual(asked, ["kept/a", "kept/b", "free/c"]);
  assert.deepEqual(await harvest(vfs, "memory://a/to"), { c: "c" });
  const error = await rejects(vfs.move("fake://b/kept/a", "memory://a/a"), "PermissionDenied");
  assert.equal(error.url, "fake://b/kept/a");
  assert.equal(await vfs.exists("memory://a/a"), false);
  await vfs.copy("fake://b/kept", "memory://a/copy");
  assert.deepEqual(await harvest(vfs, "memory://a/copy"), { a: "a", b: "b" });
});

Deno.test("move() does not say that it could not be removed where that could not be found out", async () => {
  await using vfs = await keeping([], (url) => new VfsError("Unavailable", { op: "remove", url }));
  await plant(vfs, "fake://b", { kept: { a: "a" } });
  const error = await rejects(vfs.move("fake://b/kept/a", "memory://a/a"), "Unavailable");
  assert.match(error.message, /nobody knows whether it can be removed/);
});
