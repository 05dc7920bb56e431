import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import { readTogether } from "../../../vfs/copy/read_together.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import { Location } from "../../../vfs/location/location.ts";
import type { GotOne, Transport } from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { failed } from "./_copying.ts";
import { fake, harvest, plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";

/** Three directories of small files, and one that is too large to be read with others. */
const TREE = {
  a: { "1": "a1", "2": "a2", "3": "a3", large: "x".repeat(100) },
  b: { "1": "b1", "2": "b2" },
  alone: { "1": "c1" },
};
const SMALL = 10;

/** Memory that reads files together, as `gather` has it, and counts what is read alone. */
function gathering(
  gather: (
    inner: Transport,
    ...args: Parameters<NonNullable<Transport["getMany"]>>
  ) => AsyncIterable<GotOne>,
): { vfs: Vfs; alone: string[]; together: string[][] } {
  const alone: string[] = [];
  const together: string[][] = [];
  const driver = wrappedMemory((memory) => {
    const inner = { ...memory, getMany: (): AsyncIterable<GotOne[]> => assert.fail() };
    return override(inner, {
      capabilities: { ...memory.capabilities, getMany: SMALL },
      get(at, o) {
        alone.push(at.segments.slice(-2).join("/"));
        return memory.get(at, o);
      },
      async *getMany(locations, o) {
        together.push(locations.map(({ segments }) => segments.slice(-2).join("/")));
        for await (const one of gather(memory, locations, o)) yield [one];
      },
    });
  });
  return { vfs: vfsOf([memoryTransport(), driver]), alone, together };
}

async function* all(
  inner: Transport,
  ...[locations, { signal }]: Parameters<NonNullable<Transport["getMany"]>>
): AsyncGenerator<GotOne> {
  for (const location of locations.toReversed()) {
    const got = await inner.get(location, { signal });
    yield { location, got: { ...got, body: await collect(got.body) } };
  }
}

const TO = "memory://to/x";

/** Copies, and tells how many files were read alone. */
async function copied({ vfs, alone }: ReturnType<typeof gathering>): Promise<number> {
  await plant(vfs, "fake://from/t", TREE);
  const { done } = await vfs.copy("fake://from/t", TO);
  assert.equal(done, 7);
  const count = new Set(alone).size;
  assert.deepEqual(await harvest(vfs, TO), await harvest(vfs, "fake://from/t"));
  return count;
}

Deno.test("copy() reads the small files of a directory together, and others alone", async () => {
  const { vfs, alone, together } = gathering(all);
  await using _ = vfs;
  await plant(vfs, "fake://from/t", TREE);
  const { done, bytes } = await vfs.copy("fake://from/t", TO);
  assert.deepEqual([done, bytes], [7, 112]);
  // What one file costs the driver knows.
  assert.deepEqual(together, [["a/1", "a/2", "a/3"], ["alone/1"], ["b/1", "b/2"]]);
  assert.deepEqual(alone.toSorted(), ["a/large"]);
  assert.deepEqual(await harvest(vfs, TO), await harvest(vfs, "fake://from/t"));
});

Deno.test("copy() reads alone what is not given together, whether that ends or fails", async () => {
  const endings: Record<string, typeof all> = {
    "nothing": async function* () {},
    "one": async function* (...args) {
      for await (const each of all(...args)) return yield each;
    },
    "one and an error": async function* (inner, locations, o) {
      for await (const each of all(inner, locations, o)) {
        yield each;
        throw new VfsError("Incomplete", { op: "read", url: locations[0]!.href });
      }
    },
    // deno-lint-ignore require-yield
    "an error that is no VfsError": async function* () {
      throw new Error("broken");
    },
  };
  for (const [ending, gather] of Object.entries(endings)) {
    const kit = gathering(gather);
    await using _ = kit.vfs;
    const given = ending.startsWith("one") ? 3 : 0;
    assert.equal(await copied(kit), 7 - given, ending);
  }
});

Deno.test("copy() takes no file that it did not ask for, none twice, and no part of one", async () => {
  const frauds: typeof all[] = [
    async function* (...args) {
      for await (const each of all(...args)) {
        yield { ...each, location: each.location.parent()!.child("other") };
      }
    },
    async function* (...args) {
      for await (const each of all(...args)) {
        yield each;
        yield { ...each, got: { ...each.got, body: new Uint8Array(2) } };
      }
    },
    async function* (...args) {
      for await (const { location, got } of all(...args)) {
        yield { location, got: { ...got, body: got.body.subarray(1) } };
      }
    },
  ];
  for (const gather of frauds) {
    const kit = gathering(gather);
    await using _ = kit.vfs;
    await copied(kit);
  }
});

Deno.test("copy() that stays in one transport that copies reads nothing together", async () => {
  const { vfs, together } = gathering(all);
  await using _ = vfs;
  await plant(vfs, "fake://from/t", TREE);
  await vfs.copy("fake://from/t", "fake://from/u");
  assert.deepEqual(together, []);
});

Deno.test("copy() that leaves alone what is there reads together what is not", async () => {
  const { vfs, alone, together } = gathering(all);
  await using _ = vfs;
  await plant(vfs, "fake://from/t", TREE);
  await plant(vfs, TO, { a: { "2": "old" }, b: { "1": "old", "2": "old" } });
  const { done, skipped } = await vfs.copy("fake://from/t", TO, { existing: "skip" });
  assert.deepEqual([done, skipped], [4, 3]);
  assert.deepEqual(together, [["a/1", "a/3"], ["alone/1"]]);
  assert.deepEqual(alone, ["a/large"]);
  const old = { "a/2": "old", "b/1": "old", "b/2": "old" };
  assert.deepEqual(await harvest(vfs, TO), { ...await harvest(vfs, "fake://from/t"), ...old });
});

Deno.test("copy() that leaves alone what is there reads nothing where it cannot look, and tells of each file", async () => {
  const { vfs, together } = gathering(all);
  await using _ = vfs;
  const locked = wrappedMemory((inner) => {
    const refuse = (at: Location) => new VfsError("PermissionDenied", { op: "look", url: at.href });
    return override(inner, {
      stat: (at, o) => at.name === "x" ? inner.stat(at, o) : Promise.reject(refuse(at)),
      // deno-lint-ignore require-yield
      async *list(at) {
        throw refuse(at);
      },
    });
  }, "locked");
  vfs.register(locked);
  await plant(vfs, "fake://from/t", TREE);
  const copying = vfs.copy("fake://from/t", "locked://to/x", { existing: "skip" });
  const { report } = await failed(copying);
  assert.deepEqual([report.done, report.failed, together], [0, 7, []]);
});

Deno.test("copy() that is aborted while files are read together ends, and nothing is half there", async () => {
  const abort = new AbortController();
  const { vfs } = gathering(async function* (inner, locations, { signal }) {
    const [first] = await Array.fromAsync(all(inner, locations, { signal }));
    yield first!;
    abort.abort();
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    );
  });
  await using _ = vfs;
  await plant(vfs, "fake://from/t", TREE);
  await rejects(vfs.copy("fake://from/t", TO, { signal: abort.signal }), "Aborted");
  const whole = await harvest(vfs, "fake://from/t");
  const there: Record<string, unknown> = await vfs.exists(TO) ? await harvest(vfs, TO) : {};
  for (const [path, text] of Object.entries(there)) assert.equal(text, whole[path], path);
});

Deno.test("copy() stores a file that was read together again when storing it fails for the moment", async () => {
  const { vfs } = gathering(all);
  await using _ = vfs;
  let isFirst = true;
  const flaky = wrappedMemory((inner) =>
    override(inner, {
      async put(at, source, o) {
        if (at.name !== "2" || !isFirst) return await inner.put!(at, source, o);
        isFirst = false;
        await collect(await source.open());
        throw new VfsError("Unavailable", { op: "write", url: at.href });
      },
    }), "flaky");
  vfs.register(flaky);
  await plant(vfs, "fake://from/t", TREE);
  await vfs.copy("fake://from/t", "flaky://to/x");
  assert.deepEqual(await harvest(vfs, "flaky://to/x"), await harvest(vfs, "fake://from/t"));
  assert.equal(isFirst, false);
});

Deno.test("copy() releases each file that was read together once it is stored, or has failed", async () => {
  const released: string[] = [];
  const { vfs } = gathering(async function* (...args) {
    for await (const { location, got } of all(...args)) {
      const release = () => {
        released.push(location.name);
        // Whoever reads it afterwards gets other bytes.
        got.body.fill(0);
      };
      yield { location, got: { ...got, release } };
    }
  });
  await using _ = vfs;
  await plant(vfs, "fake://from/t", TREE);
  await plant(vfs, TO, { a: { "2": "old" } });
  await rejects(() => vfs.copy("fake://from/t", TO), "PartialFailure");
  assert.deepEqual(released.toSorted(), ["1", "1", "1", "2", "2", "3"]);
  const expected = { ...await harvest(vfs, "fake://from/t"), "a/2": "old" };
  assert.deepEqual(await harvest(vfs, TO), expected);
});

Deno.test("readTogether() asks once for all of a directory, and of several in turn for no more than 10,000", async () => {
  const DIRECTORIES = [12_000, 9_000];
  async function* files() {
    for (const [i, count] of DIRECTORIES.entries()) {
      const parent = new Location({ scheme: "fake", segments: [`${i}`] });
      for (let n = 0; n < count; n++) yield parent.child(`${n}`);
    }
  }
  for (const getManyAcross of [false, true]) {
    const asked: number[] = [];
    // deno-lint-ignore require-yield
    const getMany = async function* (locations: readonly Location[]) {
      asked.push(locations.length);
    };
    const source = fake({ getMany }, { getMany: SMALL, getManyAcross });
    const fileOf = (location: Location) => ({ location, size: 1 });
    let count = 0;
    const { signal } = new AbortController();
    for await (const page of readTogether(files(), { source, fileOf, signal })) {
      assert(page.every(({ got }) => got === undefined));
      count += page.length;
    }
    assert.equal(count, 21_000);
    assert.deepEqual(asked, getManyAcross ? [10_000, 10_000, 1_000] : DIRECTORIES);
  }
});
