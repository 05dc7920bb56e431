/**
 * The tour goes on: an XNAT with a project in it, as a filesystem. The server is an emulator in this process.
 *
 *     deno task demo
 */

import { copy, createVfs, info, remove, walk, writeFile } from "@medvfs/vfs";
import { phantomArchive, startXnatServer } from "@medvfs/vfs/testing";

const FOLDER = "medvfs-demo/session";

await using server = await startXnatServer();
const { host } = new URL(server.url);
const PROJECT = `xnat+http://admin:admin@${host}/BRAIN`;
const requests = () => `${server.requests.count} requests so far`;

step(`An XNAT at ${server.url} with the project BRAIN: three phantoms, CT and MR`);
for (const [name, files] of Map.groupBy(await Array.fromAsync(phantomArchive()), patientOf)) {
  await server.seed.dicom("BRAIN", files, { subject: name });
}

step("walk: the whole project, down to the files");
let files = 0;
let directories = 0;
for await (const [root, dirs, found] of walk(PROJECT)) {
  if (directories++ < 6) {
    console.log(`   ${root}  ${dirs.length} directories, ${found.length} files`);
  }
  files += found.length;
}
console.log(`   … ${directories} directories and ${files} files, ${requests()}`);

step("info: what each thing is, in a line");
const SESSION = `${PROJECT}/PHANTOM-1/PHANTOM-1_MR`;
for (const place of [`${PROJECT}/PHANTOM-1`, SESSION, `${SESSION}/T1`]) {
  console.log(`   ${await info(place)}`);
}

step(`copy: a series down to ./${FOLDER}, its digests checked`);
const down = await copy(`${SESSION}/T1/DICOM`, FOLDER, { existing: "replace" });
console.log(`   ${down.done} files, ${Math.round(down.bytes / 1000)} kB, ${requests()}`);

step("writeFile: a label up, read back before it counts as stored");
const label = `${SESSION}/T1/AI/final/label.nii`;
const stored = await writeFile(label, new Uint8Array(352));
console.log(`   ${stored.size} bytes, ${await info(label)}, ${requests()}`);

step("another login, which has no rights: an error that says so, and nothing else");
await using stranger = createVfs();
const error = await stranger.stat(PROJECT.replace("admin:admin", "admin:guess")).catch((e) => e);
console.log(`   ${error.kind}: ${error.message}`);

await remove(FOLDER, { recursive: true });
console.log(`\nDone, ${requests()}. Try it yourself: deno run -A cli/main.ts serve-xnat --seed`);

function patientOf({ path }: { readonly path: readonly string[] }): string {
  return path[0]!;
}

function step(title: string): void {
  console.log(`\n■ ${title}`);
}
