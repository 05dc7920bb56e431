/**
 * Syncs as told by a JSON argument, and prints the report or how it failed: for tests that kill it. The content of a
 * `memory:` source is made before.
 */

import { isVfsError } from "../../../vfs/errors.ts";
import { createVfs } from "../../../vfs/create_vfs.ts";
import { TransferFailed } from "../../../vfs/copy/transfer.ts";
import { fill, study } from "./_places.ts";

const { from, to, options } = JSON.parse(Deno.args[0]!);

await using vfs = createVfs();
if (from.startsWith("memory:")) {
  await fill(vfs, { scheme: "memory", url: from }, await study(), new Date(0));
}
console.log("begun");
try {
  const { done, kept, failed } = await vfs.sync(from, to, options);
  console.log(JSON.stringify({ done, kept, failed }));
} catch (error) {
  if (!isVfsError(error)) throw error;
  const problems = error instanceof TransferFailed ? error.report.problems : [error];
  console.log(JSON.stringify({ problems }));
  Deno.exitCode = 1;
}
