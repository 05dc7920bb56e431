/** Copies, and prints how far the process's memory rose above where it was before. */

import { createVfs } from "../mod.ts";
import { printPeakMemory, residentMemory } from "./harness.ts";

const [from, to] = Deno.args;
await using vfs = createVfs();
await vfs.stat(from!);
const start = await residentMemory();
await vfs.copy(from!, to!);
await printPeakMemory(start);
