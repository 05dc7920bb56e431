/**
 * The tour goes on: a PACS as a filesystem. The DICOM node is in this process.
 *
 *     deno task demo
 */

import { copy, entries, info, readFile, remove, stat, walk, writeFile } from "@medvfs/vfs";
import { phantomStudy, serveDicomNode } from "@medvfs/vfs/testing";

const FOLDER = "medvfs-demo/fetched";
const STUDY = "memory:///to-send";

await using node = await serveDicomNode({ aeTitle: "ARCHIVE" });
const asked = () => {
  const { finds, gets, stores } = counts();
  return `${stores} C-STORE, ${finds} C-FIND, ${gets} C-GET so far`;
};

step(`A DICOM node at ${node.url}, and a phantom's MR study in memory`);
const sent = new Map<string, string>();
for await (const { path, bytes, sopInstanceUID } of phantomStudy({ modalities: ["MR"] })) {
  await writeFile(`${STUDY}/${path.map(encodeURIComponent).join("/")}`, bytes);
  sent.set(sopInstanceUID, await hash(bytes));
}
console.log(`   ${sent.size} files`);

step("copy: a folder to the PACS, by C-STORE");
const stored = await copy(STUDY, node.url);
console.log(`   ${stored.done} instances stored, ${stored.failed} failed; ${asked()}`);

step("walk: patients, studies, series, instances");
const series: string[] = [];
for await (const [root, dirs, files] of walk(node.url)) {
  const place = root.slice(node.url.length);
  console.log(`   ${shortened(place)}/  ${dirs.length || files.length} below`);
  if (files.length > 0) series.push(root);
}
console.log(`   ${asked()}`);

step("info: what each is, in a line");
for (const place of series) console.log(`   ${await info(place)}`);
const [first] = await Array.fromAsync(entries(series[0]!));
console.log(`   ${await info(first!.url)}`);
console.log(`   ${(await stat(first!.url)).kind}, by one more query; ${asked()}`);

step(`copy: everything back to ./${FOLDER}, a series by one C-GET`);
const fetched = await copy(node.url, FOLDER, { existing: "replace" });
let same = 0;
for await (const file of entries(FOLDER, { includeDirs: false })) {
  const bytes = await readFile(file.url);
  // What precedes the dataset tells who wrote the file, and may differ.
  if (sent.get(file.name.replace(/\.dcm$/, "")) === await hash(bytes)) same++;
}
console.log(`   ${fetched.done} files, ${same} of ${sent.size} with the same dataset; ${asked()}`);
if (same !== sent.size) throw new Error("A dataset has changed on its way");

await remove(FOLDER, { recursive: true });
console.log(`\nDone. Try it yourself: deno run -A cli/main.ts serve-dicom --root FOLDER`);

function counts(): { finds: number; gets: number; stores: number } {
  const { requests } = node;
  return {
    finds: requests.count("C-FIND"),
    gets: requests.count("C-GET"),
    stores: requests.count("C-STORE"),
  };
}

/** The digest of a file's dataset: all after the file meta information (PS3.10 §7.1). */
async function hash(file: Uint8Array<ArrayBuffer>): Promise<string> {
  const metaLength = new DataView(file.buffer, file.byteOffset).getUint32(140, true);
  const digest = await crypto.subtle.digest("SHA-256", file.subarray(144 + metaLength));
  return new Uint8Array(digest).toHex();
}

/** UIDs shortened to their ends. */
function shortened(place: string): string {
  return place.replace(/[0-9.]{20,}/g, (uid) => `…${uid.slice(-8)}`);
}

function step(title: string): void {
  console.log(`\n■ ${title}`);
}
