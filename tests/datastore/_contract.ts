/** What every datastore must do, whatever is below it. */

import { strict as assert } from "node:assert";
import type { Datastore } from "../../datastore/mod.ts";
import { ImageNotFound, LabelNotFound } from "../../datastore/mod.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { maskOf } from "./_mask.ts";
import { readZip } from "./_zip.ts";

/** A store with two images and no labels. */
export interface Subject extends AsyncDisposable {
  readonly store: Datastore;
  readonly ids: readonly string[];
  /** Another store on the same data, as another process has it. */
  open(): Datastore;
  /** Reads what the store names; its own filesystem for `memory:`. */
  readonly vfs: Pick<Vfs, "stat" | "readFile">;
}

/** A label of `value`. */
export async function label(value = 6, count = 40) {
  return { bytes: await maskOf(value, count), extension: ".nii.gz" };
}

/** Whether an error is a VfsError of this kind. */
export function isKind(kind: string): (error: unknown) => boolean {
  return (error) => {
    if (isVfsError(error) && error.kind === kind) return true;
    throw error;
  };
}

/** The bytes of a stream. */
export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Registers the tests. */
export function contract(name: string, open: () => Promise<Subject>): void {
  const test = (behaviour: string, work: (subject: Subject) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      await using subject = await open();
      await work(subject);
    });

  test("behaviour 22: when saveLabel() succeeds, the label id equals the image id", async ({ store, ids }) => {
    assert.equal(await store.saveLabel(ids[0]!, await label(), "final", {}), ids[0]);
  });

  test("behaviour 23: tags original and final with the same model are both there and different", async ({ store, ids }) => {
    const [id] = ids as [string];
    const [first, second] = [await label(1), await label(2)];
    await store.saveLabel(id, first, "original", { model: "m" });
    await store.saveLabel(id, second, "final", { model: "m" });
    assert.deepEqual(await bytesOf(await store.getLabel(id, "original")), first.bytes);
    assert.deepEqual(await bytesOf(await store.getLabel(id, "final")), second.bytes);
  });

  test("behaviour 26: .nrrd and .seg.nrrd are stored with their own extension", async ({ store, ids }) => {
    const [id] = ids as [string];
    const nrrd = new TextEncoder().encode("NRRD0004\ntype: uchar\n\n");
    const seg = new TextEncoder().encode("NRRD0004\ntype: uchar\nSegment0_Name:=liver\n\n");
    await store.saveLabel(id, { bytes: nrrd, extension: ".nrrd" }, "original", {});
    await store.saveLabel(id, { bytes: seg, extension: ".seg.nrrd" }, "final", {});
    assert.match(await store.getLabelUri(id, "original"), /[^.]*\.nrrd$/);
    assert.match(await store.getLabelUri(id, "final"), /\.seg\.nrrd$/);
    assert.equal((await store.json()).objects[id]?.labels.final?.ext, ".seg.nrrd");
  });

  test("behaviour 27: with a final label an image is labelled, and completed grows by one", async ({ store, ids }) => {
    const [id, other] = ids as [string, string];
    assert.equal((await store.status()).completed, 0);
    await store.saveLabel(id, await label(), "final", {});
    assert.deepEqual(await store.getLabeledImages(), [id]);
    assert.deepEqual(await store.getUnlabeledImages(), [other]);
    assert.equal((await store.status()).completed, 1);
  });

  test("behaviour 28: with an original label alone an image is unlabelled", async ({ store, ids }) => {
    await store.saveLabel(ids[0]!, await label(), "original", {});
    assert.deepEqual(await store.getUnlabeledImages(), [...ids]);
    assert.deepEqual(await store.getLabeledImages("original"), [ids[0]]);
    assert.equal((await store.status()).completed, 0);
  });

  test("behaviour 29: without a label there is nothing: an empty id, map, info and path", async ({ store, ids }) => {
    const [id] = ids as [string];
    assert.equal(await store.getLabelByImageId(id, "final"), "");
    assert.deepEqual(await store.getLabelsByImageId(id), {});
    assert.deepEqual(await store.getLabelInfo(id, "final"), {});
    assert.equal(await store.getLabelUri(id, "final"), "");
    await assert.rejects(store.getLabel(id, "final"), LabelNotFound);
  });

  test("behaviour 30: getLabelsByImageId() gives the image id for each tag", async ({ store, ids }) => {
    const [id] = ids as [string];
    await store.saveLabel(id, await label(), "original", {});
    await store.saveLabel(id, await label(), "version_1", {});
    assert.deepEqual(await store.getLabelsByImageId(id), { original: id, version_1: id });
    assert.equal(await store.getLabelByImageId(id, "version_1"), id);
  });

  test("behaviour 31: updateImageInfo() merges shallowly and lasts; an unknown image is ImageNotFound", async ({ store, ids, open }) => {
    const [id] = ids as [string];
    await store.updateImageInfo(id, { strategy: { random: { ts: 1 } }, a: 1 });
    await store.updateImageInfo(id, { strategy: { first: { ts: 2 } } });
    for (const each of [store, open()]) {
      const { strategy, a } = await each.getImageInfo(id);
      assert.deepEqual([strategy, a], [{ first: { ts: 2 } }, 1]);
    }
    await assert.rejects(store.updateImageInfo("P/S/E/none", {}), ImageNotFound);
  });

  test("behaviour 32: updateLabelInfo() merges; an unknown label is LabelNotFound", async ({ store, ids, open }) => {
    const [id] = ids as [string];
    await store.saveLabel(id, await label(), "final", { model: "m", status: "new" });
    await store.updateLabelInfo(id, "final", { status: "approved" });
    for (const each of [store, open()]) {
      const { model, status } = await each.getLabelInfo(id, "final");
      assert.deepEqual([model, status], ["m", "approved"]);
    }
    await assert.rejects(store.updateLabelInfo(id, "original", {}), LabelNotFound);
    await assert.rejects(store.updateLabelInfo("P/S/E/none", "final", {}), LabelNotFound);
  });

  test("behaviour 33: removeLabel() of an absent label is silent, removeImage() of an unknown image is not", async ({ store, ids }) => {
    const [id] = ids as [string];
    await store.removeLabel(id, "final");
    await store.removeLabel("P/S/E/none", "final");
    await store.saveLabel(id, await label(), "final", {});
    await store.removeLabel(id, "final");
    assert.equal((await store.status()).completed, 0);
    await assert.rejects(store.removeImage("P/S/E/none"), ImageNotFound);
  });

  test("behaviour 34: datalist() lists only images with a final label, as places that can be read", async ({ store, ids, vfs }) => {
    const [id, other] = ids as [string, string];
    const saved = await label();
    await store.saveLabel(id, saved, "final", {});
    await store.saveLabel(other, saved, "original", {});
    const list = await store.datalist();
    assert.equal(list.length, 1);
    assert.deepEqual(await vfs.readFile(list[0]!.label), saved.bytes);
    await vfs.stat(list[0]!.image);
    assert.equal(list[0]!.image, await store.getImageUri(id));
  });

  test("behaviour 35: getDatasetArchive(n) has image/, label/ and metadata.json of n cases, or of all", async ({ store, ids }) => {
    for (const id of ids) await store.saveLabel(id, await label(), "final", {});
    const folders = async (limit?: number) => {
      const names = [...(await readZip(await store.getDatasetArchive(limit))).keys()];
      return [
        new Set(names.filter((name) => name.startsWith("image/")).map((name) => name.split("/")[1]))
          .size,
        names.filter((name) => name.startsWith("label/")).length,
        names.filter((name) => name === "metadata.json").length,
      ];
    };
    assert.deepEqual(await folders(1), [1, 1, 1]);
    for (const limit of [undefined, 0, -1, 2, 99]) {
      assert.deepEqual(await folders(limit), [2, 2, 1], `limit ${limit}`);
    }
    const files = await readZip(await store.getDatasetArchive());
    const index = JSON.parse(new TextDecoder().decode(files.get("metadata.json")));
    assert.deepEqual(index, JSON.parse(JSON.stringify(await store.json())));
  });

  test("behaviour 36: status() has total, completed and label_tags", async ({ store, ids }) => {
    await store.saveLabel(ids[0]!, await label(), "final", {});
    await store.saveLabel(ids[0]!, await label(), "original", {});
    await store.saveLabel(ids[1]!, await label(), "original", {});
    const expected = { total: 2, completed: 1, label_tags: { final: 1, original: 2 } };
    assert.deepEqual(await store.status(), expected);
  });

  test("behaviour 37: json() has objects by image id with image and labels, each with ext and info", async ({ store, ids }) => {
    const [id] = ids as [string];
    const info = { label_info: [{ name: "liver", idx: 6 }], client_id: "u" };
    await store.saveLabel(id, await label(), "final", info);
    const { objects, name, description, images_dir, labels_dir } = await store.json();
    assert.deepEqual(Object.keys(objects), [...ids]);
    const { ext, info: known } = objects[id]!.labels.final!;
    assert.equal(ext, ".nii.gz");
    assert.deepEqual([known.label_info, known.client_id], [info.label_info, "u"]);
    assert.equal(typeof known.ts, "number");
    assert.equal(typeof objects[id]!.image.info.name, "string");
    for (const text of [name, description, images_dir, labels_dir]) {
      assert.equal(typeof text, "string");
    }
  });

  test("behaviour 42: saving again with the same image and tag overwrites and updates ts", async ({ store, ids, open }) => {
    const [id] = ids as [string];
    await store.saveLabel(id, await label(1), "final", { model: "a" });
    const { ts } = await store.getLabelInfo(id, "final");
    const second = await label(2);
    await store.saveLabel(id, second, "final", { model: "b" });
    for (const each of [store, open()]) {
      const info = await each.getLabelInfo(id, "final");
      assert.equal(info.model, "b");
      assert.ok(Number(info.ts) >= Number(ts));
      assert.deepEqual(await bytesOf(await each.getLabel(id, "final")), second.bytes);
      assert.deepEqual((await each.status()).label_tags, { final: 1 });
    }
  });

  test("getLabeledImages() with labels counts only labels that name them", async ({ store, ids }) => {
    const [id, other] = ids as [string, string];
    await store.saveLabel(id, await label(), "final", { label_info: [{ name: "liver", idx: 6 }] });
    await store.saveLabel(other, await label(), "final", {
      params: { label_names: { spleen: 6 } },
    });
    assert.deepEqual(await store.getLabeledImages("final", { labels: ["liver"] }), [id]);
    assert.deepEqual(await store.getUnlabeledImages("final", { labels: ["liver"] }), [other]);
  });

  test("name and description last", async ({ store, open }) => {
    await store.setName("Livers");
    await store.setDescription("Of 2024");
    const other = open();
    assert.deepEqual([await other.name(), await other.description()], ["Livers", "Of 2024"]);
    assert.equal((await other.json()).name, "Livers");
  });

  test("removeImage() tells first, keeps what goes, and takes the labels along", async ({ store, ids, open, vfs }) => {
    const [id, other] = ids as [string, string];
    const saved = await label();
    await store.saveLabel(id, saved, "final", {});
    const { removed } = await store.removeImage(id, { dryRun: true });
    assert.ok(removed.some((url) => url.endsWith(".nii.gz")));
    assert.deepEqual(await store.listImages(), [...ids]);
    const { trash } = await store.removeImage(id);
    await vfs.stat(trash!);
    for (const each of [store, open()]) {
      assert.deepEqual(await each.listImages(), [other]);
      assert.deepEqual(await each.getLabelsByImageId(id), {});
    }
    assert.equal((await store.removeImage(other, { trash: false })).trash, undefined);
    assert.deepEqual(await store.listImages(), []);
  });

  for (
    const tag of [
      "../../evil",
      "a/b",
      "a\\b",
      "",
      ".",
      "..",
      ".hidden",
      "a\0b",
      "x".repeat(65),
      "a ",
      "__proto__",
    ]
  ) {
    test(`bad input: the tag ${JSON.stringify(tag.slice(0, 20))} is InvalidArgument everywhere`, async ({ store, ids }) => {
      const [id] = ids as [string];
      const bad = isKind("InvalidArgument");
      await assert.rejects(store.saveLabel(id, await label(), tag, {}), bad);
      await assert.rejects(store.getLabelUri(id, tag), bad);
      await assert.rejects(store.getLabelByImageId(id, tag), bad);
      await assert.rejects(store.removeLabel(id, tag), bad);
      await assert.rejects(store.getLabeledImages(tag), bad);
      assert.deepEqual(await store.getLabelsByImageId(id), {});
    });
  }

  for (
    const id of [
      "",
      "P",
      "P/S/E",
      "..",
      "../../../E1/1",
      "P/../E/1",
      "P//E/1",
      "/etc/passwd",
      "P/S/E/99",
      "__proto__",
      "constructor",
    ]
  ) {
    test(`bad input: the id ${JSON.stringify(id)} is no image`, async ({ store }) => {
      assert.equal(await store.getImageUri(id), "");
      assert.deepEqual(await store.getImageInfo(id), {});
      assert.deepEqual(await store.getLabelsByImageId(id), {});
      assert.equal(await store.getLabelUri(id, "final"), "");
      await assert.rejects(store.getImage(id), ImageNotFound);
      await assert.rejects(store.saveLabel(id, await label(), "final", {}), ImageNotFound);
      await assert.rejects(store.removeImage(id), ImageNotFound);
    });
  }

  const badFiles: Record<string, [() => Promise<Parameters<Datastore["saveLabel"]>[1]>, string]> = {
    "that is missing": [() => Promise.resolve("memory:///none.nii.gz"), "NotFound"],
    "that is empty": [
      () => Promise.resolve({ bytes: new Uint8Array(), extension: ".nii.gz" }),
      "InvalidArgument",
    ],
    "of another format than its name": [
      () =>
        Promise.resolve({ bytes: new TextEncoder().encode("NRRD0004\n\n"), extension: ".nii.gz" }),
      "InvalidArgument",
    ],
    "with a path for an extension": [
      async () => ({ ...await label(), extension: "/../x" }),
      "InvalidArgument",
    ],
  };
  for (const [what, [file, kind]] of Object.entries(badFiles)) {
    test(`bad input: a label ${what} is ${kind}, and the label before it stays`, async ({ store, ids }) => {
      const [id] = ids as [string];
      const good = await label();
      await store.saveLabel(id, good, "final", {});
      await assert.rejects(store.saveLabel(id, await file(), "final", {}), isKind(kind));
      assert.deepEqual(await bytesOf(await store.getLabel(id, "final")), good.bytes);
      assert.deepEqual((await store.status()).label_tags, { final: 1 });
    });
  }

  test("bad input: two writers of one label leave one of them whole", async ({ store, ids, open }) => {
    const [id] = ids as [string];
    const other = open();
    await other.listImages();
    const [a, b] = [await label(1), await label(2)];
    const saved = await Promise.allSettled([
      store.saveLabel(id, a, "final", { model: "a" }),
      other.saveLabel(id, b, "final", { model: "b" }),
    ]);
    assert.ok(saved.some(({ status }) => status === "fulfilled"));
    for (const result of saved) {
      if (result.status === "rejected") isKind("ConditionFailed")(result.reason);
    }
    const late = open();
    const { model } = await late.getLabelInfo(id, "final");
    const { bytes } = model === "a" ? a : b;
    assert.deepEqual(await bytesOf(await late.getLabel(id, "final")), bytes);
    assert.deepEqual((await late.status()).label_tags, { final: 1 });
  });

  test("an aborted call rejects and changes nothing", async ({ store, ids }) => {
    const signal = AbortSignal.abort();
    await assert.rejects(
      store.saveLabel(ids[0]!, await label(), "final", {}, { signal }),
      isKind("Aborted"),
    );
    assert.deepEqual((await store.status()).label_tags, {});
  });
}
