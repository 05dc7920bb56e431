import { strict as assert } from "node:assert";
import { memoryTransport } from "../../../transports/memory/mod.ts";
import { VfsError } from "../../../vfs/errors.ts";
import { override } from "../../../vfs/layers/layer.ts";
import type { SyncOptions, SyncOutcome } from "../../../vfs/sync/options.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { rejects, vfsOf, wrappedMemory } from "../_fakes.ts";

const A = "memory://a/src";
const B = "fake://b/dst";
const JOURNAL = "memory://j/dir/journal.jsonl";

/** A destination that keeps no times, and counts what is read and stored. */
function counting(): { vfs: Vfs; counts: { read: number; put: number } } {
  const counts = { read: 0, put: 0 };
  const vfs = vfsOf([
    memoryTransport(),
    wrappedMemory((inner) =>
      override(inner, {
        capabilities: { ...inner.capabilities, keepsTimes: undefined },
        get: (at, o) => (counts.read++, inner.get(at, o)),
        put: (at, source, o) => (counts.put++, inner.put!(at, source, o)),
      })
    ),
  ]);
  return { vfs, counts };
}

async function run(options: SyncOptions = {}) {
  const { vfs, counts } = counting();
  for (const name of ["x", "y", "sub/z"]) await vfs.writeFile(`${A}/${name}`, name);
  const notes: string[] = [];
  const sync = () => vfs.sync(A, B, { journal: JOURNAL, onNote: (t) => notes.push(t), ...options });
  await sync();
  counts.read = 0;
  counts.put = 0;
  return { vfs, counts, sync, notes };
}

Deno.test("sync() with a journal reads nothing again where nothing changed", async () => {
  const { vfs, counts, sync } = await run();
  assert.equal((await sync()).kept, 3);
  assert.deepEqual(counts, { read: 0, put: 0 });
  await vfs.close();
});

Deno.test("sync() with a journal copies what changed at the source, and what changed at the destination", async () => {
  const { vfs, counts, sync } = await run();
  await vfs.writeFile(`${A}/x`, "X");
  await vfs.writeFile(`${B}/y`, "Y");
  counts.put = 0;
  const report = await sync();
  assert.deepEqual([report.actions.update, report.kept, counts.put], [2, 1, 2]);
  assert.equal(await vfs.readTextFile(`${B}/x`), "X");
  assert.equal(await vfs.readTextFile(`${B}/y`), "y");
  await vfs.close();
});

Deno.test("sync() ignores the torn last line of a journal, and goes on after it", async () => {
  const { vfs, counts, sync, notes } = await run();
  const text = await vfs.readTextFile(JOURNAL);
  assert.equal(text.trimEnd().split("\n").length, 4);
  for (let cut = 1; cut < 40; cut += 7) {
    await vfs.writeFile(JOURNAL, text.slice(0, -cut));
    counts.read = 0;
    assert.equal((await sync()).kept, 3);
    // Without its end nobody knows that the last line is whole.
    assert.equal(counts.read, 1, `cut ${cut}`);
    counts.read = 0;
    await sync();
    assert.equal(counts.read, 0, `after cut ${cut}`);
  }
  // The first line of all may be the torn one.
  await vfs.writeFile(JOURNAL, text.slice(0, 10));
  assert.equal((await sync()).kept, 3);
  counts.read = 0;
  await sync();
  assert.deepEqual([counts.read, notes], [0, []]);
  await vfs.close();
});

Deno.test("sync() sets a damaged journal aside and says so", async () => {
  for (const damage of ["no journal\n", "\n", '{"path":1}\n', `${"x".repeat(70_000)}\n`]) {
    const { vfs, sync, notes } = await run();
    const text = await vfs.readTextFile(JOURNAL);
    const damaged = damage === '{"path":1}\n' ? text + damage : damage + text;
    await vfs.writeFile(JOURNAL, damaged);
    assert.equal((await sync()).kept, 3);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /journal\.jsonl" is not used/);
    assert.equal(await vfs.readTextFile(`${JOURNAL}.damaged`), damaged);
    assert.equal((await sync()).kept, 3);
    assert.equal(notes.length, 1);
    await vfs.close();
  }
});

Deno.test("sync() does not believe the journal of other places", async () => {
  const { vfs, counts, sync, notes } = await run();
  const text = await vfs.readTextFile(JOURNAL);
  await vfs.writeFile(JOURNAL, text.replace("memory://a/src", "memory://a/other"));
  await sync();
  assert.deepEqual([counts.read, notes.length], [3, 1]);
  await vfs.close();
});

Deno.test("sync() with dryRun leaves the journal alone", async () => {
  const { vfs } = await run();
  await vfs.writeFile(JOURNAL, "damaged\n");
  await vfs.sync(A, B, { journal: JOURNAL, dryRun: true });
  assert.equal(await vfs.readTextFile(JOURNAL), "damaged\n");
  await vfs.close();
});

Deno.test("sync() writes no journal where listings tell enough", async () => {
  await using vfs = vfsOf([memoryTransport()]);
  await vfs.writeFile(`${A}/x`, "x");
  await vfs.sync(A, "memory://b/dst", { journal: JOURNAL });
  assert.equal(await vfs.exists(JOURNAL), false);
});

Deno.test("sync() fails when its journal cannot be written", async () => {
  const { vfs } = counting();
  await vfs.writeFile(`${A}/x`, "x");
  await vfs.mkdir(JOURNAL, { recursive: true });
  await rejects(vfs.sync(A, B, { journal: JOURNAL }), "IsADirectory");
  await vfs.close();
});

Deno.test("sync() whose journal cannot be written any more tells as failed nothing that it has copied", async () => {
  const { vfs } = counting();
  vfs.register(wrappedMemory((inner) =>
    override(inner, {
      put: (at) => Promise.reject(new VfsError("StorageFull", { op: "write", url: at.href })),
    }), "full"));
  for (let i = 0; i < 50; i++) await vfs.writeFile(`${A}/${i}`, `${i}`);
  const told: string[] = [];
  const onOutcome = ({ result, to }: SyncOutcome) => told.push(`${result} ${to}`);
  await rejects(vfs.sync(A, B, { journal: "full://j/journal", onOutcome }), "StorageFull");
  const there = await Array.fromAsync(vfs.readDir(B), ({ name }) => `done ${B}/${name}`);
  assert(there.length > 0 && there.length < 50);
  assert.deepEqual(told.toSorted(), there.toSorted());
  await vfs.close();
});

Deno.test("sync() keeps a journal small, however often everything changes", async () => {
  const { vfs, counts } = counting();
  const names = Array.from({ length: 100 }, (_, i) => `${i}`);
  let [largest, lines] = [0, 0];
  for (let run = 0; run < 50; run++) {
    for (const name of names) await vfs.writeFile(`${A}/${name}`, `${run} ${name}`);
    assert.equal((await vfs.sync(A, B, { journal: JOURNAL })).done, 100);
    const text = await vfs.readTextFile(JOURNAL);
    lines = text.split("\n").length;
    largest = Math.max(largest, lines);
  }
  // Twice the files, a thousand lines, and those of one run.
  assert.ok(largest > 1000 && largest <= 1310, `${largest} lines`);
  counts.read = 0;
  assert.equal((await vfs.sync(A, B, { journal: JOURNAL })).kept, 100);
  assert.equal(counts.read, 0);
  await vfs.close();
});

Deno.test("sync() writes a journal that has grown anew, with the last line about each file", async () => {
  const { vfs, counts, sync } = await run();
  const text = await vfs.readTextFile(JOURNAL);
  const [header, ...lines] = text.trimEnd().split("\n");
  const grown = [header, ...Array(500).fill(lines).flat(), ""].join("\n");
  await vfs.writeFile(JOURNAL, grown);
  assert.equal((await sync()).kept, 3);
  assert.equal(counts.read, 0);
  assert.equal(await vfs.readTextFile(JOURNAL), text);
  await vfs.close();
});

Deno.test("sync() sets the journal of another version aside, and says so", async () => {
  const { vfs, sync, notes } = await run();
  const text = await vfs.readTextFile(JOURNAL);
  await vfs.writeFile(JOURNAL, text.replace('"version":1', '"version":2'));
  assert.equal((await sync()).kept, 3);
  assert.match(notes[0]!, /it is of another version/);
  assert.match(await vfs.readTextFile(`${JOURNAL}.damaged`), /"version":2/);
  await vfs.close();
});

Deno.test("sync() twice at once with one journal ends with the same trees, and a journal that both can read", async () => {
  const { vfs, counts } = counting();
  const names = Array.from({ length: 200 }, (_, i) => `d${i % 5}/${i}`);
  for (const name of names) await vfs.writeFile(`${A}/${name}`, name);
  const sync = () => vfs.sync(A, B, { journal: JOURNAL, delete: true });
  await Promise.all([sync(), sync()]);
  counts.read = 0;
  const again = await sync();
  assert.deepEqual([again.kept, again.done], [200, 0]);
  for (const name of names) assert.equal(await vfs.readTextFile(`${B}/${name}`), name);
  await vfs.close();
});

Deno.test("sync() with a journal reads once what times cannot tell, since one of them is rounded", async () => {
  let reads = 0;
  await using vfs = vfsOf([
    memoryTransport(),
    wrappedMemory((inner) => override(inner, { get: (at, o) => (reads++, inner.get(at, o)) })),
  ]);
  const time = Date.UTC(2026, 0, 1, 12, 0, 3, 500);
  const write = (url: string, text: string, mtime: number) =>
    vfs.writeFile(url, text, { mtime: new Date(mtime) });
  await write(`${A}/x`, "x", time);
  // As FAT rounds it.
  await write(`${B}/x`, "x", time + 500);
  const sync = async () => {
    reads = 0;
    const { kept, actions } = await vfs.sync(A, B, { journal: JOURNAL });
    return [kept, actions.update, reads];
  };
  assert.deepEqual(await sync(), [1, 0, 1]);
  assert.deepEqual(await sync(), [1, 0, 0]);
  // Another version of the same size.
  await write(`${A}/x`, "y", time + 100);
  assert.deepEqual((await sync()).slice(0, 2), [0, 1]);
  // A version that is younger than what may be rounded is looked at each time.
  const { now: today } = Date;
  const now = Math.floor(today() / 2000) * 2000;
  Date.now = () => now + 1_900;
  try {
    await write(`${A}/x`, "z", now - 300);
    await write(`${B}/x`, "z", now);
    assert.deepEqual((await sync()).slice(0, 2), [1, 0]);
    assert.deepEqual(await sync(), [1, 0, 1]);
  } finally {
    Date.now = today;
  }
});
