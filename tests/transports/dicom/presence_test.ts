/** Storing what the archive has not: `cp -n` onto a PACS. */

import { strict as assert } from "node:assert";
import type { DicomNode } from "../../../testing/mod.ts";
import { serveDicomNode } from "../../../testing/dicom_node/mod.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { type Outcome, TransferFailed } from "../../../vfs/copy/transfer.ts";
import { seriesOf, world } from "./_archive.ts";
import { until } from "../../until.ts";
import { file, Peer, vfsWith } from "./_store_kit.ts";

const UIDS = { PatientID: "P1", StudyInstanceUID: "2.25.11", SeriesInstanceUID: "2.25.12" };

async function errorOf(promise: Promise<unknown>): Promise<VfsError> {
  const error = await promise.then(() => assert.fail("resolved"), (error) => error);
  assert.ok(isVfsError(error), String(error));
  return error;
}

const asked = ({ requests }: DicomNode) =>
  `${requests.count("C-FIND")} C-FIND, ${requests.count("C-STORE")} C-STORE`;

Deno.test("copy() with existing: skip sends what the archive has not, for one C-FIND a series", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using vfs = vfsWith();
  for (let n = 0; n < 30; n++) await vfs.writeFile(`memory:///p/${n}`, file(n, UIDS));
  for (let n = 0; n < 30; n += 2) await vfs.writeFile(node.url, file(n, UIDS));
  assert.equal(asked(node), "0 C-FIND, 15 C-STORE");
  const skipped: Outcome[] = [];
  const { done, bytes, ...report } = await vfs.copy("memory:///p", node.url, {
    existing: "skip",
    onOutcome: (outcome) => void (outcome.result === "skipped" && skipped.push(outcome)),
  });
  assert.deepEqual([done, report.skipped, report.failed], [15, 15, 0]);
  const odd = Array.from({ length: 15 }, (_, i) => file(2 * i + 1, UIDS).length);
  assert.equal(bytes, odd.reduce((sum, length) => sum + length));
  assert.equal(asked(node), "1 C-FIND, 30 C-STORE");
  assert.deepEqual(new Set(skipped.map(({ reason }) => reason)), new Set(["exists"]));
  const again = await vfs.copy("memory:///p", node.url, { existing: "skip" });
  assert.deepEqual([again.done, again.skipped, again.bytes], [0, 30, 0]);
  assert.equal(asked(node), "1 C-FIND, 30 C-STORE");
});

Deno.test("copy() with existing: skip sends one of two files with one instance", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using vfs = vfsWith();
  for (const name of ["a", "b"]) await vfs.writeFile(`memory:///twins/${name}`, file(1, UIDS));
  const { done, skipped } = await vfs.copy("memory:///twins", node.url, { existing: "skip" });
  assert.deepEqual([done, skipped], [1, 1]);
  assert.equal(node.requests.count("C-STORE"), 1);
});

Deno.test("copy() with existing: error fails for what the archive has, by name", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using vfs = vfsWith();
  for (const n of [1, 2]) await vfs.writeFile(`memory:///e/${n}`, file(n, UIDS));
  await vfs.writeFile(node.url, file(1, UIDS));
  const error = await errorOf(vfs.copy("memory:///e", node.url, { existing: "error" }));
  assert.ok(error instanceof TransferFailed);
  const [problem, ...rest] = error.report.problems;
  assert.deepEqual([error.report.done, rest.length], [1, 0]);
  assert.equal(problem?.error?.kind, "AlreadyExists");
  assert.match(problem.error.message, /the archive has instance 2\.25\.3\.1$/);
});

Deno.test("copy() without existing sends again what is there, and asks nothing", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using vfs = vfsWith();
  await vfs.writeFile("memory:///r/1", file(1, UIDS));
  for (let i = 0; i < 2; i++) assert.equal((await vfs.copy("memory:///r", node.url)).done, 1);
  assert.equal(asked(node), "0 C-FIND, 2 C-STORE");
});

Deno.test("move() with existing: skip leaves the original of what was not sent", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using vfs = vfsWith();
  for (const n of [1, 2]) await vfs.writeFile(`memory:///m/${n}`, file(n, UIDS));
  await vfs.writeFile(node.url, file(1, UIDS));
  const { done, skipped } = await vfs.move("memory:///m", node.url, { existing: "skip" });
  assert.deepEqual([done, skipped], [1, 1]);
  assert.deepEqual([await vfs.exists("memory:///m/1"), await vfs.exists("memory:///m/2")], [
    true,
    false,
  ]);
});

Deno.test("writeFile() with mode create looks for each instance where the archive limits its answers", async () => {
  const samples = seriesOf({ count: 100 });
  await using archive = await world(samples, {
    limit: { results: 50, then: "cancel" },
    driver: { split: { maxQueries: 1 } },
  });
  const { vfs, files, url } = archive;
  const all = [...files.values()];
  for (const there of [all.at(0)!, all.at(-1)!]) {
    const error = await errorOf(vfs.writeFile(url, there, { mode: "create" }));
    assert.equal(error.kind, "AlreadyExists");
  }
  const { StudyInstanceUID, SeriesInstanceUID, PatientID } = samples[0]!;
  const fresh = file(7, { StudyInstanceUID, SeriesInstanceUID, PatientID });
  await vfs.writeFile(url, fresh, { mode: "create" });
  assert.equal(
    (await errorOf(vfs.writeFile(url, fresh, { mode: "create" }))).kind,
    "AlreadyExists",
  );
});

Deno.test("writeFile() with mode create looks again when whoever looked first has left", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  node.faults.inject({ service: "C-FIND", stall: 0 });
  await using vfs = vfsWith();
  const leave = new AbortController();
  const [first, second] = [1, 2].map((n) =>
    vfs.writeFile(node.url, file(n, UIDS), {
      mode: "create",
      signal: n === 1 ? leave.signal : undefined,
    })
  );
  await until(() => node.faults.pending === 0);
  leave.abort();
  assert.equal((await errorOf(first!)).kind, "Aborted");
  assert.equal((await second!).kind, "file");
  assert.equal(node.requests.count("C-STORE"), 1);
});

Deno.test("copy() with existing: skip to a peer without C-FIND fails before anything is sent", async () => {
  await using peer = new Peer();
  await using vfs = vfsWith();
  await vfs.writeFile("memory:///one.dcm", file(1));
  const error = await errorOf(vfs.copy("memory:///one.dcm", peer.url, { existing: "skip" }));
  assert.equal(error.kind, "NotSupported", String(error));
  assert.deepEqual(peer.received, []);
});

Deno.test("copy() with existing: skip refuses an instance that names no series", async () => {
  await using node = await serveDicomNode({ aeTitle: "NODE" });
  await using vfs = vfsWith();
  await vfs.writeFile("memory:///one.dcm", file(1, { SeriesInstanceUID: "" }));
  const error = await errorOf(vfs.copy("memory:///one.dcm", node.url, { existing: "skip" }));
  assert.equal(error.kind, "NotSupported");
  assert.equal(asked(node), "0 C-FIND, 0 C-STORE");
});
