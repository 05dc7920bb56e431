/**
 * Lists a day of an archive, or goes no further than its first study; prints how long that took.
 *
 *     dimse_days.ts PORT YYYY/MM/DD COUNT [first]
 */

import { createVfs } from "../vfs/create_vfs.ts";
import { printPeakMemory } from "./harness.ts";

const [port, day, expected, first] = Deno.args;
await using vfs = createVfs();
const begin = performance.now();
let studies = 0;
for await (const { kind } of vfs.readDir(`dicom://127.0.0.1:${port}/ANY/.by-date/${day}`)) {
  if (kind === "directory") studies++;
  if (first !== undefined) break;
}
console.log(`operation ${performance.now() - begin} ms`);
if (first === undefined && studies !== Number(expected)) throw new Error(`${studies} studies`);
await printPeakMemory();
