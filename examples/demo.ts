/**
 * The tour: makes a phantom study, walks it, describes it, copies it to disk and back, and shows it.
 *
 *     deno task demo
 */

import {
  copy,
  entries,
  info,
  readDicomHeader,
  readFile,
  remove,
  walk,
  writeFile,
} from "@medvfs/vfs";
import { readPicture, textPicture } from "@medvfs/vfs/pictures";
import { phantomStudy } from "@medvfs/vfs/testing";

const STUDY = "memory:///incoming";
const FOLDER = "medvfs-demo";

step("A phantom's CT and MR study, as real DICOM files in memory");
const seen = new Set<string>();
for await (const { path, bytes, seriesInstanceUID, description } of phantomStudy({ seed: 7 })) {
  await writeFile(`${STUDY}/${path.map(encodeURIComponent).join("/")}`, bytes);
  if (!seen.has(seriesInstanceUID)) console.log(`   ${path.at(-2)!.padEnd(16)} ${description}`);
  seen.add(seriesInstanceUID);
}

step("walk: directory by directory, sorted, lazily");
for await (const [root, dirs, files] of walk(STUDY)) {
  if (files.length === 0) console.log(`   ${root}  ${dirs.length} directories`);
  else console.log(`   ${root}  ${files.length} files, first: ${await info(files[0]!.url)}`);
}

step("readDicomHeader: a few kilobytes of each file, wherever it is");
const slices: { url: string; position: number }[] = [];
for await (const file of entries(STUDY, { includeDirs: false, match: [/CT-HEAD\/2-/] })) {
  const header = await readDicomHeader(file.url);
  slices.push({ url: file.url, position: header.numbers("ImagePositionPatient")?.[2] ?? 0 });
}
slices.sort((a, b) => a.position - b.position);
const middle = slices[slices.length >> 1]!.url;
console.log(`   the middle of ${slices.length} slices is ${middle}`);
const picture = await readPicture(await readFile(middle));
console.log(textPicture(picture).map((line) => `   ${line}`).join("\n"));

step(`copy: memory to ./${FOLDER}, whole or not at all, verified`);
const report = await copy(STUDY, FOLDER, { existing: "replace" });
console.log(
  `   ${report.done} files, ${megabytes(report.bytes)}, ${Math.round(report.elapsedMs)} ms`,
);

step("and back: every byte is the same");
await copy(FOLDER, "memory:///back");
let same = 0;
for await (const file of entries(STUDY, { includeDirs: false })) {
  const there = await hash(file.url);
  const back = await hash(file.url.replace(STUDY, "memory:///back"));
  if (there !== back) throw new Error(`Differs: ${file.url}`);
  same++;
}
console.log(`   ${same} of ${report.done} files have the same SHA-256`);

await remove(FOLDER, { recursive: true });
console.log(`\nDone; ./${FOLDER} is removed again. Now try: deno run -A cli/main.ts --help`);

function step(title: string): void {
  console.log(`\n■ ${title}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function hash(url: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await readFile(url));
  return new Uint8Array(digest).toHex();
}
