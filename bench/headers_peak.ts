/** Reads many headers, several times over, and prints the process's peak memory. */

import { printPeakMemory } from "./harness.ts";
import { scan } from "./headers.ts";

const [top, count, times] = Deno.args;
for (let time = 0; time < Number(times); time++) await scan(top!, Number(count));
await printPeakMemory();
