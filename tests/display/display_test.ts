import { strict as assert } from "node:assert";
import { createVfs } from "../../mod.ts";
import {
  display,
  displayImage,
  displayLabel,
  displaySeries,
  displayTree,
  type Rich,
} from "../../display/mod.ts";
import { geometryOfSeries, niftiToSeg, writeNifti } from "../../datastore/mod.ts";
import { parseDicomHeader } from "../../formats/mod.ts";
import { phantomStudy } from "../../testing/mod.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Vfs } from "../../vfs/vfs.ts";

const HOSTILE = `<img src=x onerror="alert('1')">&`;

function media(rich: Rich): Record<string, string> {
  return (rich as unknown as Record<symbol, () => Record<string, string>>)[
    Symbol.for("Jupyter.display")
  ]!();
}

/** Nothing that others named is an element or an attribute; nothing is loaded from anywhere. */
function assertHarmless(rich: Rich): void {
  const html = media(rich)["text/html"]!;
  assert.doesNotMatch(html, /<img src=x/);
  assert.doesNotMatch(html, /onerror="/);
  assert.doesNotMatch(html, /(src|href)="(?!data:image\/png;base64,)/);
  assert.doesNotMatch(html, /<script|@import|url\(/);
}

async function phantom(): Promise<Vfs> {
  const vfs = createVfs();
  let number = 0;
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"] })) {
    if (path[2] === "2-AXIAL") await vfs.writeFile(`memory:///ct/${++number}.dcm`, bytes);
  }
  return vfs;
}

Deno.test("display() makes a table of entries: 200 rows, the total said, names escaped", async () => {
  await using vfs = createVfs();
  for (let i = 0; i < 205; i++) {
    await vfs.writeFile(`memory:///many/${String(i).padStart(3, "0")}`, "x");
  }
  await vfs.writeFile(`memory:///many/${encodeURIComponent("!" + HOSTILE)}`, "x");
  const rich = await display(vfs.entries("memory:///many"));
  assertHarmless(rich);
  const html = media(rich)["text/html"]!;
  assert.equal(html.match(/<tr>/g)!.length, 201);
  assert.match(html, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;/);
  assert.match(html, /206 entries in memory:\/\/\/many, the first 200 are shown/);
  assert.match(rich.text, /206 entries in memory:\/\/\/many, the first 200 are shown$/);
  assert.equal(rich.toString(), rich.text);
  assert.equal(Deno.inspect(rich), rich.text);
  const array = await display(await Array.fromAsync(vfs.entries("memory:///many")));
  assert.equal(array.text, rich.text);
  assert.match((await display([])).text, /0 entries/);
});

Deno.test("displayTree() makes a tree of a walk or a place, bounded and escaped", async () => {
  await using vfs = createVfs();
  await vfs.writeFile(`memory:///t/a/${encodeURIComponent(HOSTILE)}`, "x");
  await vfs.writeFile("memory:///t/a/b/c.txt", "x");
  await vfs.writeFile("memory:///t/z.txt", "x");
  const rich = await displayTree(vfs.walk("memory:///t"));
  assertHarmless(rich);
  const names = ["memory:///t", "  a", "    b", "      c.txt", `    ${HOSTILE}`, "  z.txt"];
  assert.deepEqual(rich.text.split("\n"), [...names, "2 directories, 3 files"]);
  assert.equal(media(rich)["text/html"]!.match(/<details/g)!.length, 3);
  assert.equal((await displayTree("memory:///t", { vfs })).text, rich.text);
  const small = await displayTree(vfs.walk("memory:///t"), { limit: 2 });
  assert.match(small.text, /2 directories, 3 files; not all are shown$/);
  assert.ok(small.text.split("\n").length <= 4);
});

Deno.test("display() shows stat, reports and statuses as tables and bars", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///r/a", "12345");
  assert.match((await display(await vfs.stat("memory:///r/a"))).text, /^size +5 bytes$/m);
  const report = await vfs.copy("memory:///r", "memory:///s");
  assert.match((await display(report)).text, /^1 file done\ndone +moved +time\n1 +5 bytes /);
  const error = new VfsError("NotFound", { op: "read", url: "memory:///no" });
  const from = "memory://joe:s3cret@host/no";
  const failed = await display({
    ...report,
    failed: 1,
    problems: [{ from, result: "failed", error }],
  });
  assert.match(failed.text, /failed +Cannot read "memory:\/\/\/no": not found$/m);
  assert.doesNotMatch(failed.html + failed.text, /s3cret/);
  const status = await display({ total: 4, completed: 1, label_tags: { [HOSTILE]: 2 } });
  assertHarmless(status);
  assert.match(status.text, /^completed .* \[#{8}\.{24}\] {2}1 of 4$/m);
  assert.match(status.html, /width:25%/);
  assertHarmless(
    await display({ [HOSTILE]: HOSTILE, nested: { a: [HOSTILE] }, absent: undefined }),
  );
});

Deno.test("display() of a walk is the table of its entries, with what nobody told of left out", async () => {
  await using vfs = createVfs();
  await vfs.writeFile("memory:///w/a/b.txt", "hello");
  await vfs.writeFile("memory:///w/a/c%2Fd", "x");
  const { text } = await display(vfs.walk("memory:///w/a", { maxDepth: 1 }));
  assert.match(
    text,
    /^path +kind +size +changed\nb\.txt +file +5 bytes .*\nc%2Fd +file +1 byte .*\n/,
  );
  assert.match(text, /\n2 entries in memory:\/\/\/w\/a$/);
  assert.match((await display(vfs.walk("memory:///w"))).text, /^a\/b\.txt /m);
});

Deno.test("display() of a sync tells the plan, what was done, and that there was nothing to do", async () => {
  await using vfs = createVfs();
  for (const name of ["a", encodeURIComponent(HOSTILE)]) {
    await vfs.writeFile(`memory:///from/${name}`, "x");
  }
  await vfs.writeFile("memory:///to/gone", "x");
  const options = { delete: true };
  const plan = await display(
    await vfs.sync("memory:///from", "memory:///to", { ...options, dryRun: true }),
  );
  assertHarmless(plan);
  assert.match(plan.text, /^Plan: 2 to copy, 0 to update, 1 to delete, 0 the same$/m);
  assert.match(plan.text, /^copy +a$/m);
  assert.match(plan.text, /^delete +gone$/m);
  const done = await display(await vfs.sync("memory:///from", "memory:///to", options));
  assert.match(done.text, /^3 done, 0 the same\ncopy +delete .*\n2 +1 /);
  const again = await display(await vfs.sync("memory:///from", "memory:///to", options));
  assert.match(again.text, /^In sync: 2 the same, nothing to do$/m);
});

Deno.test("display() of a check says whether two places are the same, and what differs", async () => {
  await using vfs = createVfs();
  for (const name of ["a", "b", "c"]) await vfs.writeFile(`memory:///one/${name}`, name);
  await vfs.copy("memory:///one", "memory:///two");
  const check = async () => await display(await vfs.check("memory:///one", "memory:///two"));
  assert.match((await check()).text, /^The same: 3 items\n/);
  await vfs.writeFile("memory:///two/a", "other");
  await vfs.remove("memory:///two/b");
  await vfs.writeFile(`memory:///two/${encodeURIComponent(HOSTILE)}`, "x");
  const rich = await check();
  assertHarmless(rich);
  const sentence =
    "Not the same: 1 different, 1 only in the source, 1 only in the destination; 1 the same";
  assert.equal(rich.text.split("\n")[0], sentence);
  assert.match(rich.text, /^different +a$/m);
});

Deno.test("display() of a header is a table of its elements, values escaped", async () => {
  await using vfs = await phantom();
  const rich = await display(await vfs.readDicomHeader("memory:///ct/1.dcm"));
  assertHarmless(rich);
  assert.match(
    rich.html,
    /<td[^>]*>\(0028,0010\)<\/td><td[^>]*>Rows<\/td><td[^>]*>US<\/td><td[^>]*>128</,
  );
  assert.match(rich.text, /^\(0028,0010\) US +2 {2}128 {2}Rows$/m);
  assert.match(rich.html, /7FE0,0010/);
});

Deno.test("display() of a place without a picture says why, and what is there", async () => {
  await using vfs = await phantom();
  await vfs.writeFile("memory:///text/a.txt", "hello");
  const file = await display("memory:///text/a.txt", { vfs });
  assert.match(file.text, /^Cannot show "memory:\/\/\/text\/a\.txt": File is not DICOM$/m);
  assert.match(file.text, /^content +text, 5 bytes$/m);
  const folder = await display("memory:///text", { vfs });
  assert.match(folder.text, /there is no DICOM image in it\npath.*\na\.txt /);
  const large = displaySeries("memory:///ct", { vfs, maxFiles: 15 });
  await assert.rejects(large, { kind: "NotSupported", message: /more than 15 files/ });
  await assert.rejects(display("memory:///text/no", { vfs }), { kind: "NotFound" });
});

Deno.test("display() of a place is a picture: PNG, HTML that holds it, and text", async () => {
  await using vfs = await phantom();
  const one = await display("memory:///ct/1.dcm", { vfs });
  assertHarmless(one);
  const { "image/png": png, "text/html": html, "text/plain": text } = media(one);
  assert.match(png!, /^iVBORw0KGgo/);
  assert.ok(html!.includes(png!));
  assert.match(text!, /1\.dcm: 128x128, window 40, 120 \(a picture of 384x384\)/);
  const sheet = await display("memory:///ct", { vfs });
  assert.match(sheet.text, /a picture of 518x518/);
  await assert.rejects(displayImage("memory:///ct/no.dcm", { vfs }), { kind: "NotFound" });
  await assert.rejects(displayImage("memory:///ct/1.dcm", { vfs, frame: 2 }), {
    kind: "InvalidArgument",
  });
});

Deno.test("displayImage() and displaySeries() end with their signal", async () => {
  await using vfs = await phantom();
  const signal = AbortSignal.abort();
  await assert.rejects(displayImage("memory:///ct/1.dcm", { vfs, signal }), { kind: "Aborted" });
  await assert.rejects(displaySeries("memory:///ct", { vfs, signal }), { kind: "Aborted" });
});

Deno.test("displayLabel() lays a mask over its slice, as NIfTI and as SEG, turned or not", async () => {
  await using vfs = await phantom();
  const headers = [];
  for await (const { location } of vfs.entries("memory:///ct")) {
    headers.push(parseDicomHeader(await vfs.readFile(location)));
  }
  const series = geometryOfSeries(headers);
  const [columns, rows, slices] = series.shape;
  const labels = new Uint8Array(columns * rows * slices);
  labels.fill(3, (5 * rows + 60) * columns, (5 * rows + 70) * columns);
  const nifti = await writeNifti({ ...series, labels });
  const plain = await displayLabel("memory:///ct", nifti, { vfs });
  assert.match(plain.text, /memory:\/\/\/ct: slice 6 of 16, label 3/);
  assert.match(plain.html, /background:rgb\(80,150,255\)"><\/span> 3</);
  const label_info = [{ name: HOSTILE, idx: 3 }];
  const named = await displayLabel("memory:///ct", nifti, { vfs, label_info });
  assertHarmless(named);
  assert.match(named.html, /<\/span> 3 &lt;img/);
  const algorithm = { type: "MANUAL" } as const;
  const seg = await niftiToSeg({
    mask: nifti,
    series,
    segments: [{ value: 3, label: "Liver", algorithm }],
  });
  const asSeg = await displayLabel("memory:///ct", seg, { vfs });
  assert.equal(media(asSeg)["image/png"], media(plain)["image/png"]);
  // The same mask with its rows the other way.
  const flipped = new Uint8Array(labels.length);
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      const from = (z * rows + y) * columns;
      flipped.set(labels.subarray(from, from + columns), (z * rows + rows - 1 - y) * columns);
    }
  }
  const [across, down, up] = series.axes;
  const turned = await writeNifti({
    shape: series.shape,
    origin: series.origin.map((at, i) =>
      at + down[i]! * (rows - 1)
    ) as unknown as typeof series.origin,
    axes: [across, down.map((step) => -step) as unknown as typeof down, up],
    labels: flipped,
  });
  const asTurned = await displayLabel("memory:///ct", turned, { vfs });
  assert.equal(media(asTurned)["image/png"], media(plain)["image/png"]);
  assert.match(
    (await displayLabel("memory:///ct", nifti, { vfs, slice: 1 })).text,
    /slice 1 of 16, no label/,
  );
  await assert.rejects(displayLabel("memory:///ct", nifti, { vfs, slice: 17 }), {
    kind: "InvalidArgument",
  });
});
