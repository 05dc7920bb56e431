/**
 * Runs the command; prints how long that took without the start of the process, and its peak memory.
 *
 *     cp_peak.ts cp -r FROM TO
 */

import { main } from "../cli/main.ts";
import { printPeakMemory } from "./harness.ts";

const begin = performance.now();
const code = await main(["--quiet", ...Deno.args]);
if (code !== 0) Deno.exit(code);
console.log(`operation ${performance.now() - begin} ms`);
await printPeakMemory();
Deno.exit();
