/**
 * The tour: makes a phantom study, walks it, looks at it, and mirrors it to disk.
 *
 *     deno task demo
 */

import {
  check,
  info,
  readFile,
  remove,
  series,
  sync,
  type SyncReport,
  walk,
  writeFile,
} from "@medvfs/vfs";
import { displaySeries } from "@medvfs/vfs/display";
import { blockPicture, readPicture, textPicture } from "@medvfs/vfs/pictures";
import { phantomStudy } from "@medvfs/vfs/testing";

const STUDY = "memory:///incoming";
const FOLDER = "medvfs-demo/mirror";
const PICTURE = "medvfs-demo/sheet.png";

step("A phantom's CT and MR study, as real DICOM files in memory");
let count = 0;
for await (const { path, bytes } of phantomStudy({ seed: 7 })) {
  await writeFile(`${STUDY}/${path.map(encodeURIComponent).join("/")}`, bytes);
  count++;
}
console.log(`   ${count} files`);

step("walk: directory by directory, sorted, lazily; info: what a file is, in a line");
for await (const [root, dirs, files] of walk(STUDY)) {
  const first = files[0] && `${files.length} files, first: ${await info(files[0].url)}`;
  const path = root.slice(STUDY.length) || "/";
  console.log(`   ${path}  ${first ?? `${dirs.length} below`}`);
}

step("series: by their headers, a few kilobytes of each file, in slice order");
const all = await series(STUDY);
for (const { Modality, SeriesDescription, instances } of all) {
  console.log(`   ${Modality} ${SeriesDescription!.padEnd(10)} ${instances.length}`);
}
const axial = all.find(({ SeriesDescription }) => SeriesDescription === "AXIAL")!;

step("readPicture: the middle slice");
const picture = await readPicture(await readFile(axial.instances[axial.instances.length >> 1]!));
const draw = Deno.stdout.isTerminal() && !Deno.noColor ? blockPicture : textPicture;
for (const line of draw(picture, 56)) if (line.trim() !== "") console.log(`   ${line}`);

step(`displaySeries: all of them, in ./${PICTURE}`);
const sheet = await displaySeries(axial);
await writeFile(PICTURE, sheet.png!);
console.log(`   ${sheet.text}`);

step(`sync: memory to ./${FOLDER}, each file verified; killed, it would go on where it was`);
tell("first", await sync(STUDY, FOLDER, { delete: true }));
tell("again", await sync(STUDY, FOLDER, { delete: true }));

step("a file is damaged, one is lost, one is too many: check finds it, sync puts it right");
const [slice, other] = axial.instances.map(({ href }) => href.replace(STUDY, FOLDER));
await writeFile(slice!, (await readFile(slice!)).fill(0, 20_000));
await remove(other!);
await writeFile(`${FOLDER}/notes.txt`, "not part of the study");
const { same, differing, missing, extra } = await check(STUDY, FOLDER, { compare: "checksum" });
console.log(`   check    same: ${same}; ${differing} differs, ${missing} missing, ${extra} extra`);
tell("sync", await sync(STUDY, FOLDER, { delete: true, compare: "checksum" }));
const after = await check(STUDY, FOLDER, { compare: "checksum" });
console.log(`   check    same: ${after.same}; ${after.matching} files, by their digests`);
if (!after.same) throw new Error("The mirror is not the same");

await remove(FOLDER, { recursive: true });
console.log(`\nDone; look at ./${PICTURE}. Now try: deno run -A cli/main.ts --help`);

function step(title: string): void {
  console.log(`\n■ ${title}`);
}

function tell(which: string, { actions, bytes, elapsedMs }: SyncReport): void {
  const parts = Object.entries(actions).filter(([, count]) => count > 0)
    .map(([action, count]) => `${count} ${action}`);
  const megabytes = (bytes / 1e6).toFixed(1);
  console.log(
    `   ${which.padEnd(8)} ${parts.join(", ")}; ${megabytes} MB, ${elapsedMs.toFixed()} ms`,
  );
}
