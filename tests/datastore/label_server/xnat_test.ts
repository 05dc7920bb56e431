import { basename } from "@std/path";
import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { labelHandler } from "../../../datastore/label_server/mod.ts";
import { openNifti } from "../../../datastore/segmentation/nifti.ts";
import type { Datastore } from "../../../datastore/mod.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { geometry, maskOf, SLICES } from "../_mask.ts";
import { readZip } from "../_zip.ts";
import { type Setting, setting } from "../xnat/_kit.ts";

const handlerOf = (datastore: Datastore, files: Vfs) => {
  const errors: unknown[] = [];
  const handler = labelHandler({ datastore, files, onError: (error) => errors.push(error) });
  return {
    errors,
    settled: () => handler.settled(),
    ask: (method: string, path: string, init: RequestInit = {}) =>
      handler.handle(new Request(`http://127.0.0.1${path}`, { ...init, method })),
  };
};

/** Removes the file of a slice from the server. */
async function removeSlice(it: Setting, id: string, at: number): Promise<void> {
  const { slices } = await geometry(1);
  const uid = slices.at(at)!.sopInstanceUID;
  for (const name of await it.files(`${id}/DICOM`)) {
    const url = it.url(`${id}/DICOM/${name}`);
    const header = await it.vfs.readDicomHeader(url);
    if (header.string("SOPInstanceUID") === uid) await it.vfs.remove(url);
  }
}

Deno.test("GET /datastore/image gives a scan of DICOM files as one NIfTI on the grid of its series", async () => {
  await using it = await setting();
  const { ask, errors } = handlerOf(it.store, it.vfs);
  const path = `/datastore/image?image=${encodeURIComponent(it.ids[0]!)}`;
  const answer = await ask("GET", path);
  assert.equal(
    answer.headers.get("content-disposition"),
    'attachment; filename="P_XNAT_S00001_XNAT_E00001_2.nii.gz"',
  );
  const file = new Uint8Array(await answer.arrayBuffer());
  assert.equal(answer.headers.get("content-length"), String(file.length));
  const sha256 = createHash("sha256").update(file).digest("hex");
  assert.equal(answer.headers.get("etag"), `"${sha256}"`);
  const { grid } = await openNifti(file, {});
  const { shape, origin } = await geometry(1);
  assert.deepEqual([grid.shape, grid.origin.map(Math.fround)], [shape, origin.map(Math.fround)]);
  assert.equal(gunzipSync(file).length, 352 + 128 * 128 * SLICES * 2);

  const part = await ask("GET", path, {
    headers: { range: "bytes=2-9", "if-range": `"${sha256}"` },
  });
  assert.equal(part.status, 206);
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), file.subarray(2, 10));
  const known = await ask("GET", path, { headers: { "if-none-match": `"${sha256}"` } });
  assert.equal(known.status, 304);
  assert.equal((await ask("HEAD", `${path}&check_sum=SHA256:${sha256}`)).status, 200);
  assert.equal((await ask("HEAD", `${path}&check_sum=SHA256:${"0".repeat(64)}`)).status, 404);
  assert.deepEqual(errors, []);
});

Deno.test("POST /activelearning/first gives a volume that viewers load from here or fetch, and what OHIF shows", async () => {
  await using it = await setting();
  const { ask, settled } = handlerOf(it.store, it.vfs);
  const sample = await (await ask("POST", "/activelearning/first")).json();
  const file = await Deno.readFile(sample.path);
  assert.equal(sample.checksum, `SHA256:${createHash("sha256").update(file).digest("hex")}`);
  assert.equal(sample.name, "P_XNAT_S00001_XNAT_E00001_2.nii.gz");
  assert.equal(basename(sample.path), sample.name);
  const { header } = await geometry(1);
  const shown = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "StudyTime", "Modality"];
  for (const name of shown) assert.equal(sample[name], header.string(name), name);
  assert.equal(sample.StudyDate, header.string("StudyDate"));
  assert.deepEqual([sample.id, sample.project, sample.scan], [it.ids[0], "P", "2"]);
  await settled();
});

Deno.test("GET /datastore/?output=all names images as they are fetched, for 3D Slicer's reviewer", async () => {
  await using it = await setting();
  const { ask } = handlerOf(it.store, it.vfs);
  const [id] = it.ids as [string];
  await it.store.saveLabel(id, { bytes: await maskOf(1), extension: ".nii.gz" }, "version_1");
  const { objects } = await (await ask("GET", "/datastore/?output=all")).json();
  const { image, labels } = objects[id];
  const fetched = await ask("GET", `/datastore/image?image=${encodeURIComponent(id)}`);
  await fetched.body?.cancel();
  const said = fetched.headers.get("content-disposition");
  assert.equal(said, `attachment; filename="${image.info.name}"`);
  assert.match(labels.version_1.info.name, /\.nii\.gz$/);
});

Deno.test("a SeriesInstanceUID names the image in every request", async () => {
  await using it = await setting();
  const { ask, settled } = handlerOf(it.store, it.vfs);
  const next = async (client_id: string) => {
    const body = JSON.stringify({ client_id });
    return (await (await ask("POST", "/activelearning/first", { body })).json()).id;
  };
  assert.deepEqual([await next("ann"), await next("bob"), await next("cleo")], [
    ...it.ids,
    undefined,
  ]);
  await settled();
  const { seriesInstanceUID: uid } = await geometry(2);
  assert.equal((await ask("HEAD", `/datastore/image?image=${uid}`)).status, 200);
  const info = await (await ask("GET", `/datastore/image/info?image=${uid}`)).json();
  assert.deepEqual([info.experiment, info.SeriesInstanceUID], [it.ids[1]!.split("/")[2], uid]);
  const body = new FormData();
  body.set("label", new File([await maskOf(6, 40, 2)], "drawn.nii.gz"));
  body.set("params", JSON.stringify({ label_info: [{ name: "liver", idx: 6 }] }));
  const saved = await ask("PUT", `/datastore/label?image=${uid}`, { body });
  assert.deepEqual(await saved.json(), { image: uid, label: it.ids[1] });
  const label = await ask("GET", `/datastore/label?label=${uid}&tag=final`);
  assert.deepEqual(new Uint8Array(await label.arrayBuffer()), await maskOf(6, 40, 2));
  assert.equal((await ask("DELETE", `/datastore/label?id=${uid}&tag=final`)).status, 200);
  assert.deepEqual(await it.store.getLabeledImages(), []);
  assert.equal(await next("cleo"), it.ids[1], "who labelled it has let it go");
  await settled();
});

Deno.test("a volume is made once for all who ask, and again when the scan has changed", async () => {
  await using it = await setting();
  const [id = ""] = it.ids;
  const all = await Promise.all([1, 2, 3, 4].map(() => it.store.getImageVolume(id)));
  assert.deepEqual(new Set(all.map((volume) => JSON.stringify(volume))).size, 1);
  const { path, sha256 } = all[0]!;
  const made = (await Deno.stat(path)).mtime;
  it.server.requests.clear();
  await it.store.getImageVolume(id);
  assert.equal(it.server.requests.count, 0);
  assert.equal((await it.open().getImageVolume(id))?.path, path);
  assert.deepEqual((await Deno.stat(path)).mtime, made);

  await removeSlice(it, id, -1);
  await it.store.refresh();
  const after = await it.store.getImageVolume(id);
  assert.notEqual(after?.sha256, sha256);
  assert.equal(
    gunzipSync(await Deno.readFile(after!.path)).length,
    352 + 128 * 128 * (SLICES - 1) * 2,
  );
});

Deno.test("a scan whose files are no volume is a ZIP of them, and onWarning tells why", async () => {
  const warnings: string[] = [];
  await using it = await setting({ onWarning: ({ message }) => warnings.push(message) });
  await removeSlice(it, it.ids[0]!, 1);
  const { ask, settled } = handlerOf(it.store, it.vfs);
  const answer = await ask("GET", `/datastore/image?image=${it.ids[0]}`);
  assert.equal(answer.headers.get("content-type"), "application/zip");
  assert.equal((await readZip(answer.body!)).size, SLICES - 1);
  assert.match(warnings[0]!, /1 of its slices are missing/);
  const sample = await (await ask("POST", "/activelearning/first")).json();
  assert.equal(sample.name, "P_XNAT_S00001_XNAT_E00001_2.zip");
  assert.equal(sample.checksum, undefined);
  assert.ok((await Deno.stat(sample.path)).isDirectory);
  await settled();
});

Deno.test("volumes go from the cache when it is too large, and leave no files of a broken attempt", async () => {
  await using it = await setting({ cacheBytes: 1 });
  const [one, two] = it.ids;
  const first = await it.store.getImageVolume(one!);
  await it.store.getImageVolume(two!);
  await assert.rejects(async () => await Deno.stat(first!.path), Deno.errors.NotFound);

  const abort = new AbortController();
  abort.abort();
  await assert.rejects(it.store.getImageVolume(one!, { signal: abort.signal }));
  assert.ok(await it.store.getImageVolume(one!));
});
