import { toFileUrl } from "@std/path";
import { strict as assert } from "node:assert";
import { serveDicomNode } from "../../../testing/dicom_node/mod.ts";
import { phantomStudy } from "../../../testing/phantom.ts";
import { seededBytes } from "../../../testing/random.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import { systemClock } from "../../../vfs/concurrency/clock.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import type { SyncOutcome, SyncReport } from "../../../vfs/sync/options.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { rejects } from "../_fakes.ts";
import { harvest } from "./_trees.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-sync-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Stores the phantom's CT study, and tells how many instances it has. */
async function storeStudy(vfs: Vfs, top: string): Promise<number> {
  let count = 0;
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    await vfs.writeFile([top, ...path].join("/"), bytes);
    count++;
  }
  return count;
}

Deno.test("sync() plans what the destination refuses by its name as a conflict, and sends none of it", async () => {
  await using server = await startXnatServer();
  server.seed.scan(["P", "sub1", "ses1", "1"]);
  await using vfs = createVfs();
  const refused = ["R_catalog.xml", "in/.~lock-a"];
  for (const path of ["a", "in/b", ...refused]) await vfs.writeFile(`memory:///from/${path}`, path);
  const to = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/sub1/ses1/1/DICOM`;
  for (const dryRun of [true, false]) {
    server.requests.clear();
    const conflicts: string[] = [];
    const onOutcome = ({ action, path, error }: SyncOutcome) => {
      if (action === "conflict") conflicts.push(`${path}: ${error?.kind}`);
    };
    const error = await rejects(
      vfs.sync("memory:///from", to, { dryRun, onOutcome }),
      "PartialFailure",
    );
    assert(error instanceof TransferFailed);
    const { actions } = error.report as SyncReport;
    assert.deepEqual([actions.copy, actions.conflict], [2, 2]);
    assert.deepEqual(conflicts.sort(), ["R_catalog.xml: InvalidUrl", "in/.~lock-a: InvalidUrl"]);
    const { entries } = server.requests;
    assert.ok(!entries.some(({ path }) => /_catalog|~lock/.test(path)));
  }
  const check = await vfs.check("memory:///from", to);
  assert.deepEqual([check.matching, check.missing, check.failed], [2, 2, 0]);
});

Deno.test("sync() xnat: to file: asks for listings and once for the small files of each scan, and again for listings alone", () =>
  withFolder(async (folder) => {
    // Of a file that just changed the driver asks twice, since times are whole seconds.
    let ageMs = 60_000;
    const now = () => Date.now() - ageMs;
    await using server = await startXnatServer({ clock: { ...systemClock, now } });
    const files = Array.from({ length: 60 }, (_, i) => ({
      name: `d/${i}.dcm`,
      content: seededBytes(i, 500 + i),
    }));
    for (const scan of ["1", "2"]) {
      for (const { name, content } of files) {
        await server.seed.file(["P", "sub1", "ses1", scan, "DICOM", ...name.split("/")], content);
      }
    }
    ageMs = 0;
    await using vfs = createVfs();
    const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/sub1`;
    const requests = () => server.requests.entries.length;
    const before = requests();
    const first = await vfs.sync(url, folder, { delete: true });
    const spent = requests() - before;
    assert.deepEqual([first.done, first.failed], [120, 0]);
    assert.ok(spent <= 14, `${spent} requests`);
    assert.equal((await vfs.check(url, folder, { compare: "checksum" })).same, true);
    await Deno.writeTextFile(`${folder}/gone`, "");
    const middle = requests();
    const again = await vfs.sync(url, folder, { delete: true });
    assert.deepEqual([again.kept, again.actions.delete], [120, 1]);
    assert.ok(requests() - middle < 20, `${requests() - middle} requests`);
  }));

Deno.test("sync() file: to xnat: mirrors with deletions, and compares with the digests of the server", () =>
  withFolder(async (folder) => {
    await using server = await startXnatServer();
    server.seed.session(["P", "sub1", "ses1"], { xsiType: "xnat:mrSessionData" });
    server.seed.scan(["P", "sub1", "ses1", "1"]);
    await using vfs = createVfs();
    const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P/sub1/ses1/1/NIFTI`;
    for (const name of ["a.nii", "b.nii", "sub/c.nii"]) {
      await vfs.writeFile(`${folder}/src/${name}`, name);
    }
    const from = `${folder}/src`;
    assert.equal((await vfs.sync(from, url)).done, 3);
    await vfs.writeFile(`${from}/a.nii`, "A.nii");
    await vfs.remove(`${from}/sub/c.nii`);
    const second = await vfs.sync(from, url, { delete: true });
    const { copy, update, delete: gone, keep } = second.actions;
    assert.deepEqual([copy, update, gone, keep], [0, 1, 1, 1]);
    assert.equal(await vfs.readTextFile(`${url}/a.nii`), "A.nii");
    assert.equal((await vfs.sync(from, url, { delete: true })).kept, 2);
    const back = await vfs.sync(url, `${folder}/back`);
    assert.equal(back.done, 2);
    const { "sub/": _, ...expected } = await harvest(vfs, toFileUrl(from).href);
    assert.deepEqual(await harvest(vfs, `${toFileUrl(folder)}/back`), expected);
  }));

Deno.test("sync() dicom: to file: by a layout, and again with a journal retrieves nothing", () =>
  withFolder(async (folder) => {
    await using node = await serveDicomNode({ aeTitle: "NODE" });
    await using vfs = createVfs();
    const count = await storeStudy(vfs, "memory:///study");
    await vfs.copy("memory:///study", node.url);
    const options = {
      layout: "{PatientID}/{SeriesInstanceUID}/{InstanceNumber}.dcm",
      journal: `${folder}/journal.jsonl`,
    };
    const first = await vfs.sync(node.url, `${folder}/out`, options);
    assert.equal(first.done, count);
    const asked = () => node.requests.entries.filter(({ service }) => service === "C-GET").length;
    const before = asked();
    const again = await vfs.sync(node.url, `${folder}/out`, options);
    assert.deepEqual([again.kept, again.done], [count, 0]);
    assert.equal(asked(), before);
    // Without the journal the content decides, and nothing is stored again either.
    const plain = await vfs.sync(node.url, `${folder}/out`, { layout: options.layout });
    assert.deepEqual([plain.kept, plain.done], [count, 0]);
  }));

Deno.test("sync() to dicom: sends what the journal does not have, and asks for instances when told", () =>
  withFolder(async (folder) => {
    await using node = await serveDicomNode({ aeTitle: "NODE" });
    await using vfs = createVfs();
    const from = `${folder}/study`;
    const count = await storeStudy(vfs, from);
    const journal = `${folder}/journal.jsonl`;
    node.requests.clear();
    assert.equal((await vfs.sync(from, node.url, { journal })).done, count);
    assert.equal(node.counts.instances, count);
    // Each of the four senders keeps its association.
    assert.ok(node.requests.associations <= 4, `${node.requests.associations} associations`);
    const stored = () =>
      node.requests.entries.filter(({ service }) => service === "C-STORE").length;
    const before = stored();
    assert.equal((await vfs.sync(from, node.url, { journal })).kept, count);
    assert.equal((await vfs.sync(from, node.url, { exists: true })).kept, count);
    assert.equal(stored(), before);
    await vfs.writeFile(`${from}/notes.txt`, "text");
    const error = await vfs.sync(from, node.url, { journal }).catch((error) => error);
    assert.ok(error instanceof TransferFailed);
    assert.equal(error.report.failed, 1);
    assert.equal(error.report.problems[0]!.error!.kind, "NotSupported");
    assert.equal(stored(), before);
    for (const options of [{ delete: true }, { layout: "{PatientID}.dcm" }]) {
      await assert.rejects(vfs.sync(from, node.url, options), /deleting|layout/);
    }
    await rejects(vfs.check(from, node.url), "NotSupported");
  }));
