import { strict as assert } from "node:assert";
import { phantomStudy } from "../../../testing/phantom.ts";
import { parseLayout } from "../../../vfs/sync/layout.ts";
import type { SyncReport } from "../../../vfs/sync/options.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { twoOf } from "../copy/_copying.ts";
import { rejects } from "../_fakes.ts";
import { harvest } from "./_trees.ts";

const A = "memory://a/src";
const B = "memory://b/dst";

/** Stores the first files of a study under names that tell nothing. */
async function study(vfs: Vfs, count: number): Promise<string[]> {
  const uids: string[] = [];
  for await (const { bytes } of phantomStudy()) {
    const url = `${A}/d${uids.length % 2}/IM${uids.length}`;
    await vfs.writeFile(url, bytes);
    uids.push((await vfs.readDicomHeader(url)).string("SOPInstanceUID")!);
    if (uids.length === count) break;
  }
  return uids;
}

Deno.test("sync() with a layout files instances by their headers, and again does nothing", async () => {
  await using vfs = twoOf();
  await study(vfs, 6);
  await vfs.writeFile(`${A}/notes.txt`, "no image");
  const layout = "{PatientID}/{Modality}/{SOPInstanceUID}.dcm";
  const first = await vfs.sync(A, B, { layout });
  assert.deepEqual([first.done, first.skipped], [6, 1]);
  const stored = Object.keys(await harvest(vfs, B)).filter((path) => path.endsWith(".dcm"));
  assert.equal(stored.length, 6);
  for (const path of stored) {
    const header = await vfs.readDicomHeader(`${B}/${path}`);
    const names = ["PatientID", "Modality", "SOPInstanceUID"].map((key) => header.string(key));
    assert.equal(path, `${names.join("/")}.dcm`);
  }
  const again = await vfs.sync(A, B, { layout });
  assert.deepEqual([again.done, again.kept, again.bytes], [0, 6, 0]);
});

Deno.test("sync() with a layout gives instances of one name names of their own, the same in every run", async () => {
  await using vfs = twoOf();
  const uids = await study(vfs, 5);
  const layout = "{Modality}.dcm";
  const uidsAt = async () => {
    const found: [string, string][] = [];
    for await (const { url, name, isFile } of vfs.entries(B)) {
      if (isFile) found.push([name, (await vfs.readDicomHeader(url)).string("SOPInstanceUID")!]);
    }
    return found;
  };
  await vfs.sync(A, B, { layout });
  const first = await uidsAt();
  assert.deepEqual(first.map(([, uid]) => uid).sort(), uids.toSorted());
  assert.equal((await vfs.sync(A, B, { layout })).kept, 5);
  // One that comes before the others must not take the name of another.
  const last = (await vfs.readFile(`${A}/d1/IM3`)).slice();
  await vfs.remove(`${A}/d1/IM3`);
  await vfs.writeFile(`${A}/a`, last);
  await vfs.sync(A, B, { layout });
  assert.deepEqual(await uidsAt(), first);
});

Deno.test("sync() with a layout takes the same instance once", async () => {
  await using vfs = twoOf();
  await study(vfs, 1);
  await vfs.copy(`${A}/d0/IM0`, `${A}/d0/again`);
  const report: SyncReport = await vfs.sync(A, B, { layout: "{PatientID}.dcm" });
  assert.deepEqual([report.done, report.skipped], [1, 1]);
});

Deno.test("sync() with a layout that is aborted while it looks at the destination tells no file as failed", async () => {
  const controller = new AbortController();
  await using vfs = twoOf((inner) => ({
    ...inner,
    stat: (location, options) => {
      if (location.name.endsWith(".dcm")) controller.abort();
      options.signal.throwIfAborted();
      return inner.stat(location, options);
    },
  }));
  await study(vfs, 3);
  const outcomes: string[] = [];
  const run = vfs.sync(A, "fake://b/dst", {
    layout: "{SOPInstanceUID}.dcm",
    signal: controller.signal,
    onOutcome: ({ result }) => outcomes.push(result),
  });
  await rejects(run, "Aborted");
  assert.deepEqual(outcomes, []);
});

Deno.test("sync() refuses layouts that are none, and deleting with one", async () => {
  await using vfs = twoOf();
  await study(vfs, 1);
  for (
    const layout of ["", "/x", "a//b", "../x", "{PatientID", "{Patient ID}", "{NoKeyword}", "}"]
  ) {
    await rejects(vfs.sync(A, B, { layout }), "InvalidArgument");
  }
  await rejects(vfs.sync(A, B, { layout: "{PatientID}", delete: true }), "InvalidArgument");
});

Deno.test("a layout puts a placeholder for what is missing, and no value makes a directory", async () => {
  const { pathOf } = await parseLayout("{PatientID}/{SeriesNumber}-{SeriesDescription}.dcm");
  const values: Record<string, string> = { PatientID: "../../etc", SeriesNumber: " 7 " };
  assert.deepEqual(pathOf((keyword) => values[keyword]), ["_.._.._etc", "7-unknown.dcm"]);
});
