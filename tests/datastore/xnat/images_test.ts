/** Behaviours 9 to 20 and 44: images. */

import { normalize } from "@std/path";
import { strict as assert } from "node:assert";
import { zipSync } from "fflate";
import { ImageNotFound } from "../../../datastore/mod.ts";
import { manualClock } from "../../../testing/mod.ts";
import { bytesOf, isKind } from "../_contract.ts";
import { axialSeries, SLICES } from "../_mask.ts";
import { readZip } from "../_zip.ts";
import { setting } from "./_kit.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const CONTENT = /scans\/[^/]+\/resources\/[^/]+\/files\/./;

Deno.test("behaviour 9: getImageInfo() of a scan has project, subject, experiment and scan", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  const [project, subject, experiment, scan] = id.split("/");
  const info = await it.store.getImageInfo(id);
  assert.deepEqual(
    [info.project, info.subject, info.experiment, info.scan],
    [project, subject, experiment, scan],
  );
  assert.deepEqual([info.Modality, info.StudyDate, info.session], ["CT", "20190207", "ses1"]);
});

Deno.test("behaviour 10: getImageInfo() of an unknown scan is {}", async () => {
  await using it = await setting();
  assert.deepEqual(await it.store.getImageInfo(it.ids[0]!.replace(/2$/, "77")), {});
});

Deno.test("a SeriesInstanceUID means its scan", async () => {
  await using it = await setting();
  const { SeriesInstanceUID } = await it.store.getImageInfo(it.ids[1]!);
  assert.match(String(SeriesInstanceUID), /^2\.25\.\d+$/);
  assert.equal((await it.store.getImageInfo(String(SeriesInstanceUID))).session, "ses2");
});

Deno.test("labels of subject and session mean their scan, in what is saved too", async () => {
  await using it = await setting();
  const scan = it.ids[1]!.split("/").at(-1);
  const file = { bytes: new TextEncoder().encode("<a/>"), extension: ".xml" };
  const named = `P/sub2/ses2/${scan}`;
  assert.deepEqual(await it.store.getImageInfo(named), await it.store.getImageInfo(it.ids[1]!));
  assert.equal(await it.store.saveLabel(named, file, "final"), it.ids[1]);
  assert.deepEqual(Object.keys(await it.store.getLabelsByImageId(named)), ["final"]);
  assert.deepEqual(await it.store.getImageInfo(named.replace("sub2", "sub1")), {});
});

Deno.test("behaviour 11: an id with a fifth part means the same scan", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  assert.deepEqual(await it.store.getImageInfo(`${id}/SESS`), await it.store.getImageInfo(id));
});

Deno.test("behaviour 12: an id with too few parts or .. is not found, without request or file", async () => {
  await using it = await setting();
  await it.store.listImages();
  it.server.requests.clear();
  for (const id of ["P/S/E", "P/../E/1", "../../../E1/1", "P/S/E/..", "P/S/E/2/.."]) {
    await assert.rejects(it.store.getImage(id), ImageNotFound);
    await assert.rejects(it.store.updateImageInfo(id, {}), ImageNotFound);
    assert.equal(await it.store.getImageUri(id), "");
  }
  assert.equal(it.server.requests.count, 0);
  assert.deepEqual(names(it.folder), ["cache"]);
  assert.throws(() => Deno.statSync(`${it.folder}/cache/files`), Deno.errors.NotFound);
});

Deno.test("behaviour 13: getImageUri() of a new scan gives a flat folder of all its instances", async () => {
  await using it = await setting();
  const folder = await it.store.getImageUri(it.ids[0]!);
  assert.equal(names(folder).length, SLICES);
  assert.ok(names(folder).every((name) => name.endsWith(".dcm")));
  const here = new Set(names(folder).map((name) => Deno.readFileSync(`${folder}/${name}`).length));
  assert.deepEqual(here, new Set((await axialSeries()).map(({ bytes }) => bytes.length)));
});

Deno.test("behaviour 14: getImageUri() of a cached scan downloads nothing", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  const folder = await it.store.getImageUri(id);
  it.server.requests.clear();
  assert.equal(await it.store.getImageUri(id), folder);
  assert.equal(it.server.requests.count, 0);
  const later = it.open();
  assert.equal(await later.getImageUri(id), folder);
  assert.equal(it.server.requests.total(CONTENT).requests, 0);
});

/** A mount of the archive with one file in the DICOM folder of scan 2 of `ses1`. */
async function mounted(folder: string): Promise<string> {
  const scan = `${folder}/archive/P/arc001/ses1/SCANS/2/DICOM`;
  await Deno.mkdir(scan, { recursive: true });
  await Deno.writeTextFile(`${scan}/DICOM_catalog.xml`, "<cat/>");
  await Deno.writeTextFile(`${scan}/1.dcm`, "x");
  return scan;
}

Deno.test("behaviour 15: with assetPath the scan's folder there is given, without a request", async () => {
  await using it = await setting();
  const scan = await mounted(it.folder);
  const archive = `${it.folder}/archive`;
  for (const assetPath of [archive, { "P/arc001": `${archive}/P/arc001`, "": "/nowhere" }]) {
    const store = it.open({ assetPath });
    await store.listImages();
    it.server.requests.clear();
    assert.equal(await store.getImageUri(it.ids[0]!), normalize(scan));
    assert.equal(it.server.requests.count, 0);
  }
});

Deno.test("behaviour 16: a scan that is not at assetPath, or has only a catalog there, is downloaded", async () => {
  await using it = await setting();
  const scan = await mounted(it.folder);
  const store = it.open({ assetPath: `${it.folder}/archive` });
  assert.equal(names(await store.getImageUri(it.ids[1]!)).length, SLICES);
  await Deno.remove(`${scan}/1.dcm`);
  assert.equal(names(await store.getImageUri(it.ids[0]!)).length, SLICES);
});

Deno.test("behaviour 17: outside of the projects everything is empty, without a request", async () => {
  const clock = manualClock();
  await using it = await setting({ clock });
  it.server.seed.scan(["OTHER", "s", "Oe", "1"]);
  await it.store.listImages();
  const [id] = await it.open({ project: "OTHER" }).listImages() as [string];
  await clock.advance(30_000);
  it.server.requests.clear();
  assert.equal(await it.store.getImageUri(id), "");
  assert.deepEqual(await it.store.getImageInfo(id), {});
  assert.equal(await it.store.getLabelUri(id, "final"), "");
  const file = { bytes: new Uint8Array(4), extension: ".bin" };
  await assert.rejects(it.store.saveLabel(id, file, "final"), ImageNotFound);
  assert.equal(it.server.requests.count, 0);
});

Deno.test("behaviour 18: getImage() gives a ZIP of the scan", async () => {
  await using it = await setting();
  const files = await readZip(await it.store.getImage(it.ids[0]!));
  const found = [...files.values()].map(({ length }) => length).sort();
  assert.deepEqual(found, (await axialSeries()).map(({ bytes }) => bytes.length).sort());
});

Deno.test("behaviour 19: a 5xx during the download is an error, and nothing is taken for the image", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  await it.store.listImages();
  it.server.faults.inject({
    status: 500,
    method: "GET",
    route: CONTENT,
    after: 1,
    times: Infinity,
  });
  await assert.rejects(it.store.getImageUri(id), isKind("Unavailable"));
  await assert.rejects(it.store.getImage(id), isKind("Unavailable"));
  it.server.faults.clear();
  assert.equal(names(await it.store.getImageUri(id)).length, SLICES);
});

Deno.test("a download that broke off is taken up where it was, and damaged files are fetched anew", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  await it.store.listImages();
  it.server.faults.inject({ status: 500, method: "GET", route: CONTENT, after: 3, times: 1 });
  await assert.rejects(it.store.getImageUri(id));
  const partial = `${it.folder}/cache/${names(`${it.folder}/cache`)[0]}/files/images/P/${
    id.split("/")[2]
  }/2/partial`;
  const kept = names(partial);
  assert.ok(kept.length >= 1, "nothing was kept");
  const { size } = await Deno.stat(`${partial}/${kept[0]}`);
  await Deno.writeFile(`${partial}/${kept[0]}`, new Uint8Array(size));
  it.server.requests.clear();
  const folder = await it.store.getImageUri(id);
  assert.equal(it.server.requests.total(CONTENT).requests, SLICES - kept.length + 1);
  assert.ok(names(folder).every((name) => Deno.readFileSync(`${folder}/${name}`)[128] === 0x44));
});

Deno.test("behaviour 20: instances without .dcm, or with equal names in two resources, are all there", async () => {
  await using it = await setting();
  const scan = ["Q", "s", "Qe", "1"];
  const bytes = new TextEncoder().encode("not the same");
  for (const [i, path] of [["a"], ["A.dcm"], ["sub", "a.DCM"]].entries()) {
    await it.server.seed.file([...scan, "DICOM", ...path], bytes.subarray(i), { format: "DICOM" });
  }
  await it.server.seed.file([...scan, "secondary", "a"], bytes.subarray(3), { format: "DICOM" });
  await it.server.seed.file([...scan, "SNAPSHOTS", "x.gif"], bytes);
  const store = it.open({ project: "Q" });
  const folder = await store.getImageUri((await store.listImages())[0]!);
  const sizes = names(folder).map((name) => Deno.statSync(`${folder}/${name}`).size);
  assert.deepEqual(new Set(sizes), new Set([9, 10, 11, 12]));
  assert.equal(new Set(names(folder).map((name) => name.toLowerCase())).size, 4);
});

Deno.test("behaviour 44: four parallel getImageUri() of one scan: one download, four equal results", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  const other = it.open();
  await Promise.all([it.store.listImages(), other.listImages()]);
  it.server.requests.clear();
  const stores = [it.store, it.store, other, other];
  const folders = await Promise.all(stores.map((store) => store.getImageUri(id)));
  assert.equal(new Set(folders).size, 1);
  assert.equal(it.server.requests.total(CONTENT).requests, SLICES);
  assert.equal(names(folders[0]!).length, SLICES);
});

Deno.test("a scan that was changed on the server is fetched anew after refresh()", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  assert.equal(names(await it.store.getImageUri(id)).length, SLICES);
  await it.server.seed.file(["P", "sub1", "ses1", "2", "DICOM", "more.dcm"], new Uint8Array(9));
  assert.equal(names(await it.store.getImageUri(id)).length, SLICES);
  await it.store.refresh();
  assert.equal(names(await it.store.getImageUri(id)).length, SLICES + 1);
});

Deno.test("a scan without DICOM gives its NIfTI file", async () => {
  await using it = await setting();
  const bytes = new TextEncoder().encode("nifti");
  await it.server.seed.file(["Q", "s", "Qe", "1", "NIFTI", "t1.nii.gz"], bytes);
  const store = it.open({ project: "Q" });
  const [id] = await store.listImages() as [string];
  assert.match(await store.getImageUri(id), /\/t1\.nii\.gz$/);
  assert.deepEqual(await bytesOf(await store.getImage(id)), bytes);
  assert.equal(await store.getImageVolume(id), undefined);
  await store.saveLabel(id, { bytes, extension: ".xml" }, "final");
  const names = [...(await readZip(await store.getDatasetArchive())).keys()];
  assert.match(names[0]!, /^image\/Q_XNAT_E\d+_1\.nii\.gz$/);
});

Deno.test("addImage() of a ZIP stores the files in it, from the disk or from memory", async () => {
  await using it = await setting();
  const files = await axialSeries(3);
  const members = files.map(({ name, bytes }) => [`study/${name}.dcm`, bytes] as const);
  const zip = new Uint8Array(zipSync(Object.fromEntries(members)));
  const path = `${it.folder}/series.zip`;
  await Deno.writeFile(path, zip);
  for (const [i, file] of [path, { bytes: zip, extension: ".ZIP" }].entries()) {
    const id = await it.store.addImage(`P/new/zip${i}/7`, file);
    const stored = await it.files(`${id}/DICOM`);
    assert.deepEqual(stored.sort(), members.map(([name]) => name).sort());
    assert.ok(await it.store.getImageVolume(id));
  }
  const cut = { bytes: zip.slice(0, -20), extension: ".zip" };
  await assert.rejects(it.store.addImage("P/new/zip3/7", cut), isKind("Corrupt"));
  assert.equal((await it.store.listImages()).length, 4);
});

Deno.test("addImage() makes what is missing, of a folder or of bytes, and gives the id", async () => {
  await using it = await setting();
  const folder = await it.store.getImageUri(it.ids[0]!);
  const id = await it.store.addImage("P/new sub/new_ses/7", folder, { note: "x" });
  assert.match(id, /^P\/XNAT_S\d+\/XNAT_E\d+\/7$/);
  assert.equal((await it.store.getImageInfo(id)).note, "x");
  assert.equal(names(await it.store.getImageUri(id)).length, SLICES);
  const nifti = { bytes: new Uint8Array(9), extension: ".nii" };
  const second = await it.store.addImage(id.replace(/7$/, "8"), nifti);
  assert.match(await it.store.getImageUri(second), /\.nii$/);
  assert.ok((await it.store.listImages()).includes(second));
});

for (
  const [id, file, kind] of [
    [undefined, { bytes: new Uint8Array(9), extension: ".dcm" }, "InvalidArgument"],
    ["P/s/e", { bytes: new Uint8Array(9), extension: ".dcm" }, "InvalidArgument"],
    ["OTHER/s/e/1", { bytes: new Uint8Array(9), extension: ".dcm" }, "InvalidArgument"],
    ["P/s/e/1", { bytes: new Uint8Array(), extension: ".dcm" }, "InvalidArgument"],
    ["P/s/e/1", "memory:///none.dcm", "NotFound"],
  ] as const
) {
  Deno.test(`bad input: addImage() of ${id} and ${JSON.stringify(file)} is ${kind}, and makes nothing`, async () => {
    await using it = await setting();
    await assert.rejects(it.store.addImage(id, file), isKind(kind));
    it.server.requests.clear();
    assert.deepEqual(await it.store.listImages(), [...it.ids]);
  });
}
