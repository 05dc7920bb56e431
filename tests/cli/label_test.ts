import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { openNifti } from "../../datastore/segmentation/nifti.ts";
import { startXnatServer } from "../../testing/xnat_server/mod.ts";
import { axialSeries, maskOf, SLICES } from "../datastore/_mask.ts";
import { medvfs, withFolder } from "./child.ts";
import { Cli, lines } from "./run_main.ts";

/** Two images in `memory:///store`, and a label to hand in. */
async function prepare(cli: Cli): Promise<void> {
  await cli.write({ "store/a.png": "image a", "store/b.png": "image b", "drawn.png": "drawn" });
}

const STORE = "memory:///store";

Deno.test("label save stores under a tag, which ls and status show and get gives back", async () => {
  await using cli = new Cli();
  await prepare(cli);
  const draft = ["--tag", "original", "--model", "unet", "--segment", "1=liver"];
  const saved = await cli.run(["label", "save", ...draft, STORE, "a", "memory:///drawn.png"]);
  assert.deepEqual([saved.code, saved.out, saved.err], [0, "", "saved the original label of a\n"]);
  assert.equal((await cli.run(["label", "save", STORE, "a", "memory:///drawn.png"])).code, 0);

  const { out } = await cli.run(["label", "ls", STORE]);
  assert.deepEqual(lines(out), ["a  original final", "b"]);
  const unlabeled = await cli.run(["label", "ls", "--unlabeled", "--json", STORE]);
  assert.deepEqual(lines(unlabeled.out).map((line) => JSON.parse(line)), [{
    image: "b",
    labels: {},
  }]);
  assert.deepEqual(lines((await cli.run(["label", "ls", "--tag", "original", STORE])).out), [
    "a  original final",
  ]);

  const status = await cli.run(["label", "status", STORE]);
  assert.match(lines(status.out)[0]!, /^completed +\[#{16}\.{16}\] +1 of 2 +50%$/);
  assert.deepEqual(JSON.parse((await cli.run(["label", "status", "--json", STORE])).out), {
    total: 2,
    completed: 1,
    label_tags: { original: 1, final: 1 },
  });

  assert.equal((await cli.run(["label", "get", "-o", "-", STORE, "a"])).out, "drawn");
  assert.equal((await cli.run(["label", "get", "-o", "-", "--image", STORE, "b"])).out, "image b");
  const copy = ["label", "get", "--tag", "original", "-o", "memory:///copy.png", STORE, "a"];
  assert.equal((await cli.run(copy)).err, "saved memory:///copy.png, 5 bytes\n");
  assert.equal(await cli.vfs.readTextFile("memory:///copy.png"), "drawn");

  const index = JSON.parse(await cli.vfs.readTextFile(`${STORE}/datastore_v2.json`));
  const { model, label_info } = index.objects.a.labels.original.info;
  assert.deepEqual([model, label_info], ["unet", [{ name: "liver", idx: 1 }]]);
});

Deno.test("label makes no folder of a mistyped one", async () => {
  await using cli = new Cli();
  await prepare(cli);
  const { code, err } = await cli.run(["label", "status", "memory:///stroe"]);
  assert.deepEqual([code, err], [
    1,
    'medvfs label status: Cannot stat "memory:///stroe": not found\n',
  ]);
  assert.equal(await cli.vfs.exists("memory:///stroe"), false);
  assert.equal((await cli.run(["label", "ls", "memory:///drawn.png"])).code, 5);
  await cli.write({ "series/1.dcm": "DICOM" });
  assert.match((await cli.run(["label", "ls", "memory:///series"])).err, /^no images; /);
});

Deno.test("label rm removes one tag, and says what is not there", async () => {
  await using cli = new Cli();
  await prepare(cli);
  await cli.run(["label", "save", STORE, "a", "memory:///drawn.png"]);
  const rm = await cli.run(["label", "rm", "--tag", "final", STORE, "a", "b"]);
  assert.equal(rm.code, 4);
  assert.match(
    rm.err,
    /^medvfs label rm: .*there is no label "b" with tag "final" \("medvfs label ls" lists/,
  );
  assert.deepEqual(lines((await cli.run(["label", "ls", STORE])).out), ["a", "b"]);
  assert.match((await cli.run(["label", "rm", STORE, "a"])).err, /with --tag/);
});

Deno.test("label archive writes a ZIP, whole or not at all", async () => {
  await using cli = new Cli();
  await prepare(cli);
  await cli.run(["label", "save", STORE, "b", "memory:///drawn.png"]);
  const made = await cli.run(["label", "archive", "-o", "memory:///set.zip", STORE]);
  assert.equal(made.code, 0, made.err);
  const zip = await cli.vfs.readTextFile("memory:///set.zip");
  for (const name of ["image/b.png", "label/b.png", "metadata.json"]) assert.ok(zip.includes(name));
  assert.ok(!zip.includes("image/a.png"));
  assert.match(made.err, /^saved .*\n$/);
});

Deno.test("label archive says that no image has a final label, and so the ZIP holds none", async () => {
  await using cli = new Cli();
  await prepare(cli);
  await cli.run(["label", "save", "--tag", "original", STORE, "b", "memory:///drawn.png"]);
  const made = await cli.run(["label", "archive", "-o", "memory:///set.zip", STORE]);
  assert.equal(made.code, 0);
  assert.match(made.err, /^medvfs label archive: no image has a final label/);
});

Deno.test("label names what is wrong with what was typed", async () => {
  await using cli = new Cli();
  await prepare(cli);
  const cases: [string[], number, RegExp][] = [
    [["save", "--segment", "liver", STORE, "a", "x"], 2, /value=name/],
    [["save", "--segment", "0=liver", STORE, "a", "x"], 2, /value=name/],
    [["save", "--info", "[]", STORE, "a", "x"], 2, /JSON object/],
    [["save", "--tag", "../x", STORE, "a", "memory:///drawn.png"], 2, /cannot be a label tag/],
    [["save", STORE, "nobody", "memory:///drawn.png"], 1, /there is no image "nobody"/],
    [["save", STORE, "a", "memory:///missing.png"], 1, /not found/],
    [["get", STORE, "a"], 1, /there is no label "a" with tag "final"/],
    [["ls", STORE, "more"], 2, /too many arguments/],
    [["archive", "--limit", "0", STORE], 2, /1 or more/],
  ];
  for (const [args, code, err] of cases) {
    const result = await cli.run(["label", ...args]);
    assert.equal(result.code, code, result.err);
    assert.match(result.err, err);
  }
});

/** Asks a label server what may be drawn, and for image `a`; then presses Ctrl-C. */
async function servedBy(...args: string[]): Promise<{ labels: string[]; image: string }> {
  const child = medvfs(["-A"], ["label-server", "--port", "0", ...args], {
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  while (!out.includes("\n")) out += (await reader.read()).value ?? "\n";
  const [, url] = /^Label server at (http:\/\/127\.0\.0\.1:\d+)\n/.exec(out) ?? [];
  const { labels } = await (await fetch(`${url}/info`)).json();
  const image = await (await fetch(`${url}/datastore/image?image=a`)).text();
  child.kill("SIGINT");
  while (!(await reader.read()).done);
  assert.equal(await new Response(child.stderr).text(), "");
  const { code } = await child.status;
  // On Windows nobody can send it, so that it was killed.
  if (Deno.build.os !== "windows") assert.equal(code, 0);
  return { labels, image };
}

Deno.test("label-server serves the store until Ctrl-C, and wants a token for others", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a.png"), "image a");
    assert.deepEqual(await servedBy(folder), { labels: [], image: "image a" });
    const labelled = await servedBy("--label", "liver", "--label", "tumour", folder);
    assert.deepEqual(labelled.labels, ["liver", "tumour"]);

    await using cli = new Cli();
    const open = await cli.run(["label-server", "--host", "0.0.0.0", folder]);
    assert.deepEqual([open.code, /a token is needed/.test(open.err)], [2, true]);
    await cli.write({ empty: "\n" });
    const empty = ["label-server", "--token-file", "memory:///empty", "--host", "0.0.0.0", folder];
    assert.match((await cli.run(empty)).err, /first line of "memory:\/\/\/empty" is empty/);
  }));

Deno.test("label get gives a scan on an XNAT as one NIfTI or as a ZIP, under names that say so", async () => {
  await withFolder(async (folder) => {
    await using server = await startXnatServer();
    const [session] = await server.seed.dicom("P", await axialSeries(), { subject: "sub1" });
    await using cli = new Cli();
    const url = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
    const id = `P/XNAT_S00001/${session}/2`;
    const get = async (...args: string[]) => {
      const cache = ["--cache", join(folder, "cache")];
      return await cli.run(["label", "get", ...cache, ...args, url, id]);
    };
    const volume = await get("--volume", "-o", join(folder, "ct.nii.gz"));
    assert.deepEqual([volume.code, volume.out], [0, ""], volume.err);
    const { grid } = await openNifti(await Deno.readFile(join(folder, "ct.nii.gz")), {});
    assert.deepEqual(grid.shape, [128, 128, SLICES]);
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      assert.equal((await get("--volume")).code, 0);
      assert.equal((await get("--image")).code, 0);
    } finally {
      Deno.chdir(before);
    }
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const name = `P_XNAT_S00001_${session}_2`;
    assert.deepEqual(names, [`${name}.nii.gz`, `${name}.zip`, "cache", "ct.nii.gz"]);
    await prepare(cli);
    const none = await cli.run(["label", "get", "--volume", STORE, "a"]);
    assert.deepEqual([none.code, /no slices/.test(none.err)], [2, true]);
    const unknown = await cli.run(["label", "get", "--volume", STORE, "x"]);
    assert.deepEqual([unknown.code, /there is no image "x"/.test(unknown.err)], [1, true]);
  });
});

Deno.test("label save --no-segmentations stores a mask on an XNAT without the ROI plugin", async () => {
  await withFolder(async (folder) => {
    await using server = await startXnatServer({ plugins: [] });
    const where = { subject: "sub1", session: "ses1" };
    await server.seed.dicom("P", await axialSeries(1), where);
    await Deno.writeFile(join(folder, "mask.nii.gz"), await maskOf(1));
    await using cli = new Cli();
    const store = `xnat+http://admin:admin@127.0.0.1:${server.port}/P`;
    const image = "P/sub1/ses1/2";
    const save = (...more: string[]) =>
      cli.run([
        ...["label", "save", "--cache", join(folder, "cache"), ...more],
        ...["--segment", "1=liver", store, image, join(folder, "mask.nii.gz")],
      ]);
    const refused = await save();
    assert.deepEqual([refused.code, /ROI plugin/.test(refused.err)], [5, true]);
    assert.equal((await save("--no-segmentations")).err, `saved the final label of ${image}\n`);
  });
});
