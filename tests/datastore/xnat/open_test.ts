/** Behaviours 1 to 8: opening and listing. */

import { strict as assert } from "node:assert";
import { XnatDatastore } from "../../../datastore/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { isKind } from "../_contract.ts";
import { setting } from "./_kit.ts";

Deno.test("behaviour 1: with user and password one session serves all calls, and is ended", async () => {
  await using it = await setting();
  const { server, folder } = it;
  const apiUrl = `http://127.0.0.1:${server.port}/`;
  const before = server.sessionCount;
  {
    await using store = new XnatDatastore({
      apiUrl,
      username: "admin",
      password: "admin",
      cachePath: `${folder}/own`,
    });
    await store.listImages();
    await store.getImageUri(it.ids[0]!);
    assert.equal(server.sessionCount, before + 1);
  }
  assert.equal(server.sessionCount, before);
});

Deno.test("behaviour 2: wrong credentials are Unauthenticated, and another try is possible", async () => {
  await using it = await setting();
  const apiUrl = `http://127.0.0.1:${it.server.port}`;
  await using vfs = createVfs({ layers: { retry: false } });
  const named = `xnat+http://admin:wrong@127.0.0.1:${it.server.port}`;
  const options = { cachePath: `${it.folder}/own`, vfs };
  await vfs.capabilities(named);
  const store = new XnatDatastore({ apiUrl, ...options });
  await assert.rejects(store.listImages(), isKind("Unauthenticated"));
  await vfs.capabilities(named.replace("wrong", "admin"));
  assert.equal((await store.listImages()).length, 2);
});

Deno.test("behaviour 3: without a user requests are those of a guest", async () => {
  await using it = await setting({ server: { guest: true } });
  it.server.seed.project("OPEN", { accessibility: "public" });
  it.server.seed.scan(["OPEN", "s", "e", "1"]);
  it.server.requests.clear();
  await using store = new XnatDatastore({
    apiUrl: `http://127.0.0.1:${it.server.port}`,
    cachePath: `${it.folder}/own`,
  });
  assert.deepEqual((await store.listImages()).map((id) => id.split("/")[0]), ["OPEN"]);
  assert.deepEqual([...new Set(it.server.requests.entries.map(({ user }) => user))], ["guest"]);
});

Deno.test('behaviour 4: project "A, B," lists A and B alone', async () => {
  await using it = await setting();
  for (const project of ["A", "B", "C"]) it.server.seed.scan([project, "s", `${project}e`, "1"]);
  it.server.requests.clear();
  const store = it.open({ project: " A, B," });
  assert.deepEqual((await store.listImages()).map((id) => id[0]), ["A", "B"]);
  const asked = it.server.requests.entries.map(({ path }) => /projects\/(\w+)/.exec(path)?.[1]);
  assert.deepEqual([...new Set(asked.filter((project) => project !== undefined))], ["A", "B"]);
});

Deno.test("behaviour 5: without project all that can be seen are listed", async () => {
  await using it = await setting();
  it.server.seed.scan(["A", "s", "Ae", "1"]);
  const ids = await it.open({ project: undefined }).listImages();
  assert.deepEqual(ids.map((id) => id.split("/")[0]), ["A", "P", "P"]);
});

Deno.test("behaviour 6: ids are project, accession ids of subject and session, and scan", async () => {
  await using it = await setting();
  it.server.seed.scan(["Q", "sub one", "ses one", "1"]);
  it.server.seed.scan(["Q", "sub one", "ses one", "2-MR1"]);
  const ids = await it.open({ project: "Q" }).listImages();
  const session = "Q/XNAT_S00003/XNAT_E00003";
  assert.deepEqual(ids, [`${session}/1`, `${session}/2-MR1`]);
});

Deno.test("behaviour 7: experiments without a subject or without scans give no images", async () => {
  await using it = await setting();
  it.server.seed.session(["P", "sub1", "empty"]);
  it.server.seed.assessor(["P", "sub1", "ses1"], "qc", { xsiType: "icr:roiCollectionData" });
  assert.deepEqual(await it.store.listImages(), [...it.ids]);
});

for (const status of [403, 404]) {
  Deno.test(`behaviour 8: one project that answers ${status} is told of, and the others are listed`, async () => {
    await using it = await setting();
    it.server.faults.inject({ status, route: /projects\/CLOSED\//, times: Infinity });
    it.server.seed.scan(["CLOSED", "s", "Ce", "1"]);
    const warnings: VfsError[] = [];
    const store = it.open({
      project: ["CLOSED", "P"],
      onWarning: (warning) => warnings.push(warning),
    });
    assert.deepEqual(await store.listImages(), [...it.ids]);
    assert.deepEqual(
      warnings.map(({ kind }) => kind),
      [status === 403 ? "PermissionDenied" : "NotFound"],
    );
    assert.match(warnings[0]!.url, /\/CLOSED/);
  });
}

Deno.test("listImages() of the only project throws when that cannot be listed", async () => {
  await using it = await setting();
  await assert.rejects(it.open({ project: "NONE" }).listImages(), isKind("NotFound"));
});

Deno.test("an xnat: URL may name context and project", async () => {
  await using it = await setting({ server: { contextPath: "/x" } });
  const origin = `xnat+http://admin:admin@127.0.0.1:${it.server.port}`;
  for (const apiUrl of [`${origin}/~x/P`, `${origin.replace("xnat+", "")}/x/`]) {
    const store = it.open({ apiUrl, project: apiUrl.endsWith("P") ? undefined : "P" });
    assert.deepEqual(await store.listImages(), [...it.ids]);
  }
  await assert.rejects(it.open({ apiUrl: "file:///x" }).listImages(), isKind("InvalidUrl"));
});

Deno.test("what viewers draw and store as scans is no image, unless a filter names it", async () => {
  await using it = await setting();
  const scan = (id: string, xsiType: string, fields: Record<string, string>) =>
    it.server.seed.scan(["F", "s", "ses", id], { xsiType, fields });
  it.server.seed.session(["F", "s", "ses"], { fields: { modality: "CT" } });
  scan("11", "xnat:ctScanData", { modality: "CT", type: "CT Tumor" });
  scan("12", "xnat:scScanData", {});
  // What a series is called says nothing where the kind is known.
  scan("13", "xnat:ctScanData", { type: "PLAN" });
  // As XNAT's readers store them, before and after their headers are looked at.
  scan("3011", "xnat:segScanData", { type: "SEG" });
  scan("3012", "xnat:segScanData", {});
  scan("3111", "xnat:otherDicomScanData", { modality: "SEG", type: "Lesion" });
  scan("4011", "xnat:rtImageScanData", { type: "RTSTRUCT" });
  scan("99", "xnat:srScanData", {});
  const scans = async (filter?: NonNullable<Parameters<typeof it.open>[0]>["filter"]) =>
    (await it.open({ project: "F", filter }).listImages()).map((id) => id.split("/")[3]).sort();
  assert.deepEqual(await scans(), ["11", "12", "13"]);
  assert.deepEqual(await scans({ date: { to: "2999-01-01" } }), []);
  assert.deepEqual(await scans({ modality: ["SEG"] }), ["3011", "3012", "3111"]);
  assert.deepEqual(await scans({ type: ["RTSTRUCT"] }), ["4011"]);
});

Deno.test("filters keep scans by modality, type, quality and date", async () => {
  await using it = await setting();
  const { seed } = it.server;
  const scan = (session: string, id: string, fields: Record<string, string>, xsiType: string) =>
    seed.scan(["F", "s", session, id], { xsiType, fields });
  seed.session(["F", "s", "old"], { fields: { date: "2020-01-01" } });
  seed.session(["F", "s", "new"], { fields: { date: "2024-06-30" } });
  scan("old", "1", { type: "T1", quality: "usable" }, "xnat:mrScanData");
  scan("new", "2", { type: "T2", quality: "questionable" }, "xnat:mrScanData");
  scan("new", "3", { type: "T1", quality: "usable" }, "xnat:ctScanData");
  const scans = async (filter: NonNullable<Parameters<typeof it.open>[0]>["filter"]) =>
    (await it.open({ project: "F", filter }).listImages()).map((id) => id.split("/")[3]).sort();
  assert.deepEqual(await scans(undefined), ["1", "2", "3"]);
  assert.deepEqual(await scans({ modality: ["mr"] }), ["1", "2"]);
  assert.deepEqual(await scans({ type: ["T1"] }), ["1", "3"]);
  assert.deepEqual(await scans({ quality: ["usable"], modality: ["CT"] }), ["3"]);
  assert.deepEqual(await scans({ date: { from: "2024-01-01" } }), ["2", "3"]);
  assert.deepEqual(await scans({ date: { to: "2020-01-01" } }), ["1"]);
});
