/**
 * The tour goes on: an annotation loop on an XNAT, with drafts by a "model" and a review. The server is an emulator in this
 * process that keeps its archive in a folder, and is started anew at the end.
 *
 *     deno task demo
 */

import { entries, readDicomHeader, readFile, remove } from "@medvfs/vfs";
import { geometryOfSeries, readNifti, writeNifti, XnatDatastore } from "@medvfs/vfs/datastore";
import { phantomArchive, startXnatServer } from "@medvfs/vfs/testing";

const FOLDER = "medvfs-demo/labels";
const LABEL_INFO = [{ name: "Bone", idx: 1 }];

let server = await startXnatServer({ folder: `${FOLDER}/xnat` });
step(`An XNAT at ${server.url}: three heads, CT and MR`);
for (const [name, files] of Map.groupBy(await Array.fromAsync(phantomArchive()), patientOf)) {
  await server.seed.dicom("HEADS", files, { subject: name });
}

step("list: the axial CT scans of the project, by one bulk listing");
let store = openStore();
const before = server.requests.count;
const images = await store.listImages();
console.log(`   ${images.join("\n   ")}`);
console.log(`   ${counts(await store.status())}; ${server.requests.count - before} requests`);

step("fetch the next one: a folder of DICOM files on this machine");
const [image] = await store.getUnlabeledImages();
const folder = await store.getImageUri(image!);
console.log(`   ${folder.slice(folder.indexOf(FOLDER))}`);

step("draft: a model, here a threshold, draws; saved as original, with a DICOM SEG beside it");
const { bytes, voxels } = await drawBone(folder);
const file = { bytes, extension: ".nii.gz" };
await store.saveLabel(image!, file, "original", { model: "threshold-1", label_info: LABEL_INFO });
console.log(`   ${voxels} voxels are bone; ${counts(await store.status())}`);

step("review: the draft is read, corrected, and saved as final");
const draft = await readNifti(await bytesOf(await store.getLabel(image!, "original")));
draft.labels.fill(0, 0, draft.shape[0] * draft.shape[1]);
const reviewed = { bytes: await writeNifti(draft, { gzip: true }), extension: ".nii.gz" };
await store.saveLabel(image!, reviewed, "final", { author: "ann", label_info: LABEL_INFO });
const { author, label_info } = await store.getLabelInfo(image!, "final");
console.log(`   by ${author}: ${JSON.stringify(label_info)}; ${counts(await store.status())}`);

step("train: pairs of image and final label, as paths; and all of it as a ZIP");
for (const pair of await store.datalist()) {
  for (const [what, path] of Object.entries(pair)) {
    console.log(`   ${what.padEnd(6)} ${path.slice(path.indexOf(FOLDER))}`);
  }
}
const archive = await bytesOf(await store.getDatasetArchive());
console.log(`   ${archive.length} bytes of image/, label/ and metadata.json`);

step("the server is started anew, and the labels are there");
await store[Symbol.asyncDispose]();
await server.close();
server = await startXnatServer({ folder: `${FOLDER}/xnat` });
store = openStore();
const kept = Object.keys(await store.getLabelsByImageId(image!));
console.log(`   ${image}: ${kept.sort().join(", ")}`);
const same = await bytesOf(await store.getLabel(image!, "final"));
if (kept.length !== 2 || same.length !== reviewed.bytes.length) throw new Error("A label is lost");
await store[Symbol.asyncDispose]();
await server.close();
await remove(FOLDER, { recursive: true });
console.log(`\nDone. Try it yourself: deno run -A cli/main.ts label --help`);

function openStore(): XnatDatastore {
  const { host } = new URL(server.url);
  return new XnatDatastore({
    apiUrl: `xnat+http://admin:admin@${host}/HEADS`,
    filter: { type: ["AXIAL"] },
    cachePath: `${FOLDER}/cache`,
  });
}

/** A mask of what is brighter than soft tissue, on the grid of the series in `folder`. */
async function drawBone(folder: string) {
  const slices = new Map<string, Int16Array>();
  const headers = [];
  for await (const { url } of entries(folder, { includeDirs: false })) {
    const header = await readDicomHeader(url);
    const { valuePosition = 0, length = 0 } = header.pixelData ?? {};
    const range = { start: valuePosition, end: valuePosition + length };
    const pixels = await readFile(url, { range });
    slices.set(header.string("SOPInstanceUID")!, new Int16Array(pixels.slice().buffer));
    headers.push(header);
  }
  const { shape, origin, axes, slices: order } = geometryOfSeries(headers);
  const labels = new Uint8Array(shape[0] * shape[1] * shape[2]);
  order.forEach(({ sopInstanceUID }, z) => {
    const pixels = slices.get(sopInstanceUID)!;
    const threshold = pixels.reduce((most, value) => Math.max(most, value)) * 0.8;
    pixels.forEach((value, i) => labels[z * pixels.length + i] = value > threshold ? 1 : 0);
  });
  const voxels = labels.reduce((sum, label) => sum + label, 0);
  return { bytes: await writeNifti({ shape, origin, axes, labels }, { gzip: true }), voxels };
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
}

function counts({ total, completed }: { total: number; completed: number }): string {
  return `${completed} of ${total} completed`;
}

function patientOf({ path }: { readonly path: readonly string[] }): string {
  return path[0]!;
}

function step(title: string): void {
  console.log(`\n■ ${title}`);
}
