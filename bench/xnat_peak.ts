/** Copies, and prints how far the process's memory rose above where it was when both ends had answered. */

import { createVfs } from "../mod.ts";
import { printPeakMemory, residentMemory } from "./harness.ts";

const [from, to] = Deno.args;
await using vfs = createVfs();
await vfs.stat(from!);
await vfs.exists(to!);
const start = await residentMemory();
await vfs.copy(from!, to!);
await printPeakMemory(start);
