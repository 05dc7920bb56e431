import { strict as assert } from "node:assert";
import { memoryTransport } from "../../transports/memory/mod.ts";
import { zipTransport } from "../../transports/zip/mod.ts";
import { type Outcome, TransferFailed } from "../../vfs/copy/transfer.ts";
import { override } from "../../vfs/layers/layer.ts";
import type { RemoveOptions } from "../../vfs/remove.ts";
import type { Sources } from "../../vfs/sources.ts";
import type { Transport } from "../../vfs/transport.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { harvest, plant, rejects, settle, type Tree, vfsOf, wrappedMemory } from "./_fakes.ts";

const ZIP = "zip://fake%3A%2F%2F%2Fa.zip";

/** A zip and a store whose puts and removals are told. */
function counting(change: (inner: Transport) => Partial<Transport> = () => ({})) {
  const calls: string[] = [];
  const store = wrappedMemory((inner) => {
    const changed = { ...inner, ...change(inner) };
    return override(inner, {
      ...changed,
      put: (at, source, o) => {
        calls.push(`put ${at.name}`);
        return changed.put!(at, source, o);
      },
      remove: (at, o) => {
        calls.push(`remove ${at.segments.join("/")}`);
        return changed.remove!(at, o);
      },
    });
  });
  return { vfs: vfsOf([memoryTransport(), store, zipTransport()]), calls };
}

/** What is told of a removal: names and how they went, and how many. */
async function told(vfs: Vfs, where: Sources, options: RemoveOptions = {}) {
  const outcomes: Outcome[] = [];
  const onOutcome = (outcome: Outcome) => void outcomes.push(outcome);
  const { done, failed } = await vfs.remove(where, { ...options, onOutcome }).catch((error) => {
    assert(error instanceof TransferFailed, Deno.inspect(error));
    return error.report;
  });
  const each = outcomes.map(({ from, error }) =>
    `${from.replace(/^.*?[/][/][^/]*[/]/, "")} ${error?.kind ?? "gone"}`
  );
  return { each, done, failed };
}

async function fill(vfs: Vfs, top: string, tree: Tree) {
  await vfs.sync("memory://seed", top).catch(() => {});
  await plant(vfs, "memory://seed/", tree);
  await vfs.sync("memory://seed/", top);
}

Deno.test("remove() of many in a zip stores it once, and tells of each in order", async () => {
  const { vfs, calls } = counting();
  await using _ = vfs;
  await fill(vfs, `${ZIP}/`, { a: "1", b: "2", d: { x: "3", e: { y: "4" } }, kept: "5" });
  calls.length = 0;
  const paths = ["b", "d/e/y", "no", "d", "d/x", "a", "a"];
  const result = await told(vfs, paths.map((path) => `${ZIP}/${path}`), { recursive: true });
  assert.deepEqual(calls, ["put a.zip"]);
  assert.deepEqual(result, {
    each: ["b gone", "d/e/y gone", "no NotFound", "d gone", "d/x NotFound", "a gone", "a NotFound"],
    done: 4,
    failed: 3,
  });
  assert.deepEqual(await harvest(vfs, `${ZIP}/`), { kept: "5" });
});

Deno.test("remove() of many goes on after one that fails: missing, full, a root, a URL that is none", async () => {
  const { vfs } = counting();
  await using _ = vfs;
  await fill(vfs, `${ZIP}/`, { a: "1", d: { x: "3" } });
  await plant(vfs, "fake:///", { a: "1", d: { x: "3" } });
  const places = ["no", "d", "", "a"].flatMap((path) => [`fake:///${path}`, `${ZIP}/${path}`]);
  const { each, done, failed } = await told(vfs, ["nowhere://joe:s3cret@host/x", ...places]);
  assert.deepEqual([done, failed], [2, 7]);
  assert.deepEqual(each, [
    "x NotSupported",
    ...["no NotFound", "d NotEmpty"],
    // Before what it lies in.
    ...["no NotFound", "d NotEmpty"],
    ...[" PermissionDenied", "a gone"],
    ...[" PermissionDenied", "a gone"],
  ]);
});

Deno.test("remove() of many takes lists of every kind, also an empty one", async () => {
  const { vfs } = counting();
  await using _ = vfs;
  await plant(vfs, "fake:///", { a: "1", b: "2", c: "3", d: "4" });
  const locations = [await vfs.locate("fake:///a"), new URL("fake:///b")];
  assert.equal((await vfs.remove(locations)).done, 2);
  assert.equal((await vfs.remove(vfs.glob("fake:///*"))).done, 2);
  assert.equal((await vfs.remove([])).done, 0);
  await fill(vfs, `${ZIP}/`, { a: "1", b: "2" });
  const twice = await vfs.locate(`${ZIP}/a`);
  assert.deepEqual((await told(vfs, [twice, twice])).each, ["a gone", "a NotFound"]);
});

Deno.test("remove() of many takes what goes alone at the same time, tells it in order, and one after the other where they lie in each other", async () => {
  for (const removeTree of [true, false]) {
    let now = 0;
    let most = 0;
    const { vfs } = counting((inner) => ({
      capabilities: { ...inner.capabilities, removeTree },
      async remove(at, o) {
        most = Math.max(most, ++now);
        // The first takes longest.
        await settle(at.name === "a" ? 20 : 1);
        now--;
        await inner.remove!(at, o);
      },
    }));
    await using _ = vfs;
    await plant(vfs, "fake:///", { a: "1", b: "2", c: "3", d: { x: "4", e: { y: "5" } } });
    const paths = ["a", "b", "c", "d/x", "d", "d/e", "c"];
    const { each } = await told(vfs, paths.map((path) => `fake:///${path}`), { recursive: true });
    const inTree = removeTree ? ["d gone"] : ["d/e/y gone"];
    assert.deepEqual(each, [
      ...["a gone", "b gone", "c gone", "d/x gone"],
      ...inTree,
      ...["d/e NotFound", "c NotFound"],
    ]);
    assert(most > 1 && most <= 8, `${most} at once`);
    await plant(vfs, "fake:///", { a: "1", b: "2", c: "3" });
    most = 0;
    await vfs.remove(["fake:///a", "fake:///b", "fake:///c"], { concurrency: 1 });
    assert.equal(most, 1);
  }
});

Deno.test("remove() of many keeps the order of an archive and what is in it", async () => {
  const { vfs, calls } = counting();
  await using _ = vfs;
  await fill(vfs, `${ZIP}/`, { a: "1", b: "2", c: "3" });
  calls.length = 0;
  const places = [`${ZIP}/a`, `${ZIP}/b`, "fake:///a.zip", `${ZIP}/c`];
  const { each } = await told(vfs, places);
  assert.deepEqual(each, ["a gone", "b gone", "a.zip gone", "c NotFound"]);
  assert.deepEqual(calls, ["put a.zip", "remove a.zip"]);
});

Deno.test("remove() of an empty directory is told, also where all below goes one by one", async () => {
  const { vfs } = counting((inner) => ({
    capabilities: { ...inner.capabilities, removeTree: false },
  }));
  await using _ = vfs;
  await vfs.mkdir("fake:///d/e", { recursive: true });
  assert.deepEqual(await told(vfs, "fake:///d", { recursive: true }), {
    each: ["d gone"],
    done: 1,
    failed: 0,
  });
});

Deno.test("promise 6: remove() of many tells what was done before an abort, and begins nothing after it", async () => {
  const abort = new AbortController();
  const { vfs } = counting((inner) => ({
    async remove(at, o) {
      await settle(1);
      await inner.remove!(at, o);
      if (at.name === "3") abort.abort();
    },
  }));
  await using _ = vfs;
  await fill(vfs, `${ZIP}/`, { a: "1" });
  const names = Array.from({ length: 40 }, (_, i) => `${i}`);
  await plant(vfs, "fake:///t", Object.fromEntries(names.map((name) => [name, name])));
  const outcomes: Outcome[] = [];
  const places = [`${ZIP}/a`, ...names.map((name) => `fake:///t/${name}`)];
  const onOutcome = (outcome: Outcome) => void outcomes.push(outcome);
  const options = { signal: abort.signal, concurrency: 2, onOutcome };
  await rejects(vfs.remove(places, options), "Aborted");
  const gone = outcomes.filter(({ result }) => result === "done").map(({ from }) => from);
  const there = Object.keys(await harvest(vfs, "fake:///t"));
  for (const name of names) assert.equal(gone.includes(`fake:///t/${name}`), !there.includes(name));
  assert(gone.length >= 3 && gone.length < 8, `${gone.length} gone`);
  assert.deepEqual(await harvest(vfs, `${ZIP}/`), { a: "1" });
});

Deno.test("promise 7: remove() of many tells no password of a place that it cannot find", async () => {
  const { vfs } = counting();
  await using _ = vfs;
  const error = await rejects(vfs.remove(["nowhere://joe:s3cret@host/x"]), "PartialFailure");
  assert(!Deno.inspect(error).includes("s3cret"));
});
