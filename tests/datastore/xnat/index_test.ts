import { settableClock } from "../../settable_clock.ts";
/** The index: how many requests it takes, how long it is believed, and what is left when the server is away. */

import { strict as assert } from "node:assert";
import { LabelNotFound } from "../../../datastore/mod.ts";
import { manualClock } from "../../../testing/mod.ts";
import { startXnatServer } from "../../../testing/xnat_server/mod.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { bytesOf, isKind, label } from "../_contract.ts";
import { SLICES } from "../_mask.ts";
import { setting } from "./_kit.ts";

Deno.test("2,000 scans are listed by 12 requests, and nothing is asked after that", async () => {
  await using it = await setting();
  const { seed, requests } = it.server;
  const bytes = new TextEncoder().encode("{}");
  for (let s = 0; s < 200; s++) {
    for (let n = 1; n <= 10; n++) {
      const scan = ["BIG", `s${s >> 1}`, `e${s}`, String(n)];
      seed.scan(scan);
      if (n > 1) continue;
      await seed.file([...scan, "AI", "final", "0001-00000000.nii.gz"], bytes);
      await seed.file([...scan, "AI", "final", "0001-00000000.info.json"], bytes);
    }
  }
  requests.clear();
  const store = it.open({ project: "BIG" });
  const ids = await store.listImages();
  assert.equal(ids.length, 2000);
  assert.ok(requests.count <= 12, `${requests.count} requests`);
  requests.clear();
  assert.deepEqual(await store.status(), {
    total: 2000,
    completed: 200,
    label_tags: { final: 200 },
  });
  assert.equal((await store.datalist({ local: false })).length, 200);
  assert.equal((await store.getUnlabeledImages()).length, 1800);
  for (const id of ids) await store.getImageInfo(id);
  assert.equal((await store.getLabelsByImageId(ids[0]!)).final, ids[0]);
  assert.equal(requests.count, 0);
});

Deno.test("datalist() with local: false gives URLs that can be read, without a request", async () => {
  await using it = await setting({ segmentations: false });
  const saved = await label();
  await it.store.saveLabel(it.ids[0]!, saved, "final");
  it.server.requests.clear();
  const [pair] = await it.store.datalist({ local: false });
  assert.equal(it.server.requests.count, 0);
  assert.deepEqual(await it.vfs.readFile(pair!.label), saved.bytes);
  assert.equal((await it.vfs.stat(pair!.image)).kind, "directory");
});

Deno.test("the list is believed for ttlMs, and asked anew by refresh()", async () => {
  const clock = manualClock();
  await using it = await setting({ clock, ttlMs: 60_000 });
  assert.equal((await it.store.listImages()).length, 2);
  it.server.seed.scan(["P", "sub1", "ses1", "9"]);
  assert.equal((await it.store.listImages()).length, 2);
  await clock.advance(59_000);
  assert.equal((await it.store.listImages()).length, 2);
  await clock.advance(1_000);
  assert.equal((await it.store.listImages()).length, 3);
  it.server.seed.scan(["P", "sub1", "ses1", "10"]);
  await it.store.refresh();
  assert.equal((await it.store.listImages()).length, 4);
});

Deno.test("what was kept before refresh() of what is listed is asked anew", async () => {
  await using it = await setting();
  const scan = ["P", "sub1", "ses1", "2"];
  const file = [...scan, "AI", "final", "a.json"];
  const names = () => Array.fromAsync(it.vfs.readDir(it.url(scan.join("/"))), ({ name }) => name);
  const before = await names();
  await it.server.seed.file(file, new TextEncoder().encode("{}"));
  assert.deepEqual(await names(), before);
  await it.store.refresh();
  assert.deepEqual(await names(), [...before, "AI"]);
});

Deno.test("an image that is not listed is looked for once in a while", async () => {
  const clock = manualClock();
  await using it = await setting({ clock });
  await it.store.listImages();
  it.server.seed.scan(["P", "sub1", "ses1", "9"]);
  const id = it.ids[0]!.replace(/2$/, "9");
  assert.deepEqual(await it.store.getImageInfo(id), {});
  await clock.advance(10_000);
  assert.equal((await it.store.getImageInfo(id)).scan, "9");
});

Deno.test("parallel first calls share one listing", async () => {
  await using it = await setting();
  await Promise.all([it.store.status(), it.store.listImages(), it.store.getUnlabeledImages()]);
  assert.equal(it.server.requests.byRoute().get("GET /projects/{P}/subjects")?.requests, 1);
});

Deno.test("what labels say of themselves is read once a version", async () => {
  await using it = await setting({ segmentations: false });
  const [id] = it.ids as [string];
  await it.store.saveLabel(id, await label(), "final", { model: "m" });
  const other = it.open();
  await other.json();
  it.server.requests.clear();
  assert.equal((await other.getLabelInfo(id, "final")).model, "m");
  await other.json();
  assert.equal(it.server.requests.count, 0);
});

Deno.test("bad input: with the XNAT down at the start, images and labels are read from the cache, and it recovers", async () => {
  const clock = manualClock();
  const warnings: VfsError[] = [];
  const options = { clock, onWarning: (warning: VfsError) => warnings.push(warning) };
  await using it = await setting(options);
  const [id, other] = it.ids as [string, string];
  const saved = await label();
  await it.store.saveLabel(id, saved, "final", { model: "m" });
  const path = await it.store.getImageUri(id);
  const labelPath = await it.store.getLabelUri(id, "final");
  await it.store[Symbol.asyncDispose]();

  const away = it.server.faults.inject({ status: 503, times: Infinity });
  const store = it.open();
  assert.deepEqual(await store.listImages(), [...it.ids]);
  assert.equal((await store.status()).completed, 1);
  assert.equal(await store.getImageUri(id), path);
  assert.equal(await store.getLabelUri(id, "final"), labelPath);
  assert.equal((await store.getLabelInfo(id, "final")).model, "m");
  assert.deepEqual((await store.json()).objects[id]?.labels.final?.info.model, "m");
  assert.deepEqual((await store.datalist())[0], { image: path, label: labelPath });
  assert.deepEqual(warnings.map(({ kind }) => kind), ["Unavailable"]);
  const away2 = isKind("Unavailable");
  await assert.rejects(store.getImageUri(other), away2);
  await assert.rejects(store.saveLabel(id, saved, "final"), away2);
  await assert.rejects(store.refresh(), away2);
  assert.equal((await store.status()).completed, 1);

  away();
  await clock.advance(10_000);
  assert.equal((await store.status()).completed, 1);
  await store.saveLabel(other, saved, "original", {}).catch(isKind("InvalidArgument"));
  await store.removeLabel(id, "final");
  assert.equal((await store.status()).completed, 0);
  await assert.rejects(store.getLabel(id, "final"), LabelNotFound);
  assert.equal([...Deno.readDirSync(await store.getImageUri(other))].length, SLICES);
});

Deno.test("with the XNAT down and nothing in the cache, the first call throws, and a later one lists", async () => {
  await using it = await setting();
  const away = it.server.faults.inject({ status: 503, times: Infinity });
  await assert.rejects(it.store.listImages(), isKind("Unavailable"));
  away();
  assert.equal((await it.store.listImages()).length, 2);
});

Deno.test("a listing that fails later leaves the list as it was", async () => {
  const clock = manualClock();
  await using it = await setting({ clock, ttlMs: 60_000 });
  await it.store.listImages();
  const away = it.server.faults.inject({ status: 503, times: Infinity });
  await clock.advance(60_000);
  assert.equal((await it.store.status()).total, 2);
  away();
  it.server.seed.scan(["P", "sub1", "ses1", "9"]);
  await clock.advance(10_000);
  assert.equal((await it.store.status()).total, 3);
});

Deno.test("users of one server have caches of their own", async () => {
  await using it = await setting();
  await it.store.listImages();
  await it.open({ username: "other" }).listImages();
  assert.equal([...Deno.readDirSync(`${it.folder}/cache`)].length, 2);
});

Deno.test("a broken index on the disk is as good as none", async () => {
  await using it = await setting();
  await it.store.listImages();
  await it.store[Symbol.asyncDispose]();
  const [{ name }] = [...Deno.readDirSync(`${it.folder}/cache`)] as [Deno.DirEntry];
  await Deno.writeTextFile(`${it.folder}/cache/${name}/index.json`, '{"version":1,"images":[');
  assert.equal((await it.open().listImages()).length, 2);
  await Deno.writeTextFile(`${it.folder}/cache/${name}/index.json`, "{");
  it.server.faults.inject({ status: 503, times: Infinity });
  await assert.rejects(it.open().listImages(), isKind("Unavailable"));
});

Deno.test("labels are there after the server was started anew", async () => {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  try {
    const saved = await label();
    let id = "";
    {
      await using it = await setting({ server: { folder }, segmentations: false });
      id = it.ids[0]!;
      await it.store.saveLabel(id, saved, "final", { model: "m" });
    }
    await using server = await startXnatServer({ folder });
    const { XnatDatastore } = await import("../../../datastore/mod.ts");
    await using store = new XnatDatastore({
      apiUrl: server.url,
      username: "admin",
      password: "admin",
      cachePath: `${folder}/cache`,
    });
    assert.deepEqual(await bytesOf(await store.getLabel(id, "final")), saved.bytes);
    assert.equal((await store.getLabelInfo(id, "final")).model, "m");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bad input: an archive whose server fails in the middle breaks off with the error, and is no whole ZIP", async () => {
  await using it = await setting({ segmentations: false });
  await it.store.saveLabel(it.ids[0]!, await label(), "final");
  const content = /scans\/[^/]+\/resources\/[^/]+\/files\/./;
  it.server.faults.inject({ cut: 100, method: "GET", route: content, after: 2, times: Infinity });
  const archive = await it.store.getDatasetArchive();
  await assert.rejects(bytesOf(archive), isKind("Incomplete"));
  it.server.faults.clear();
  assert.equal((await it.store.status()).completed, 1);
  assert.ok((await bytesOf(await it.store.getDatasetArchive())).length > 100);
});

Deno.test("an archive that nobody reads to its end asks for no more, and frees what it has open", async () => {
  await using it = await setting({ segmentations: false });
  for (const id of it.ids) {
    await it.store.saveLabel(id, await label(), "final");
    await it.store.getImageUri(id);
  }
  const reader = (await it.store.getDatasetArchive()).getReader();
  await reader.read();
  it.server.requests.clear();
  await reader.cancel();
  assert.equal(it.server.requests.count, 0);
});

Deno.test("the list is asked anew after ttlMs, and a server that was away too, when the clock was set back", async () => {
  const clock = settableClock();
  await using it = await setting({ clock, ttlMs: 60_000 });
  await it.store.listImages();
  it.server.seed.scan(["P", "sub1", "ses1", "9"]);
  clock.set(-6 * 3_600_000);
  await clock.advance(60_000);
  assert.equal((await it.store.listImages()).length, 3);
  const away = it.server.faults.inject({ status: 503, times: Infinity });
  await clock.advance(60_000);
  assert.equal((await it.store.listImages()).length, 3);
  away();
  it.server.seed.scan(["P", "sub1", "ses1", "10"]);
  clock.set(-6 * 3_600_000);
  await clock.advance(60_000);
  assert.equal((await it.store.listImages()).length, 4);
});

Deno.test("the list is asked anew after a laptop has slept, for which the steady clock stands still", async () => {
  const clock = settableClock();
  await using it = await setting({ clock, ttlMs: 60_000 });
  await it.store.listImages();
  it.server.seed.scan(["P", "sub1", "ses1", "9"]);
  clock.set(8 * 3_600_000);
  assert.equal((await it.store.listImages()).length, 3);
});

Deno.test("records that were replaced are forgotten with the next list", async () => {
  await using it = await setting();
  const [id] = await it.store.listImages();
  for (let n = 0; n < 5; n++) await it.store.updateImageInfo(id!, { n });
  await it.store.refresh();
  const [place] = [...Deno.readDirSync(`${it.folder}/cache`)];
  const text = await Deno.readTextFile(`${it.folder}/cache/${place!.name}/index.json`);
  const { records } = JSON.parse(text) as { records: Record<string, { n?: number }> };
  assert.deepEqual(Object.values(records).flatMap(({ n }) => n ?? []), [4]);
});

Deno.test("labels that the server cannot list hide no images, and are told", async () => {
  await using it = await setting({ segmentations: false });
  const [id] = it.ids as [string];
  await it.store.saveLabel(id, await label(), "final");
  it.server.faults.inject({ status: 404, method: "GET", route: /\/files$/, times: Infinity });
  const warnings: string[] = [];
  const store = it.open({ onWarning: (warning) => void warnings.push(warning.message) });
  assert.deepEqual(await store.listImages(), it.ids);
  assert.match(warnings.join(), /its catalog cannot be read/);
});
