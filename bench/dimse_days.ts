/**
 * Lists a day of an archive; prints how long that took, and until its first study.
 *
 *     dimse_days.ts PORT YYYY/MM/DD
 */

import { createVfs } from "../vfs/create_vfs.ts";
import { printPeakMemory } from "./harness.ts";

const [port, day] = Deno.args;
await using vfs = createVfs();
const begin = performance.now();
let first: number | undefined;
let studies = 0;
for await (const { kind } of vfs.readDir(`dicom://127.0.0.1:${port}/ANY/.by-date/${day}`)) {
  first ??= performance.now() - begin;
  if (kind === "directory") studies++;
}
console.log(`operation ${performance.now() - begin} ms`);
console.log(`first ${first} ms, ${studies} studies`);
await printPeakMemory();
