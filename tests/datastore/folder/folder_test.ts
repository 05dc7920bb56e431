/** Behaviour 43, and folders as others leave them. */

import { fromFileUrl, join } from "@std/path";
import { strict as assert } from "node:assert";
import { FolderDatastore } from "../../../datastore/mod.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import type { Vfs } from "../../../vfs/vfs.ts";
import { bytesOf, isKind, label } from "../_contract.ts";

/** Runs `work` with an empty folder on the disk. */
async function inFolder(
  work: (it: { folder: string; vfs: Vfs; open: () => FolderDatastore }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "medvfs-test-" });
  const vfs = createVfs();
  try {
    await work({ folder, vfs, open: () => new FolderDatastore(folder, { vfs }) });
  } finally {
    await vfs.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const index = (folder: string) => JSON.parse(Deno.readTextFileSync(`${folder}/datastore_v2.json`));

Deno.test("behaviour 43: labels/TAG/ID.EXT, ts and name in info, .lock, and the index written in place", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    const image = { bytes: new Uint8Array(9), extension: ".nii.gz" };
    assert.equal(await store.addImage("ct1", image, { patient: 1 }), "ct1");
    const { ino } = Deno.statSync(`${folder}/datastore_v2.json`);
    await store.saveLabel("ct1", await label(), "final", { model: "m" });
    assert.deepEqual(Deno.readFileSync(`${folder}/labels/final/ct1.nii.gz`), (await label()).bytes);
    assert.equal(Deno.statSync(`${folder}/datastore_v2.json`).ino, ino);
    assert.equal(Deno.statSync(`${folder}/.lock`).size, 0);
    const { objects, ...head } = index(folder);
    assert.deepEqual(head, {
      name: "new-dataset",
      description: "New Dataset",
      images_dir: ".",
      labels_dir: "labels",
    });
    const { ts, ...info } = objects.ct1.labels.final.info;
    assert.equal(Number.isInteger(ts), true);
    assert.deepEqual(info, { model: "m", name: "ct1.nii.gz" });
    assert.deepEqual(objects.ct1.image.ext, ".nii.gz");
    assert.deepEqual(objects.ct1.image.info.patient, 1);
    assert.equal(
      Deno.readTextFileSync(`${folder}/datastore_v2.json`).startsWith('{\n  "name"'),
      true,
    );
  });
});

Deno.test("looking at a folder that is no datastore leaves nothing in it", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    assert.deepEqual(await store.listImages(), []);
    assert.equal((await store.status()).total, 0);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    Deno.writeTextFileSync(`${folder}/a.nii.gz`, "a");
    await store.refresh();
    assert.deepEqual(await store.listImages(), ["a"]);
  });
});

Deno.test("the first look at a folder goes on for those who wait for it still, when who began it has left", async () => {
  await inFolder(async ({ folder, open }) => {
    Deno.writeTextFileSync(`${folder}/a.nii.gz`, "a");
    const store = open();
    const leaving = new AbortController();
    const left = store.listImages({ signal: leaving.signal });
    const staying = store.listImages();
    leaving.abort();
    await assert.rejects(left, isKind("Aborted"));
    assert.deepEqual(await staying, ["a"]);
  });
});

Deno.test("an index that became shorter has nothing of the longer one behind it", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.setDescription("x".repeat(5000));
    await store.setDescription("short");
    assert.equal(index(folder).description, "short");
  });
});

Deno.test("an index that became shorter can be read when whoever wrote it was killed before its end was cut off", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    for (const id of ["a", "b"]) await store.addImage(id, await label());
    const module = import.meta.resolve("../../../datastore/mod.ts");
    const code = `
      import { FolderDatastore } from ${JSON.stringify(module)};
      Deno.FsFile.prototype.truncate = () => Deno.kill(Deno.pid, "SIGKILL");
      await new FolderDatastore(Deno.args[0]).removeImage("b");`;
    const script = join(folder, "killed.mjs");
    await Deno.writeTextFile(script, code);
    const config = import.meta.resolve("../../../deno.json");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--config=${fromFileUrl(config)}`, script, folder],
      stderr: "inherit",
    });
    assert.equal((await child.output()).success, false);
    assert.deepEqual(Object.keys(index(folder).objects), ["a"]);
    assert.deepEqual(await open().listImages(), ["a"]);
  });
});

Deno.test("an index that cannot be written to its end, as on a full disk, is what it was", async () => {
  await inFolder(async ({ folder, open }) => {
    const { write } = Deno.FsFile.prototype;
    /** A disk that takes a part of a write, and then nothing for once. */
    async function filled(change: Promise<void>): Promise<void> {
      let calls = 0;
      Deno.FsFile.prototype.write = function (bytes) {
        if (++calls === 2) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        return write.call(this, calls === 1 ? bytes.subarray(0, bytes.length / 2) : bytes);
      };
      try {
        await assert.rejects(change, isKind("StorageFull"));
      } finally {
        Deno.FsFile.prototype.write = write;
      }
    }
    await filled(open().setDescription("first"));
    await open().setDescription("old");
    await filled(open().setDescription("x".repeat(5000)));
    assert.equal(index(folder).description, "old");
    assert.equal(await open().description(), "old");
  });
});

Deno.test("files that are there become images and labels, and what has no file is dropped", async () => {
  await inFolder(async ({ folder, open }) => {
    for (const tag of ["final", "version_1"]) {
      Deno.mkdirSync(`${folder}/labels/${tag}`, { recursive: true });
    }
    const files = [
      "a.nii.gz",
      "b.v1.nii",
      "c.nrrd",
      "d.nii_e.nii",
      "notes.txt",
      "labels/final/a.nrrd",
    ]
      .concat(["labels/final/none.nii.gz", "labels/version_1/b.v1.seg.nrrd"]);
    for (const name of files) Deno.writeTextFileSync(`${folder}/${name}`, "x");
    const store = open();
    assert.deepEqual(await store.listImages(), ["a", "b.v1", "c", "d.nii_e"]);
    assert.deepEqual((await store.status()).label_tags, { final: 1, version_1: 1 });
    assert.match(await store.getLabelUri("b.v1", "version_1"), /b\.v1\.seg\.nrrd$/);
    await Deno.remove(`${folder}/a.nii.gz`);
    await Deno.remove(`${folder}/labels/version_1/b.v1.seg.nrrd`);
    Deno.writeTextFileSync(`${folder}/e.nii`, "x");
    await store.refresh();
    assert.deepEqual(await store.listImages(), ["b.v1", "c", "d.nii_e", "e"]);
    assert.deepEqual((await store.status()).label_tags, {});
  });
});

Deno.test("a folder of images or labels that is missing or empty as a whole is NotFound, and the index stays", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.addImage("ct1", { bytes: new Uint8Array(9), extension: ".nii.gz" });
    await store.saveLabel("ct1", await label(), "final");
    Deno.mkdirSync(`${folder}/images`);
    Deno.renameSync(`${folder}/ct1.nii.gz`, `${folder}/images/ct1.nii.gz`);
    const head = { ...index(folder), images_dir: "images" };
    Deno.writeTextFileSync(`${folder}/datastore_v2.json`, JSON.stringify(head));
    for (const missing of ["images", "labels"]) {
      Deno.renameSync(`${folder}/${missing}`, `${folder}/elsewhere`);
      await assert.rejects(open().listImages(), isKind("NotFound"));
      // What a share that is not mounted leaves.
      Deno.mkdirSync(`${folder}/${missing}`);
      await assert.rejects(open().listImages(), isKind("NotFound"));
      assert.deepEqual(index(folder), head);
      Deno.removeSync(`${folder}/${missing}`);
      Deno.renameSync(`${folder}/elsewhere`, `${folder}/${missing}`);
    }
    assert.deepEqual(await open().getLabeledImages(), ["ct1"]);
    Deno.removeSync(`${folder}/labels`, { recursive: true });
    Deno.mkdirSync(`${folder}/labels/final`, { recursive: true });
    assert.deepEqual(await open().getLabeledImages(), []);
  });
});

Deno.test("what another program wrote into the index is seen at the next call, and kept by our own change", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.addImage("a", { bytes: new Uint8Array(9), extension: ".nii" });
    const json = index(folder);
    json.objects.a.image.info.score = 7;
    json.extra = { mine: true };
    Deno.writeTextFileSync(`${folder}/datastore_v2.json`, JSON.stringify(json));
    assert.equal((await store.getImageInfo("a")).score, 7);
    await store.updateImageInfo("a", { other: 1 });
    assert.equal(index(folder).objects.a.image.info.score, 7);
    assert.deepEqual(index(folder).extra, { mine: true });
  });
});

Deno.test("numbers that are none, as Python writes them, are read and kept", async () => {
  await inFolder(async ({ folder, open }) => {
    const name = String.raw`"NaN", -Infinity and \"Infinity\\`;
    const text = JSON.stringify({
      name,
      objects: { a: { image: { ext: ".nii", info: { entropy: 0, most: 0, least: [0] } } } },
    });
    const given = text.replace(`"entropy":0`, `"entropy": NaN`)
      .replace(`"most":0`, `"most": Infinity`).replace(`[0]`, `[-Infinity]`);
    Deno.writeTextFileSync(`${folder}/datastore_v2.json`, given);
    Deno.writeTextFileSync(`${folder}/a.nii`, "x");
    const store = open();
    assert.equal(await store.name(), name);
    const { entropy, most, least } = await store.getImageInfo("a");
    assert.deepEqual([entropy, most, least], [NaN, Infinity, [-Infinity]]);
    await store.updateImageInfo("a", { score: 1 });
    const written = Deno.readTextFileSync(`${folder}/datastore_v2.json`);
    assert.match(written, /"entropy": NaN,\s+"most": Infinity,\s+"least": \[\s+-Infinity\s+\]/);
    assert.equal(await open().name(), name);
  });
});

Deno.test("text with a quote before what stands for no number leaves the index JSON", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.addImage("a", { bytes: new Uint8Array(9), extension: ".nii" });
    const text = 'said "\0number:NaN';
    await store.updateImageInfo("a", { text });
    assert.equal(index(folder).objects.a.image.info.text, text);
  });
});

Deno.test("labels with tags that Python takes and we give to none are kept, read, changed and removed", async () => {
  await inFolder(async ({ folder, open }) => {
    await open().addImage("a", { bytes: new Uint8Array(9), extension: ".nii" });
    const json = index(folder);
    const tags = ["v(1)", "o'brien", "x".repeat(70), "-"];
    for (const tag of tags) {
      Deno.mkdirSync(`${folder}/labels/${tag}`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/labels/${tag}/a.nrrd`, "NRRD0004\n");
      json.objects.a.labels[tag] = { ext: ".nrrd", info: { by: tag } };
    }
    Deno.writeTextFileSync(`${folder}/datastore_v2.json`, JSON.stringify(json));
    const store = open();
    await store.refresh();
    await store.updateImageInfo("a", { score: 1 });
    for (const tag of tags) assert.deepEqual(index(folder).objects.a.labels[tag].info, { by: tag });
    const [tag] = tags as [string];
    assert.deepEqual(await store.getLabeledImages(tag), ["a"]);
    assert.equal(await bytesOf(await store.getLabel("a", tag)).then(({ length }) => length), 9);
    await store.updateLabelInfo("a", tag, { more: 1 });
    await store.saveLabel("a", await label(), tag);
    await store.removeLabel("a", tag);
    assert.deepEqual(Object.keys(await store.getLabelsByImageId("a")), tags.slice(1));
    await assert.rejects(store.saveLabel("a", await label(), tag), isKind("InvalidArgument"));
  });
});

Deno.test("what is said of a label is put back when another program writes an index over it that it read before", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    for (const id of ["a", "b", "c", "d"]) {
      await store.addImage(id, { bytes: new Uint8Array(9), extension: ".nii" });
    }
    const at = `${folder}/datastore_v2.json`;
    const stale = Deno.readTextFileSync(at);
    for (const id of ["a", "b", "c", "d"]) {
      await store.saveLabel(id, await label(), "final", { by: "us" });
    }
    await store.updateLabelInfo("d", "final", { more: 1 });
    // Somebody removes one, and stores another one anew; of a third he comes upon the file.
    Deno.removeSync(`${folder}/labels/final/b.nii.gz`);
    Deno.writeFileSync(`${folder}/labels/final/c.nii.gz`, (await label(3)).bytes);
    const theirs = JSON.parse(stale);
    const found = (name: string) => ({ final: { ext: ".nii.gz", info: { ts: 7, name } } });
    theirs.objects.c.labels = found("c.nii.gz");
    theirs.objects.d.labels = found("d.nii.gz");
    theirs.objects.a.image.info.by = "them";
    Deno.writeTextFileSync(at, JSON.stringify(theirs));

    assert.deepEqual(await store.getLabeledImages(), ["a", "c", "d"]);
    const { objects } = index(folder);
    assert.deepEqual([objects.a.labels.final.info.by, objects.a.image.info.by], ["us", "them"]);
    assert.deepEqual([objects.b.labels, objects.c.labels], [{}, found("c.nii.gz")]);
    assert.deepEqual([objects.d.labels.final.info.by, objects.d.labels.final.info.more], ["us", 1]);
  });
});

Deno.test("twenty stores that change one index at the same time lose nothing", async () => {
  await inFolder(async ({ open }) => {
    await open().addImage("a", { bytes: new Uint8Array(9), extension: ".nii" });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => open().updateImageInfo("a", { [`k${i}`]: i })),
    );
    const info = await open().getImageInfo("a");
    assert.equal(Object.keys(info).filter((key) => /^k\d/.test(key)).length, 20);
  });
});

for (const [what, text] of [["cut", '{"name": "x", "obj'], ["empty", ""], ["a list", "[1"]]) {
  Deno.test(`bad input: an index that is ${what} is Corrupt, and not overwritten`, async () => {
    await inFolder(async ({ folder, open }) => {
      Deno.writeTextFileSync(`${folder}/datastore_v2.json`, text!);
      await assert.rejects(open().listImages(), isKind("Corrupt"));
      await assert.rejects(open().setName("x"), isKind("Corrupt"));
      assert.equal(Deno.readTextFileSync(`${folder}/datastore_v2.json`), text);
    });
  });
}

Deno.test("bad input: an index with ways out of the folder leads nowhere", async () => {
  await inFolder(async ({ folder, open }) => {
    const leaf = { ext: ".nii", info: {} };
    const write = (more: object) =>
      Deno.writeTextFileSync(
        `${folder}/datastore_v2.json`,
        JSON.stringify({ objects: {}, ...more }),
      );
    for (const id of ["../x", "a/../../x", "/etc/x", "x\0"]) {
      write({ objects: { [id]: { image: leaf, labels: { final: leaf } } } });
      assert.deepEqual(await open().listImages(), [], id);
    }
    for (const images_dir of ["..", "/etc", "a/../.."]) {
      write({ images_dir });
      await assert.rejects(open().listImages(), isKind("Corrupt"));
    }
    Deno.writeTextFileSync(`${folder}/a.nii`, "x");
    write({ objects: { a: { image: leaf, labels: { "../..": leaf, ["__proto__"]: leaf } } } });
    assert.deepEqual(await open().getLabelsByImageId("a"), {});
  });
});

Deno.test("addImage() takes a file's name for an id, keeps labels, and replaces a file of another ending", async () => {
  await inFolder(async ({ folder, vfs, open }) => {
    await vfs.writeFile("memory:///in/scan.v1.nii.gz", new Uint8Array(9));
    const store = open();
    assert.equal(await store.addImage(undefined, "memory:///in/scan.v1.nii.gz"), "scan.v1");
    await store.saveLabel("scan.v1", await label(), "final");
    await store.addImage("scan.v1", { bytes: new Uint8Array(5), extension: ".nrrd" });
    assert.equal((await store.status()).completed, 1);
    assert.equal((await bytesOf(await store.getImage("scan.v1"))).length, 5);
    assert.throws(() => Deno.statSync(`${folder}/scan.v1.nii.gz`), Deno.errors.NotFound);
    await store.refresh();
    assert.deepEqual(await store.listImages(), ["scan.v1"]);
  });
});

for (const id of ["a/b", "../a", ".lock", "a\\b", "__proto__"]) {
  Deno.test(`bad input: addImage() with the id ${id} is InvalidArgument, and makes no file`, async () => {
    await inFolder(async ({ folder, open }) => {
      const file = { bytes: new Uint8Array(9), extension: ".nii" };
      await assert.rejects(open().addImage(id, file), isKind("InvalidArgument"));
      assert.deepEqual([...Deno.readDirSync(folder)].filter(({ name }) => /nii/.test(name)), []);
    });
  });
}

Deno.test("a label of another format replaces the file before", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.addImage("a", { bytes: new Uint8Array(9), extension: ".nii" });
    await store.saveLabel("a", await label(), "final");
    const nrrd = new TextEncoder().encode("NRRD0004\ntype: uchar\n\n");
    await store.saveLabel("a", { bytes: nrrd, extension: ".nrrd" }, "final");
    assert.deepEqual([...Deno.readDirSync(`${folder}/labels/final`)].map(({ name }) => name), [
      "a.nrrd",
    ]);
    assert.deepEqual(await bytesOf(await store.getLabel("a", "final")), nrrd);
  });
});

Deno.test("getImageInfo() tells the path, and its result is the caller's", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.addImage("a b%20", { bytes: new Uint8Array(9), extension: ".nii" });
    const info = await store.getImageInfo("a b%20") as Record<string, unknown>;
    assert.equal(info.path, join(folder, "a b%20.nii"));
    assert.equal(await store.getImageUri("a b%20"), info.path);
    info.ts = -1;
    assert.notEqual((await store.getImageInfo("a b%20")).ts, -1);
  });
});

const READER = `
import { FolderDatastore } from ${JSON.stringify(import.meta.resolve("../../../datastore/mod.ts"))};
await using store = new FolderDatastore(Deno.args[0]);
const denied = await store.setName("x").catch(({ kind }) => kind);
console.log(JSON.stringify([await store.listImages(), await store.status(), denied]));
`;

Deno.test("a folder that may not be written can be read, also files that are in no index yet", async () => {
  await inFolder(async ({ folder, open }) => {
    const store = open();
    await store.addImage("a", { bytes: new Uint8Array(9), extension: ".nii" });
    await store.saveLabel("a", await label(), "final");
    Deno.writeTextFileSync(`${folder}/b.nii`, "x");
    const script = `${folder}/reader.ts`;
    Deno.writeTextFileSync(script, READER);
    const config = fromFileUrl(new URL("../../../deno.json", import.meta.url));
    const args = ["run", "--no-prompt", "--allow-read", "--config", config, script, folder];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const [images, status, denied] = JSON.parse(new TextDecoder().decode(stdout) || "[]");
    assert.deepEqual(images, ["a", "b"], new TextDecoder().decode(stderr));
    assert.deepEqual(status, { total: 2, completed: 1, label_tags: { final: 1 } });
    assert.equal(denied, "PermissionDenied");
    assert.deepEqual(Object.keys(index(folder).objects), ["a"]);
  });
});

Deno.test("removeImage() of an image whose file is gone removes its labels, but not while its folder is away", async () => {
  await using vfs = createVfs();
  await using store = new FolderDatastore("memory:///gone", { vfs });
  const file = { bytes: new Uint8Array(4), extension: ".nrrd" };
  for (const id of ["a", "b"]) await store.addImage(id, file);
  await store.saveLabel("a", await label(), "final", {});
  await vfs.remove("memory:///gone/a.nrrd");
  const { removed, trash } = await store.removeImage("a");
  assert.deepEqual(removed, ["memory:///gone/labels/final/a.nii.gz"]);
  assert.deepEqual(await store.listImages(), ["b"]);
  assert(await vfs.exists(`${trash}/labels/final/a.nii.gz`));
  await store.saveLabel("b", await label(), "final", {});
  await vfs.move("memory:///gone/labels", "memory:///away");
  await assert.rejects(store.removeImage("b"), { kind: "NotFound" });
  await vfs.move("memory:///away", "memory:///gone/labels");
  assert.deepEqual([await store.listImages(), await vfs.exists("memory:///gone/b.nrrd")], [
    ["b"],
    true,
  ]);
});
