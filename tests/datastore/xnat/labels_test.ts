/** Behaviours 21, 24, 25 and 45, saving that fails, and labels that MONAI Label stored. */

import { strict as assert } from "node:assert";
import { ImageNotFound, LabelNotFound, LabelNotSaved, segmentsOf } from "../../../datastore/mod.ts";
import { manualClock } from "../../../testing/manual_clock.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { bytesOf, isKind, label } from "../_contract.ts";
import { until } from "../../until.ts";
import { maskOf } from "../_mask.ts";
import { type Setting, setting } from "./_kit.ts";

const PUT_FILE = { method: "PUT", route: /resources\/[^/]+\/files/ };
const PUT_SEG = { method: "PUT", route: /xapi\/roi/ };

/** Paths of labels and collections of the first session. */
async function stored(it: Setting): Promise<string[]> {
  return (await it.files("P/sub1/ses1")).filter((path) => !path.includes("/DICOM/"));
}

/** The path of a label by that of its record. */
const nii = (record: string) => record.replace(".info.json", ".nii.gz");

/** The segments of the one segmentation there is. */
async function segments(it: Setting) {
  const [seg] = (await stored(it)).filter((path) => path.startsWith(".assessors/"));
  return await segmentsOf(await it.vfs.readFile(it.url(`P/sub1/ses1/${seg}`)));
}

Deno.test("behaviour 21: a NIfTI label is a file in the scan's resource AI and a SEG collection, named by tag and session", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  const saved = await label();
  await it.store.saveLabel(id, saved, "final", { model: "m" });
  const [collection, info, file, ...others] = await stored(it);
  assert.deepEqual(others, []);
  assert.match(collection!, /^\.assessors\/AI-XNAT_E00001-2-final-0001-[0-9a-f]{8}\/SEG\/.*\.dcm$/);
  assert.match(info!, /^2\/AI\/final\/0001-[0-9a-f]{8}\.info\.json$/);
  assert.equal(file, info!.replace(".info.json", ".nii.gz"));
  assert.deepEqual(await it.vfs.readFile(it.url(`P/sub1/ses1/${file}`)), saved.bytes);
});

Deno.test("behaviour 24: without a model the model is NoModel, also with params null", async () => {
  await using it = await setting({ segmentations: false });
  await it.store.saveLabel(it.ids[0]!, await label(), "final", { params: null });
  const info = await it.store.getLabelInfo(it.ids[0]!, "final");
  assert.deepEqual([info.model, info.author, info.size], [
    "NoModel",
    "admin",
    (await label()).bytes.length,
  ]);
  assert.match(String(info.time), /^\d{4}-\d\d-\d\dT/);
});

for (
  const [what, info, name] of [
    [
      "label_info",
      { label_info: [{ name: "spleen", idx: 1 }, { name: "liver", idx: 6 }] },
      "liver",
    ],
    ["params.label_names", { params: { label_names: { spleen: 1, liver: 6 } } }, "liver"],
    ["nothing", {}, "Segment_6"],
  ] as const
) {
  Deno.test(`behaviour 25: a mask with only the value 6 has a segment named after 6, by ${what}`, async () => {
    await using it = await setting();
    await it.store.saveLabel(it.ids[0]!, await label(6), "final", info);
    const found = (await segments(it)).filter(({ value }) => value === 6);
    assert.deepEqual(found.map(({ label }) => label), [name]);
  });
}

Deno.test("behaviour 45: when the session ends in the middle of a save, one login later it is saved", async () => {
  for (const fault of [PUT_FILE, PUT_SEG, { ...PUT_FILE, after: 1 }]) {
    await using it = await setting();
    await it.store.getImageUri(it.ids[0]!);
    it.server.faults.inject({ ...fault, expire: true });
    it.server.requests.clear();
    await it.store.saveLabel(it.ids[0]!, await label(), "final");
    assert.equal(it.server.faults.pending, 0);
    assert.equal((await stored(it)).length, 3);
    assert.equal((await it.open().status()).completed, 1);
  }
});

for (
  const [part, fault] of [
    ["file", { ...PUT_FILE, status: 500 }],
    ["file", { ...PUT_FILE, status: 403 }],
    ["segmentation", { ...PUT_SEG, status: 500 }],
    ["segmentation", { ...PUT_SEG, status: 422 }],
    ["record", { ...PUT_FILE, after: 1, status: 500 }],
  ] as const
) {
  Deno.test(`saveLabel() that fails with ${fault.status} at the ${part} says so, and leaves nothing new`, async () => {
    await using it = await setting();
    const [id] = it.ids as [string];
    const first = await label(1);
    await it.store.saveLabel(id, first, "final", { model: "first" });
    const before = await stored(it);
    it.server.faults.inject(fault);
    await assert.rejects(it.store.saveLabel(id, await label(2), "final"), (error) => {
      assert.ok(error instanceof LabelNotSaved);
      assert.equal(error.part, part);
      assert.deepEqual(error.left, []);
      assert.match(error.message, new RegExp(`the ${part} was not stored`));
      return true;
    });
    assert.deepEqual(await stored(it), before);
    for (const store of [it.store, it.open()]) {
      assert.deepEqual((await store.status()).label_tags, { final: 1 });
      assert.deepEqual(await bytesOf(await store.getLabel(id, "final")), first.bytes);
    }
  });
}

Deno.test("saveLabel() saves after a label of a number that nobody has counted to", async () => {
  await using it = await setting({ segmentations: false });
  const [id] = it.ids as [string];
  const saved = await label();
  await it.store.saveLabel(id, saved, "final", { model: "m" });
  const [record] = await stored(it);
  const planted = record!.replace("0001-", `${"9".repeat(12)}-`);
  for (const [from, to] of [[record!, planted], [nii(record!), nii(planted)]] as const) {
    await it.vfs.copy(it.url(`P/sub1/ses1/${from}`), it.url(`P/sub1/ses1/${to}`));
  }
  const other = await label(2);
  await it.open().saveLabel(id, other, "final", { model: "other" });
  const store = it.open();
  assert.equal((await store.getLabelInfo(id, "final")).model, "other");
  assert.deepEqual(await bytesOf(await store.getLabel(id, "final")), other.bytes);
});

Deno.test("saveLabel() names what it could not take away again, which nobody takes for a label", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  it.server.faults.inject({ ...PUT_SEG, status: 500 });
  it.server.faults.inject({ method: "DELETE", route: /files/, status: 500, times: Infinity });
  await assert.rejects(it.store.saveLabel(id, await label(), "final"), (error) => {
    assert.ok(error instanceof LabelNotSaved);
    assert.equal(error.left.length, 1);
    return true;
  });
  it.server.faults.clear();
  assert.equal((await stored(it)).length, 1);
  for (const store of [it.store, it.open()]) assert.equal((await store.status()).completed, 0);
  // The next label takes it away.
  await it.store.saveLabel(id, await label(), "final");
  assert.equal((await stored(it)).length, 3);
});

Deno.test("saveLabel() that is aborted in the middle settles soon, and leaves nothing new", async () => {
  await using it = await setting();
  const [id] = it.ids as [string];
  const first = await label(1);
  await it.store.saveLabel(id, first, "final");
  const before = await stored(it);
  it.server.requests.clear();
  it.server.faults.inject({ ...PUT_SEG, stall: 0 });
  const stop = new AbortController();
  const saving = it.store.saveLabel(id, await label(2), "final", {}, { signal: stop.signal });
  await until(() => it.server.requests.total(PUT_SEG.route).requests > 0);
  stop.abort();
  await assert.rejects(saving, isKind("Aborted"));
  it.server.faults.clear();
  assert.deepEqual(await stored(it), before);
  assert.deepEqual(await bytesOf(await it.store.getLabel(id, "final")), first.bytes);
});

Deno.test("bad input: a mask whose grid does not fit the series is refused before anything is stored", async () => {
  await using it = await setting();
  const bytes = await maskOf(6);
  const { gunzipSync, gzipSync } = await import("node:zlib");
  const moved = gunzipSync(bytes);
  new DataView(moved.buffer, moved.byteOffset).setFloat32(280 + 12, 999, true);
  const file = { bytes: new Uint8Array(gzipSync(moved)), extension: ".nii.gz" };
  await assert.rejects(it.store.saveLabel(it.ids[0]!, file, "final"), isKind("InvalidArgument"));
  assert.deepEqual(await stored(it), []);
});

Deno.test("without the ROI plugin a NIfTI label is not saved, unless segmentations are off", async () => {
  await using it = await setting({ server: { plugins: [] } });
  const [id] = it.ids as [string];
  await assert.rejects(it.store.saveLabel(id, await label(), "final"), isKind("NotSupported"));
  assert.deepEqual(await stored(it), []);
  await it.open({ segmentations: false }).saveLabel(id, await label(), "final");
  assert.equal((await stored(it)).length, 2);
});

Deno.test("a NIfTI label on a scan without DICOM is stored without a segmentation", async () => {
  await using it = await setting();
  const bytes = (await label()).bytes;
  await it.server.seed.file(["P", "sub1", "ses1", "3", "NIFTI", "t1.nii.gz"], bytes);
  const id = it.ids[0]!.replace(/2$/, "3");
  await it.store.saveLabel(id, await label(), "final");
  const paths = (await stored(it)).filter((path) => !path.includes("NIFTI"));
  assert.deepEqual(paths.map((path) => path.split("/")[1]), ["AI", "AI"]);
});

Deno.test("saveLabel() and updateImageInfo() on a scan that is gone are ImageNotFound, and do not make it anew", async () => {
  await using it = await setting();
  const [id, other] = it.ids as [string, string];
  await it.store.getImageUri(id);
  await it.vfs.remove(it.url("P/sub1/ses1/2"), { recursive: true });
  await assert.rejects(it.store.saveLabel(id, await label(), "final"), ImageNotFound);
  await assert.rejects(it.store.updateImageInfo(id, { a: 1 }), ImageNotFound);
  await it.store.removeLabel(id, "final");
  assert.deepEqual(await it.store.listImages(), [other]);
  await it.store.refresh();
  assert.deepEqual(await it.store.listImages(), [other]);
});

Deno.test("labels with two tags, and of two sessions, never overwrite each other", async () => {
  await using it = await setting();
  const [id, other] = it.ids as [string, string];
  await it.store.saveLabel(id, await label(1), "original", { model: "m" });
  await it.store.saveLabel(id, await label(2), "final", { model: "m" });
  await it.store.saveLabel(other, { bytes: await maskOf(3, 40, 2), extension: ".nii.gz" }, "final");
  assert.equal((await it.files("P/sub1/ses1/.assessors")).length, 2);
  assert.equal((await it.files("P/sub2/ses2/.assessors")).length, 1);
  await it.store.removeLabel(id, "final");
  assert.equal((await it.files("P/sub1/ses1/.assessors")).length, 1);
  assert.deepEqual((await it.open().status()).label_tags, { final: 1, original: 1 });
});

Deno.test("bad input: of two that save a label at once, the one that lost is told so, and leaves nothing", async () => {
  const clock = manualClock({ start: Date.now() });
  await using it = await setting({ server: { clock } });
  const [id] = it.ids as [string];
  await it.store.getImageUri(id);
  it.server.faults.inject({ ...PUT_SEG, delay: 300 });
  const saving = it.store.saveLabel(id, await label(1), "final", { model: "ours" });
  await until(() => clock.pending > 0);
  const at = ["P", "sub1", "ses1", "2", "AI", "final"];
  const theirs = await label(2);
  await it.server.seed.file([...at, "0001-ffffffff.nii.gz"], theirs.bytes);
  const record = new TextEncoder().encode('{"model":"theirs"}');
  await it.server.seed.file([...at, "0001-ffffffff.info.json"], record);
  await clock.advance(300);
  await assert.rejects(saving, (error) => {
    assert.ok(error instanceof LabelNotSaved);
    assert.deepEqual([error.kind, error.part, error.left], ["ConditionFailed", "record", []]);
    return true;
  });
  assert.equal((await stored(it)).length, 2);
  await it.store.refresh();
  assert.equal((await it.store.getLabelInfo(id, "final")).model, "theirs");
  assert.deepEqual(await bytesOf(await it.store.getLabel(id, "final")), theirs.bytes);
});

Deno.test("removeImage() takes the collections of its labels along", async () => {
  await using it = await setting();
  await it.store.saveLabel(it.ids[0]!, await label(), "final");
  await it.store.removeImage(it.ids[0]!);
  assert.deepEqual(await it.files("P/sub1/ses1"), []);
  assert.deepEqual((await it.files("P/.resources/TRASH")).length, 6);
});

Deno.test("updateLabelInfo() of a label that somebody has removed meanwhile is LabelNotFound", async () => {
  await using it = await setting({ segmentations: false });
  const [id] = it.ids as [string];
  await it.store.saveLabel(id, await label(), "final");
  await it.open().removeLabel(id, "final");
  await assert.rejects(it.store.updateLabelInfo(id, "final", { a: 1 }), LabelNotFound);
  assert.deepEqual(await stored(it), []);
});

Deno.test("a label is saved though the one before cannot be removed, which is told and done next time", async () => {
  const warnings: VfsError[] = [];
  await using it = await setting({
    segmentations: false,
    onWarning: (error) => warnings.push(error),
  });
  const [id] = it.ids as [string];
  await it.store.saveLabel(id, await label(), "final", { model: "a" });
  it.server.faults.inject({ method: "DELETE", route: /files/, status: 403 });
  await it.store.saveLabel(id, await label(), "final", { model: "b" });
  assert.deepEqual(warnings.map(({ kind }) => kind), ["PermissionDenied"]);
  assert.equal((await it.store.getLabelInfo(id, "final")).model, "b");
  assert.equal((await stored(it)).length, 4);
  await it.store.saveLabel(id, await label(), "final", { model: "c" });
  assert.equal((await stored(it)).length, 2);
});

Deno.test("with history the labels before are kept, the present one first", async () => {
  await using it = await setting({ history: true, segmentations: false });
  const [id] = it.ids as [string];
  for (const model of ["a", "b", "c"]) {
    await it.store.saveLabel(id, await label(), "final", { model });
  }
  const history = await it.open().labelHistory(id, "final");
  assert.deepEqual(history.map(({ info }) => info.model), ["c", "b", "a"]);
  assert.deepEqual(await it.vfs.readFile(history[2]!.url), (await label()).bytes);
  assert.equal((await it.store.getLabelInfo(id, "final")).model, "c");
  assert.deepEqual((await it.store.status()).label_tags, { final: 1 });
  await it.store.removeLabel(id, "final");
  assert.deepEqual(await stored(it), []);
});

Deno.test("a file of somebody else goes with no label, though its name begins like one", async () => {
  await using it = await setting({ segmentations: false });
  const [id] = it.ids as [string];
  await it.store.saveLabel(id, await label(), "final");
  const theirs = (await stored(it))[0]!.replace(".info.json", "0-notes.txt");
  const at = ["P", "sub1", "ses1", ...theirs.split("/")];
  await it.server.seed.file(at, new TextEncoder().encode("notes"));
  await it.store.saveLabel(id, await label(), "final");
  await it.store.removeLabel(id, "final");
  assert.deepEqual(await stored(it), [theirs]);
});

Deno.test("a label saved by another store is seen after refresh(), and overwritten as the later one", async () => {
  await using it = await setting({ segmentations: false });
  const [id] = it.ids as [string];
  const other = it.open();
  await other.listImages();
  for (const model of ["a", "b", "c"]) {
    await it.store.saveLabel(id, await label(), "final", { model });
  }
  assert.equal((await other.status()).completed, 0);
  await other.saveLabel(id, await label(), "final", { model: "d" });
  await it.store.refresh();
  assert.equal((await it.store.getLabelInfo(id, "final")).model, "d");
});

/** A label as MONAI Label stored it. */
async function legacy(it: Setting, model: string, bytes: Uint8Array): Promise<void> {
  const [, subject, experiment, scan] = it.ids[0]!.split("/");
  const name = `pat_${subject}_exp_${experiment}_S_${scan}_AI_${model}.nii.gz`;
  const options = { format: "nii", content: model };
  await it.server.seed.file(["P", "sub1", "ses1", "2", "AI", name], bytes, options);
}

Deno.test("labels that MONAI Label stored are originals, with their model and the ending of their bytes", async () => {
  await using it = await setting();
  const nrrd = new TextEncoder().encode("NRRD0004\ntype: uchar\n\n");
  await legacy(it, "deepedit", nrrd);
  const [id] = it.ids as [string];
  assert.deepEqual(await it.store.getLabelsByImageId(id), { original: id });
  const { model, legacy: isLegacy } = await it.store.getLabelInfo(id, "original");
  assert.deepEqual([model, isLegacy], ["deepedit", true]);
  const path = await it.store.getLabelUri(id, "original");
  assert.match(path, /\.nrrd$/);
  assert.deepEqual(Deno.readFileSync(path), nrrd);
  assert.equal(await it.store.getLabelUri(id, "original"), path);
  await assert.rejects(it.store.updateLabelInfo(id, "original", {}), isKind("NotSupported"));
  await it.store.removeLabel(id, "original");
  assert.deepEqual(await stored(it), []);
});

Deno.test("legacyTags give the labels of a model another tag; of several models each has its own", async () => {
  await using it = await setting({ legacyTags: { manual: "final" } });
  await legacy(it, "manual", (await label(1)).bytes);
  await legacy(it, "a", (await label(2)).bytes);
  await legacy(it, "b", (await label(3)).bytes);
  const [id] = it.ids as [string];
  assert.deepEqual(Object.keys(await it.store.getLabelsByImageId(id)).sort(), [
    "final",
    "original",
    "original_b",
  ]);
  assert.equal((await it.store.status()).completed, 1);
  await it.store.saveLabel(id, await label(9), "final", { model: "new" });
  assert.equal((await it.store.getLabelInfo(id, "final")).model, "new");
});

Deno.test("a record that is no JSON object is Corrupt for its label alone", async () => {
  await using it = await setting({ segmentations: false });
  const [id, other] = it.ids as [string, string];
  await it.store.saveLabel(other, { bytes: await maskOf(1, 4, 2), extension: ".nii.gz" }, "final");
  const at = ["P", "sub1", "ses1", "2", "AI", "final"];
  await it.server.seed.file([...at, "0001-00000000.nii.gz"], (await label()).bytes);
  await it.server.seed.file([...at, "0001-00000000.info.json"], new TextEncoder().encode("[]"));
  const store = it.open();
  assert.equal((await store.status()).completed, 2);
  await assert.rejects(store.getLabelInfo(id, "final"), isKind("Corrupt"));
  const { objects } = await store.json();
  assert.deepEqual(objects[id]!.labels.final, { ext: ".nii.gz", info: {} });
  assert.equal(objects[other]!.labels.final!.info.model, "NoModel");
  assert.equal((await store.getLabelInfo(other, "final")).model, "NoModel");
});

Deno.test("an error of the store names neither password nor patient", async () => {
  await using it = await setting();
  it.server.faults.inject({ ...PUT_SEG, status: 500 });
  const error = await it.store.saveLabel(it.ids[0]!, await label(), "final").catch((e) => e);
  for (let each: VfsError | undefined = error; each; each = each.cause as VfsError | undefined) {
    assert.doesNotMatch(`${each.message} ${JSON.stringify(each)}`, /admin:|Phantom/);
  }
});
