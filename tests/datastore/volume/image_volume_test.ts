import { strict as assert } from "node:assert";
import { gunzipSync } from "node:zlib";
import { imageVolume, volumeFilling } from "../../../datastore/volume/image_volume.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { parseLocation } from "../../../vfs/location/location.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { isKind } from "../_contract.ts";
import { files, images, noise, whole } from "./_pixels.ts";
import { seriesVolume } from "../../../datastore/volume/series_volume.ts";

const FROM = "memory:///series";
const INTO = parseLocation("memory:///volume").location;

async function withSeries(
  all: readonly Uint8Array<ArrayBuffer>[],
  work: (vfs: Vfs) => Promise<void>,
): Promise<void> {
  await using vfs = createVfs();
  for (const [i, bytes] of all.entries()) await vfs.writeFile(`${FROM}/${i}.dcm`, bytes);
  await vfs.writeFile(`${FROM}/scan_2_catalog.xml`, "<cat:DCMCatalog/>");
  await work(vfs);
}

Deno.test("volumeFilling() keeps the volume of a folder, its digest and what its headers say", async () => {
  const all = files({}, noise);
  await withSeries(all, async (vfs) => {
    const filling = await volumeFilling(vfs, FROM, "ct.nii.gz", {});
    const { bytes, files } = await filling.fill(INTO, {});
    const { path, sha256, facts } = await imageVolume(vfs, INTO.href, {});
    const file = await vfs.readFile(path);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file)).toHex();
    assert.deepEqual([path, sha256, files], [`${INTO.href}/ct.nii.gz`, digest, 2]);
    assert.equal(bytes, file.length + (await vfs.stat(INTO.child("volume.json"))).size!);
    assert.deepEqual(
      new Uint8Array(gunzipSync(file)),
      await whole(seriesVolume(images(all)).content()),
    );
    assert.deepEqual(facts, {
      PatientID: "P1",
      StudyInstanceUID: "2.25.1",
      SeriesInstanceUID: "2.25.2",
      StudyDate: "20190207",
      StudyTime: "091500",
      Modality: "CT",
    });
    assert.equal(
      (await volumeFilling(vfs, FROM, "ct.nii.gz", {})).fingerprint,
      filling.fingerprint,
    );
    await vfs.writeFile(`${FROM}/0.dcm`, all[0]!);
    assert.notEqual(
      (await volumeFilling(vfs, FROM, "ct.nii.gz", {})).fingerprint,
      filling.fingerprint,
    );
  });
});

Deno.test("volumeFilling() of a series whose last slice is cut leaves no volume", async () => {
  const all = files({}, (slice) => noise(slice, slice === 4 ? 70 : 77));
  await withSeries(all, async (vfs) => {
    const filling = await volumeFilling(vfs, FROM, "ct.nii.gz", {});
    await assert.rejects(filling.fill(INTO, {}), isKind("Corrupt"));
    assert.equal(await vfs.exists(INTO.child("ct.nii.gz")), false);
  });
});

Deno.test("volumeFilling() that is aborted on its way leaves no volume", async () => {
  await withSeries(files({}, noise), async (vfs) => {
    const abort = new AbortController();
    const readFile = vfs.readFile.bind(vfs);
    vfs.readFile = (where, options) => {
      abort.abort();
      return readFile(where, options);
    };
    const filling = await volumeFilling(vfs, FROM, "ct.nii.gz", {});
    await assert.rejects(filling.fill(INTO, { signal: abort.signal }), isKind("Aborted"));
    assert.equal(abort.signal.aborted, true);
    assert.equal(await vfs.exists(INTO.child("ct.nii.gz")), false);
  });
});
