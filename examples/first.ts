/**
 * Walks a folder and says in a line what each file is.
 *
 *     deno run --allow-read=FOLDER examples/first.ts FOLDER
 */

import { info, walk } from "@medvfs/vfs";

const [folder] = Deno.args;
if (folder === undefined) {
  console.error("Usage: first.ts FOLDER");
  Deno.exit(2);
}

for await (const [root, dirs, files] of walk(folder)) {
  console.log(`${root}  ${dirs.length} folders, ${files.length} files`);
  for (const file of files) console.log(`  ${file.name}: ${await info(file.url)}`);
}
