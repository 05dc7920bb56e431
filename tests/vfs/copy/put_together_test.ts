import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { collect } from "../../../vfs/bytes/bytes.ts";
import type { Outcome, TransferFailed } from "../../../vfs/copy/transfer.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type {
  FileToPut,
  GotOne,
  PutManyLimits,
  PutOutcome,
  Transport,
} from "../../../vfs/transport.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { harvest, plant, rejects, vfsOf, wrappedMemory } from "../_fakes.ts";

/** Three directories of small files, and one file that is too large to be stored with others. */
const TREE = {
  a: { "1": "a1", "2": "a2", "3": "a3", large: "x".repeat(100) },
  b: { "1": "b1", "2": "b2" },
  alone: { "1": "c1" },
};
const LIMITS = { size: 10, files: 64, bytes: 1000 };
const FROM = "memory://from/t";
const TO = "fake://to/t";

type PutMany = (
  inner: Transport,
  files: readonly FileToPut[],
) => AsyncIterable<readonly PutOutcome[]>;

/** Memory that stores files together, as `store` has it, and tells what is stored together and what alone. */
async function storing(
  store: PutMany = all,
  limits: PutManyLimits = LIMITS,
  findMissing?: Transport["findMissing"],
): Promise<AsyncDisposable & { vfs: Vfs; alone: string[]; together: string[][] }> {
  const alone: string[] = [];
  const together: string[][] = [];
  const nameOf = ({ location }: Pick<FileToPut, "location">) =>
    location.segments.slice(1).join("/");
  const driver = wrappedMemory((memory) =>
    override({ ...memory, findMissing, putMany: (): AsyncIterable<never> => assert.fail() }, {
      capabilities: { ...memory.capabilities, exclusive: false, putMany: limits },
      put(location, source, o) {
        alone.push(nameOf({ location }));
        return memory.put!(location, source, o);
      },
      putMany(files) {
        together.push(files.map(nameOf).sort());
        return store(memory, files);
      },
    })
  );
  const vfs = vfsOf([memoryTransport(), driver]);
  await plant(vfs, FROM, TREE);
  // Whether anything can be stored there is known already.
  await vfs.mkdir(TO, { recursive: true });
  return { vfs, alone, together, [Symbol.asyncDispose]: () => vfs[Symbol.asyncDispose]() };
}

async function* all(
  inner: Transport,
  files: readonly FileToPut[],
): AsyncGenerator<[PutOutcome]> {
  for (const { location, source } of files.toReversed()) {
    const { signal } = new AbortController();
    yield [{ location, stored: await inner.put!(location, source, { signal }) }];
  }
}

Deno.test("copy() stores the small files of a directory together, and others alone", async () => {
  await using s = await storing();
  const { done, bytes } = await s.vfs.copy(FROM, TO);
  assert.deepEqual([done, bytes], [7, 112]);
  assert.deepEqual(s.together.toSorted(), [["a/1", "a/2", "a/3"], ["b/1", "b/2"]]);
  assert.deepEqual(s.alone.toSorted(), ["a/large", "alone/1"]);
  assert.deepEqual(await harvest(s.vfs, TO), await harvest(s.vfs, FROM));
});

Deno.test("copy() asks once which files of a group are missing, and looks itself at what it is told nothing of", async () => {
  const asked: string[][] = [];
  await using s = await storing(all, LIMITS, (locations) => {
    const names = locations.map(({ segments }) => segments.slice(1).join("/"));
    asked.push(names);
    return Promise.resolve(new Set(locations.filter(({ name }) => name !== "3")));
  });
  await s.vfs.writeFile(`${TO}/a/3`, "mine");
  const { report } = await rejects(s.vfs.copy(FROM, TO), "PartialFailure") as TransferFailed;
  assert.deepEqual(report.problems.map(({ from, error }) => [from, error?.kind]), [
    [`${FROM}/a/3`, "AlreadyExists"],
  ]);
  assert.equal(await s.vfs.readTextFile(`${TO}/a/3`), "mine");
  const ofFiles = asked.filter(([name]) => name?.includes("/")).map((names) => names.toSorted());
  assert.deepEqual(ofFiles.toSorted(), [["a/1", "a/2", "a/3"], ["a/large"], ["alone/1"], [
    "b/1",
    "b/2",
  ]]);
});

Deno.test("copy() that cannot learn what is missing says so of each file, and stores none", async () => {
  await using s = await storing(all, LIMITS, (locations) => {
    const [{ href: url, name } = { href: "", name: "t" }] = locations;
    if (name === "t") return Promise.resolve(new Set());
    return Promise.reject(new VfsError("PermissionDenied", { op: "stat", url }));
  });
  const { report } = await rejects(s.vfs.copy(FROM, TO), "PartialFailure") as TransferFailed;
  assert.deepEqual([report.done, report.failed, s.alone, s.together], [0, 7, [], []]);
});

Deno.test("copy() stores together no more files, and no more bytes, than the driver says", async () => {
  for (
    const [limits, sizes] of [
      [{ files: 2 }, [2, 2]],
      [{ bytes: 5 }, [2, 2]],
    ] as const
  ) {
    await using s = await storing(all, { ...LIMITS, ...limits });
    await s.vfs.copy(FROM, TO);
    assert.deepEqual(s.together.map(({ length }) => length), sizes);
    assert.deepEqual(await harvest(s.vfs, TO), await harvest(s.vfs, FROM));
  }
});

Deno.test("copy() with a number of files at once stores each alone", async () => {
  await using s = await storing();
  await s.vfs.copy(FROM, TO, { concurrency: 3 });
  assert.deepEqual([s.together.length, s.alone.length], [0, 7]);
});

Deno.test("copy() stores together only what is not there, as it was told to leave or to refuse that", async () => {
  await using s = await storing();
  await s.vfs.writeFile(`${TO}/a/1`, "mine");
  s.alone.length = 0;
  const { done, skipped } = await s.vfs.copy(FROM, TO, { existing: "skip" });
  assert.deepEqual([done, skipped], [6, 1]);
  assert.deepEqual(s.together.toSorted(), [["a/2", "a/3"], ["b/1", "b/2"]]);
  const { report } = await rejects(s.vfs.copy(FROM, TO), "PartialFailure") as TransferFailed;
  assert.deepEqual([report.done, report.failed], [0, 7]);
  assert.equal(await s.vfs.readTextFile(`${TO}/a/1`), "mine");
  await s.vfs.copy(FROM, TO, { existing: "replace" });
  assert.equal(await s.vfs.readTextFile(`${TO}/a/1`), "a1");
});

Deno.test("copy() stores alone what a driver does not tell of, and reports its errors file by file", async () => {
  await using s = await storing(async function* (inner, files) {
    for await (const page of all(inner, files)) {
      const [{ location }] = page;
      const told = { op: "write", url: location.href, reason: "as it was" };
      if (location.name === "1") yield [{ location, error: new VfsError("StorageFull", told) }];
      else if (location.name === "2") yield page;
    }
  });
  const { report } = await rejects(s.vfs.copy(FROM, TO), "PartialFailure") as TransferFailed;
  assert.deepEqual([report.done, report.failed], [5, 2]);
  assert.deepEqual(report.problems.map(({ from, error }) => [from, error?.kind]).toSorted(), [
    [`${FROM}/a/1`, "StorageFull"],
    [`${FROM}/b/1`, "StorageFull"],
  ]);
  assert.deepEqual(s.alone.toSorted(), ["a/3", "a/large", "alone/1"]);
});

Deno.test("copy() gives the error of storing together to all files that it had not told of", async () => {
  await using s = await storing(async function* (inner, files) {
    for await (const page of all(inner, files)) {
      yield page;
      throw new VfsError("Unavailable", { op: "write", url: TO, status: "permanent" });
    }
  });
  const { report } = await rejects(s.vfs.copy(FROM, TO), "PartialFailure") as TransferFailed;
  assert.deepEqual([report.done, report.failed, report.bytes], [4, 3, 106]);
  assert(report.problems.every(({ error }) => error?.kind === "Unavailable"));
});

Deno.test("copy() that is aborted while it stores together settles, and tells that", async () => {
  const abort = new AbortController();
  // deno-lint-ignore require-yield
  async function* aborted(_inner: Transport, [first]: readonly FileToPut[]) {
    abort.abort();
    throw await Promise.resolve(
      new VfsError("Aborted", { op: "write", url: first!.location.href }),
    );
  }
  await using s = await storing(aborted);
  await rejects(s.vfs.copy(FROM, TO, { signal: abort.signal }), "Aborted");
});

Deno.test("copy() that is aborted while it is told what is stored together tells of each file what became of it", async () => {
  const abort = new AbortController();
  await using s = await storing(async function* (inner, files) {
    const [last, ...others] = files.filter(({ location }) => location.name !== "large")
      .toReversed();
    const outcomes = await Array.fromAsync(all(inner, others));
    abort.abort();
    yield* outcomes;
    throw new VfsError("Aborted", { op: "write", url: last!.location.href });
  });
  const told: string[] = [];
  const onOutcome = ({ to, result }: Outcome) => told.push(`${result} ${to}`);
  await rejects(s.vfs.copy(FROM, TO, { signal: abort.signal, onOutcome }), "Aborted");
  const files = await Array.fromAsync(s.vfs.entries(TO));
  const there = files.filter(({ isFile }) => isFile).map(({ url }) => `done ${url}`);
  const done = told.filter((each) => each.startsWith("done"));
  assert(done.length > 0);
  assert.deepEqual(done.toSorted(), there.toSorted());
  assert.deepEqual(new Set(told).size, told.length);
});

Deno.test("copy() into what is missing tries one file before others wait for each other", async () => {
  await using s = await storing();
  const { done } = await s.vfs.copy(FROM, "fake://to/new");
  assert.equal(done, 7);
  assert.deepEqual(await harvest(s.vfs, "fake://to/new"), await harvest(s.vfs, FROM));
});

Deno.test("copy() and sync() store together what was read together, whose size no listing tells", async () => {
  for (const op of ["copy", "sync"] as const) {
    await using s = await storing();
    s.vfs.register(wrappedMemory(unlisted, "unlisted"));
    await plant(s.vfs, "unlisted://from/t", TREE);
    const { done } = await s.vfs[op]("unlisted://from/t", TO);
    assert.equal(done, 7);
    assert.deepEqual(s.together.toSorted(), [["a/1", "a/2", "a/3"], ["b/1", "b/2"]]);
    assert.deepEqual(s.alone.toSorted(), ["a/large", "alone/1"]);
    assert.deepEqual(await harvest(s.vfs, TO), await harvest(s.vfs, FROM));
  }
});

Deno.test("copy() gathers nothing for who stores as they come, but what was read together", async () => {
  const limits = { ...LIMITS, asTheyCome: true };
  for (
    const [from, together] of [["memory", []], ["unlisted", [["a/1", "a/2", "a/3"], [
      "b/1",
      "b/2",
    ]]]] as const
  ) {
    await using s = await storing(all, limits);
    s.vfs.register(wrappedMemory(unlisted, "unlisted"));
    await plant(s.vfs, "unlisted://from/t", TREE);
    const { done } = await s.vfs.copy(`${from}://from/t`, TO);
    assert.equal(done, 7);
    assert.deepEqual(s.together.toSorted(), together);
    assert.deepEqual(await harvest(s.vfs, TO), await harvest(s.vfs, FROM));
  }
});

/** Gives files together, and tells no sizes but of what is read. */
function unlisted(memory: Transport): Transport {
  const inner = { ...memory, getMany: (): AsyncIterable<GotOne[]> => assert.fail() };
  return override(inner, {
    capabilities: { ...memory.capabilities, getMany: Infinity, size: false, tree: false },
    async *list(at, o) {
      for await (const page of memory.list(at, o)) {
        yield page.map(({ name, kind }) => ({ name, kind }));
      }
    },
    async *getMany(locations, { signal }) {
      yield await Promise.all(locations.map(async (location) => {
        const got = await memory.get(location, { signal });
        return { location, got: { ...got, body: await collect(got.body) } };
      }));
    },
  }, ["tree", "copy"]);
}

Deno.test("sync() stores small files together", async () => {
  await using s = await storing();
  const { done } = await s.vfs.sync(FROM, TO);
  assert.equal(done, 7);
  assert.deepEqual(s.together.toSorted(), [["a/1", "a/2", "a/3"], ["b/1", "b/2"]]);
  assert.deepEqual(await harvest(s.vfs, TO), await harvest(s.vfs, FROM));
});
