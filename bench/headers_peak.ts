/** Reads many headers and prints the process's peak memory. */

import { printPeakMemory } from "./harness.ts";
import { scan } from "./headers.ts";

const [top, count] = Deno.args;
await scan(top!, Number(count));
await printPeakMemory();
