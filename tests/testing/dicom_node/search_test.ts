import { strict as assert } from "node:assert";
import type { Level } from "../../../testing/dicom_node/attributes.ts";
import { InstanceIndex } from "../../../testing/dicom_node/index/instance_index.ts";
import type { Condition } from "../../../testing/dicom_node/index/search.ts";
import type { InstanceRecord } from "../../../testing/dicom_node/record.ts";
import { NEVER } from "../../../vfs/concurrency/signals.ts";
import { cFind } from "../../../transports/dicom/dimse/mod.ts";
import { associate, EXPLICIT } from "./_kit.ts";
import { serveDicomNode } from "../../../testing/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { writeDicomFile } from "../../../testing/dicom_writer.ts";

const CLASS = "1.2.840.10008.5.1.4.1.1.7";
const COUNT = 3000;

function record(number: number, StudyInstanceUID = `1.${number % 50}`): InstanceRecord {
  const values = {
    PatientID: "P1",
    StudyInstanceUID,
    SeriesInstanceUID: `${StudyInstanceUID}.1`,
    SOPClassUID: CLASS,
    SOPInstanceUID: `9.${number}`,
    InstanceNumber: `${number}`,
  };
  return { values, transferSyntaxUID: EXPLICIT, file: { path: `${number}`, datasetOffset: 0 } };
}

function filled(): InstanceIndex {
  const index = new InstanceIndex();
  index.put(Array.from({ length: COUNT }, (_, i) => record(i + 1)));
  return index;
}

const numbered = (number: string): Condition => ({
  sql: "instance.InstanceNumber = ?",
  parameters: [number],
  table: "instance",
  column: "InstanceNumber",
});

const ofStudy = (uid: string): Condition => ({
  sql: "study.StudyInstanceUID = ?",
  parameters: [uid],
  table: "study",
  column: "StudyInstanceUID",
});

const CLASSES: Condition = {
  sql: "instance.SOPClassUID >= ?",
  parameters: ["1"],
  table: "instance",
  column: "SOPClassUID",
};

/** What takes long for each instance. */
const slowly = (is: string): Condition => ({
  sql: `(WITH RECURSIVE n(i) AS
    (SELECT instance.id UNION ALL SELECT i + 1 FROM n WHERE i < instance.id + 1000)
    SELECT count(*) FROM n) ${is}`,
  parameters: [],
  table: "instance",
  column: "InstanceNumber",
});

const pagesOf = (index: InstanceIndex, level: Level, conditions: Condition[] = []) =>
  Array.fromAsync(index.find(level, conditions, NEVER));

Deno.test("InstanceIndex.find() gives all instances once, by pages, also the one that no index leads to", async () => {
  using index = filled();
  const pages = await pagesOf(index, "IMAGE");
  assert(pages.length > 1 && pages[0]!.length < 100, "the first is not waited for");
  assert.deepEqual(pages.flat(), Array.from({ length: COUNT }, (_, i) => i + 1));
  const last = numbered(`${COUNT}`);
  assert.deepEqual(await pagesOf(index, "IMAGE", [last]), [[COUNT]]);
  assert.deepEqual(await pagesOf(index, "IMAGE", [numbered("none")]), []);
  assert.equal((await pagesOf(index, "IMAGE", [ofStudy("1.7")])).flat().length, COUNT / 50);
  assert.deepEqual(await pagesOf(index, "IMAGE", [numbered("57"), ofStudy("1.7")]), [[57]]);
  assert.deepEqual(await pagesOf(index, "IMAGE", [numbered("64"), ofStudy("1.7")]), []);
  assert.equal((await pagesOf(index, "STUDY")).flat().length, 50);
});

Deno.test("InstanceIndex.find() gives what is there all the time, whatever is stored and removed between its pages", async () => {
  using index = filled();
  const found: number[] = [];
  let number = COUNT;
  for await (const ids of index.find("IMAGE", [], NEVER)) {
    found.push(...ids);
    // A new one, one that is replaced, and one that moves to another study.
    index.put([record(++number), record(found.length), record(found.length + 1, "1.x")], true);
  }
  const once = new Set(found);
  assert.equal(once.size, found.length);
  for (let id = 1; id <= COUNT; id++) assert(once.has(id), `${id}`);
});

Deno.test("InstanceIndex.find() gives the first at once where an index leads to many, and each once, whatever is stored meanwhile", async () => {
  using index = filled();
  const found: number[] = [];
  let number = COUNT;
  for await (const ids of index.find("IMAGE", [CLASSES], NEVER)) {
    if (found.length === 0) assert(ids.length < 100, `${ids.length} are waited for`);
    found.push(...ids);
    // New ones, one that is replaced, one that moves to another study.
    const others = Array.from({ length: 50 }, () => record(++number, "0.1"));
    index.put([...others, record(ids[0]!), record(ids[1]!, "1.x")], true);
  }
  const once = new Set(found);
  assert.equal(once.size, found.length);
  for (let id = 1; id <= COUNT; id++) assert(once.has(id), `${id}`);
});

const SINGLE = Array.from({ length: COUNT }, (_, i) => record(i + 1, `1.${i + 1}`));

/** The only instances of their studies, again, with something in the study changed. */
const again = (from: number, StudyDate: string) =>
  SINGLE.slice(from, from + 100).map((each) => ({
    ...each,
    values: { ...each.values, StudyDate },
  }));

Deno.test("InstanceIndex.find() gives each study and series once whose only instance is replaced meanwhile", async () => {
  for (const level of ["STUDY", "SERIES"] as const) {
    using index = new InstanceIndex();
    index.put(SINGLE);
    const uids: string[] = [];
    const of = index.select(level, { uid: "study.StudyInstanceUID", day: "study.StudyDate" });
    for await (const ids of index.find(level, [], NEVER)) {
      for (const from of [0, COUNT / 2, COUNT - 100]) index.put(again(from, "20260101"), true);
      for (const id of ids) uids.push(of(id)?.uid as string);
    }
    assert.equal(uids.length, COUNT, level);
    assert.deepEqual(new Set(uids), new Set(SINGLE.map(({ values }) => values.StudyInstanceUID)));
    assert.equal(of(1)?.day, "20260101", "of the study the index has what came last");
  }
});

Deno.test("InstanceIndex.find() gives each once, whatever changes beside a statement", async () => {
  using index = new InstanceIndex();
  index.put(SINGLE.map((each) => ({ ...each, values: { ...each.values, StudyDate: "20200101" } })));
  const dated: Condition = {
    sql: "study.StudyDate >= ? AND study.StudyDate <= ?",
    parameters: ["2", "3"],
    table: "study",
    column: "StudyDate",
  };
  let changes = 0;
  const timer = setInterval(() => index.put(again(100 * changes++, "20260101"), true), 1);
  try {
    const ids = (await pagesOf(index, "IMAGE", [dated, slowly(">= 0")])).flat();
    assert(changes > 3, `${changes} changes`);
    assert.deepEqual(ids.sort((a, b) => a - b), SINGLE.map((_, i) => i + 1));
  } finally {
    clearInterval(timer);
  }
});

Deno.test("InstanceIndex.find() ends with its signal", async () => {
  using index = filled();
  const controller = new AbortController();
  let pages = 0;
  for await (const _ of index.find("IMAGE", [], controller.signal)) {
    pages++;
    controller.abort();
  }
  assert.equal(pages, 1);
});

Deno.test("InstanceIndex.find() lets others have their turn where an index leads to very many of whom none fits", async () => {
  using index = filled();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const begin = performance.now();
  assert.deepEqual(await pagesOf(index, "IMAGE", [CLASSES, slowly("< 0")]), []);
  const took = performance.now() - begin;
  clearInterval(timer);
  assert(turns > 3, `${turns} turns in ${took} ms`);
});

Deno.test("InstanceIndex.find() fails when the index is closed before its end", async () => {
  const { now } = performance;
  let ms = 0;
  // Each look at the clock ends a turn, however quick the machine is.
  performance.now = () => ms += 100;
  try {
    for (const conditions of [[], [CLASSES]]) {
      const index = filled();
      const pages = index.find("IMAGE", conditions, NEVER);
      const first = pages.next();
      index[Symbol.dispose]();
      const rest = async () => {
        await first;
        for (let next = await pages.next(); !next.done; next = await pages.next());
      };
      await assert.rejects(rest(), { kind: "Unavailable" });
    }
  } finally {
    performance.now = now;
  }
});

Deno.test("InstanceIndex: what is stored beside a slow query does not grow the file's log without end", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using index = new InstanceIndex(`${folder}/index`);
    index.put(Array.from({ length: COUNT }, (_, i) => record(i + 1)));
    for (const conditions of [[], [CLASSES]]) {
      const pages = index.find("IMAGE", conditions, NEVER);
      const first = await pages.next();
      assert(!first.done && first.value.length > 0);
      for (let i = 0; i < 300; i++) {
        index.put(Array.from({ length: 20 }, (_, n) => record(20 * i + n + 1)), true);
      }
      const { size } = await Deno.stat(`${folder}/index-wal`);
      assert(size < 8 << 20, `${size} bytes`);
      await pages.return(undefined);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a C-FIND of many instances is cancelled while it is answered, and its association goes on", async () => {
  await using vfs = createVfs();
  const values = { SOPClassUID: CLASS, StudyInstanceUID: "1.1", SeriesInstanceUID: "1.1.1" };
  for (let i = 0; i < 400; i++) {
    const file = writeDicomFile({ ...values, SOPInstanceUID: `9.${i}`, PatientID: "P1" });
    await vfs.writeFile(`memory:///many/${i}.dcm`, file);
  }
  await using node = await serveDicomNode({ vfs, root: "memory:///many", relational: "always" });
  node.faults.inject({ service: "C-FIND", delay: 1 });
  await using association = await associate(node);
  const identifier = { QueryRetrieveLevel: "IMAGE", SOPInstanceUID: "" };
  for await (const _ of cFind(association, { identifier })) break;
  assert.equal(node.requests.entries.at(-1)?.status, 0xFE00);
  assert(node.requests.entries.at(-1)!.count < 400);
  const all = await Array.fromAsync(cFind(association, { identifier }));
  assert.equal(all.length, 400);
});
